"""Reads articles out of documentation: HTML pages, Mallard pages, manual pages in roff, and two old collections of text.

Every reader yields tuples (place, title, tags, text): the place makes the article's id, text has one paragraph to a line.
"""

import gzip
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

BLOCKS = {"p", "div", "li", "dt", "dd", "tr", "td", "th", "pre", "table", "ul", "ol", "dl", "blockquote", "section", "br"}
VOID = {"br", "hr", "img", "meta", "link", "input", "col", "wbr", "area", "base", "embed", "source"}
SKIPPED = {"script", "style", "header", "aside", "footer", "nav", "head", "button"}
# Navigation, tables of contents, paragraph marks.
SKIPPED_CLASSES = {"navheader", "navfooter", "toc", "docnav", "headerlink", "related", "sphinxsidebar", "indexterm"}
SKIPPED_IDS = {"footer", "banner", "title", "SearchFrame", "DonationFrame"}


class Sections(HTMLParser):
    """The sections of a page: [level of the heading, heading, text]. What stands before the first heading has level 0."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.sections = [[0, "", ""]]
        self.keywords = []
        self.open = []
        self.hidden = 0
        self.heading = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "meta" and given.get("itemprop", given.get("name")) == "keywords":
            self.keywords += [given.get("content") or ""]
        if tag in VOID:
            if tag == "br":
                self.write("\n")
            return
        hides = (tag in SKIPPED or given.get("id") in SKIPPED_IDS
                 or not SKIPPED_CLASSES.isdisjoint((given.get("class") or "").split())
                 # Keys of another system than Linux.
                 or given.get("class") == "MAC")
        self.open.append((tag, hides))
        self.hidden += hides
        if self.hidden:
            return
        if re.fullmatch("h[1-6]", tag):
            self.heading = (int(tag[1]), [])
        elif tag in BLOCKS:
            self.write("\n")

    def handle_startendtag(self, tag, attributes):
        if tag in VOID:
            self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        if tag not in (name for name, _ in self.open):
            return
        while self.open:
            name, hides = self.open.pop()
            self.hidden -= hides
            if self.heading and re.fullmatch("h[1-6]", name):
                level, text = self.heading
                self.heading = None
                self.sections.append([level, one_line("".join(text)), ""])
            elif name in BLOCKS and not self.hidden:
                self.write("\n")
            if name == tag:
                return

    def handle_data(self, data):
        if not self.hidden:
            self.write(data if self.within("pre") else joined(data))

    def within(self, tag):
        return any(name == tag for name, _ in self.open)

    def write(self, text):
        if self.heading:
            self.heading[1].append(text)
        else:
            self.sections[-1][2] += text


def joined(text):
    """Text without its line breaks. Chinese has no space where a line ended."""
    return re.sub(r"\s+", " ", re.sub(r"(?<=[\u3000-\u9fff\uff00-\uffef])\s*\n\s*(?=[\u3000-\u9fff\uff00-\uffef])", "", text))


def one_line(text):
    return joined(text).strip()


def paragraphs(text):
    """One paragraph to a line, and no empty ones."""
    return "\n".join(filter(None, (one_line(line) for line in text.split("\n"))))


def bare(heading):
    """A heading without its number: `14.2. Firewalls`, `Chapter 5. Software`, `第 14 章 安全`."""
    heading = re.sub(r"^(Chapter|Appendix)\s+[0-9A-Z]+\.\s*|^第\s*\d+\s*章[.:\s]*|^附录\s*[A-Z][.:\s]*", "", heading)
    return re.sub(r"^[0-9A-Z](\.?\d+)*\.\s+", "", heading).strip("¶ ")


def html(files, root, split):
    """Pages, divided at headings of level `split` and above; whole if that is 0."""
    for file in files:
        page = Sections(file.read_text(encoding="utf-8"))
        place = str(file.relative_to(root).with_suffix(""))
        tags = page.keywords
        articles = []
        for level, heading, text in page.sections:
            if not articles or (0 < level <= split):
                articles.append([heading, text])
            elif not articles[-1][0] and not articles[-1][1].strip():
                articles[-1] = [heading, text]
            else:
                articles[-1][1] += f"\n{heading}\n{text}"
        for number, (heading, text) in enumerate(articles):
            text = paragraphs(text)
            if heading.endswith("Manual Page"):
                # It has the line of the section NAME first, which says what it is about.
                heading, _, text = text.removeprefix("NAME\n").partition("\n")
            yield f"{place}-{number}" if split else place, bare(heading), tags, text


def mallard(files, root):
    """Pages of GNOME's help."""
    name = "{http://projectmallard.org/1.0/}"
    for file in files:
        page = ElementTree.parse(file).getroot()
        title = page.find(f"{name}title")
        for info in page.findall(f".//{name}info"):
            info.clear()
        lines = ["".join(block.itertext()) for block in page.iter() if block.tag in (name + "p", name + "title", name + "code")]
        place = str(file.relative_to(root).with_suffix(""))
        yield place, one_line("".join(title.itertext())), [], paragraphs("\n".join(map(one_line, lines[1:])))


# What stands for other characters, or for none, in roff's text.
ROFF = [(r"\\m\[[^]]*\]|\\u|\\d", ""), (r"\\f(\(..|\[[^]]*\]|.)", ""), (r"\\s[-+]?\d", ""), (r"\\\((lq|rq|dq)|\\\*\([lr]q", '"'), (r"\\\((aq|cq|oq)", "'"),
        (r"\\\(co", "©"), (r"\\\(bu|\\\(em|\\\(en|\\\(mi", "-"), (r"\\[-]", "-"), (r"\\(e|\\)", r"\\"),
        (r"\\[&|^/,:%c0~ ]", " "),
        (r"\\\*?(\(..|\[[^]]*\])|\\[unkhvw]'[^']*'", "")]
PARAGRAPH = "\0"
# What ends a translated manual page: who translated it, and when.
CREDITS = re.compile(r"中文版|翻译|译者|跋|TRANSLAT|AUTHOR|COPYRIGHT|作者|版权|BUGS? REPORT")
# Macros whose arguments are for the typesetter, those that begin a paragraph, and those whose arguments make one word.
FOR_TYPESETTING = {"TH", "so", "de", "ig", "if", "ie", "el", "nr", "ds", "ad", "ta", "Dd", "Dt", "Os"}
BEGINS_PARAGRAPH = {"PP", "P", "LP", "TP", "IP", "SS", "Pp", "It", "br", "sp"}
ALTERNATING = {"BR", "RB", "BI", "IB", "IR", "RI"}


def roff(files, root):
    """Manual pages: the line of the section NAME is the title."""
    for file in files:
        source = gzip.decompress(file.read_bytes()).decode("utf-8", "replace") if file.suffix == ".gz" else file.read_text()
        sections, where = [["", ""]], None
        for line in source.replace("\\\n", "").splitlines():
            macro = re.match(r"[.']\s*([A-Za-z]{1,2})?\s*(.*)", line)
            if not macro:
                text, name = line, None
            else:
                name, text = macro.groups()
                words = re.findall(r'"([^"]*)"?|(\S+)', text)
                text = ("" if name in ALTERNATING else " ").join(quoted or plain for quoted, plain in words)
            if name is None and macro or name in FOR_TYPESETTING:
                continue
            for pattern, plain in ROFF:
                text = re.sub(pattern, plain, text)
            if name in ("SH", "Sh"):
                where = one_line(text)
                sections.append([where, ""])
            else:
                if name in BEGINS_PARAGRAPH or not text.strip():
                    sections[-1][1] += PARAGRAPH
                sections[-1][1] += text + (PARAGRAPH if name == "SS" else "\n")
        if len(sections) > 1:
            kept = [f"{heading}{PARAGRAPH}{text}" for heading, text in sections[2:] if not CREDITS.search(heading)]
            place = re.sub(r"\.gz$", "", str(file.relative_to(root)))
            lines = map(one_line, PARAGRAPH.join(kept).split(PARAGRAPH))
            title = one_line(sections[1][1].replace(PARAGRAPH, " "))
            yield place, title, ["手册页", file.name.split(".")[0]], "\n".join(filter(None, lines))


def jargon(files, root):
    """The Jargon File: an entry begins with its word between colons."""
    for file in files:
        text = gzip.decompress(file.read_bytes()).decode("utf-8")
        lexicon = text[re.search(r"^ {3}:", text, re.M).start():]
        lexicon = re.split(r"^ *(?:Part III\.|Appendix A\.)", lexicon, maxsplit=1, flags=re.M)[0]
        for entry in re.split(r"(?m)^ {3}:(?=\S)", lexicon)[1:]:
            word, _, rest = entry.partition(":")
            word = one_line(word)
            lines = re.sub(r"(?<=\S)\n {3}(?=\S)", " ", rest.replace("{", "").replace("}", ""))
            yield f"{word}", word, ["hacker slang"], paragraphs(re.sub(r"[═─]+", "", lines))


def poems(files, root):
    """Poems, as `fortune` has them: title and author in colours, a line with % between two."""
    for file in files:
        for number, poem in enumerate(re.split(r"^%$", file.read_text(encoding="utf-8"), flags=re.M)):
            lines = re.sub(r"\x1b\[\d*m", "", poem).strip().splitlines()
            if len(lines) > 2:
                title = re.sub(r"^题目[:：]", "", lines[0]).replace("《", "").replace("》", "")
                author = re.sub(r"^作者[:：]|（.*）", "", lines[1]).strip()
                yield f"{file.name}-{number}", title.strip(), ["诗词", author], paragraphs("\n".join(lines[1:]))
