//! The small sets from which names, titles and tags are drawn, so that they meet. Beside each text stands by hand what the
//! platform makes of it: the model shares no code with the platform.
//!
//! `#` stands for the case's number, which keeps cases apart.

use std::fmt;

use serde_json::{Value, json};

/// A text that a client may send.
#[derive(Clone, PartialEq)]
pub(crate) struct Word {
    /// As sent.
    pub(crate) written: String,
    /// What is kept of it; `None` if the rules refuse it.
    pub(crate) kept: Option<Kept>,
}

/// What the platform keeps of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// As everyone sees it.
    pub(crate) shown: String,
    /// What all spellings of it have in common.
    pub(crate) same: String,
}

/// Short, for a failing case is read by people.
impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start: String = self.written.chars().take(40).collect();
        write!(f, "{start:?}{}", if start.len() < self.written.len() { "…" } else { "" })
    }
}

impl Word {
    /// The word in the case with this number.
    pub(crate) fn of(&self, case: u64) -> Self {
        let number = |text: &str| text.replace('#', &case.to_string());
        let kept = |kept: &Kept| Kept { shown: number(&kept.shown), same: number(&kept.same) };
        Self { written: number(&self.written), kept: self.kept.as_ref().map(kept) }
    }
}

/// A field of a body as a client may send it.
#[derive(Debug, Clone)]
pub(crate) enum Sent<T> {
    Absent,
    Null,
    WrongType,
    Value(T),
}

impl Sent<Word> {
    /// The field in the case with this number.
    pub(crate) fn of(&self, case: u64) -> Self {
        match self {
            Self::Value(word) => Self::Value(word.of(case)),
            other => other.clone(),
        }
    }

    /// As JSON; `None` if the field is left out.
    pub(crate) fn json(&self) -> Option<Value> {
        match self {
            Self::Absent => None,
            Self::Null => Some(Value::Null),
            Self::WrongType => Some(json!(7)),
            Self::Value(word) => Some(json!(word.written)),
        }
    }
}

fn kept(written: &str, shown: &str, same: &str) -> Word {
    Word { written: written.to_owned(), kept: Some(Kept { shown: shown.to_owned(), same: same.to_owned() }) }
}

fn refused(written: &str) -> Word {
    Word { written: written.to_owned(), kept: None }
}

fn as_written(text: &str) -> Word {
    kept(text, text, text)
}

/// Names of users: folded by NFKC and case, shown in NFKC.
pub(crate) fn names() -> Vec<Word> {
    vec![
        kept("jake#", "jake#", "jake#"),
        kept("JAKE#", "JAKE#", "jake#"),
        kept("ｊａｋｅ#", "jake#", "jake#"),
        kept(" jake# ", "jake#", "jake#"),
        kept("Straße #", "Straße #", "straße #"),
        kept("STRASSE #", "STRASSE #", "strasse #"),
        as_written("张伟#"),
        as_written("o'neil+&=%41#"),
        refused(""),
        refused("  "),
        refused("a/b#"),
        refused("bell\u{7}#"),
        refused(&"x".repeat(65)),
    ]
}

/// Addresses: folded by NFKC and case, shown as written.
pub(crate) fn emails() -> Vec<Word> {
    vec![
        as_written("jake#@mail.example"),
        kept("JAKE#@Mail.Example", "JAKE#@Mail.Example", "jake#@mail.example"),
        kept(" jake#@mail.example ", "jake#@mail.example", "jake#@mail.example"),
        as_written("张伟#@mail.example"),
        as_written("x+#@mail.example"),
        refused(""),
        refused("jake#"),
        refused("a b#@mail.example"),
        refused("jake#@.example"),
    ]
}

/// Passwords.
pub(crate) fn passwords() -> Vec<Word> {
    vec![
        as_written("correct horse battery"),
        as_written("密码密码密码密码"),
        refused("short"),
        refused("         "),
        refused("PassWord"),
        refused(&"密".repeat(129)),
    ]
}

/// What users say of themselves.
pub(crate) fn bios() -> Vec<Word> {
    vec![as_written("I train dragons"), as_written(" \n "), refused(&"x".repeat(4_001))]
}

/// Where pictures are.
pub(crate) fn images() -> Vec<Word> {
    vec![
        as_written("https://pictures.example/1.png"),
        refused("ftp://pictures.example"),
        refused("javascript:alert(1)"),
    ]
}

/// Titles; spellings of one title have the words of their slug in common.
pub(crate) fn titles() -> Vec<Word> {
    vec![
        kept("Dragons #", "Dragons #", "dragons-#"),
        kept(" DRAGONS, #! ", "DRAGONS, #!", "dragons-#"),
        kept("Über Größe #", "Über Größe #", "uber-grosse-#"),
        kept("你好世界 #", "你好世界 #", "ni-hao-shi-jie-#"),
        kept("Feed", "Feed", "feed"),
        kept("???", "???", ""),
        refused(""),
        refused(" \n "),
        refused("two\nlines"),
        refused(&"x".repeat(257)),
    ]
}

/// What articles are about.
pub(crate) fn descriptions() -> Vec<Word> {
    vec![as_written("About it"), kept(" 💡 ", "💡", "💡"), refused(""), refused("a\tb"), refused(&"x".repeat(1_025))]
}

/// Texts of articles, of which nothing is trimmed.
pub(crate) fn bodies() -> Vec<Word> {
    let long = "你好 ".repeat(20_000);
    vec![
        as_written("With *love*."),
        as_written("  kept\n\n"),
        as_written(&long),
        refused(""),
        refused(" \n\t "),
        refused(&"x".repeat(256 * 1024 + 1)),
    ]
}

/// The text of an article as HTML.
pub(crate) fn html_of(body: &str) -> String {
    match body {
        "With *love*." => "<p>With <em>love</em>.</p>\n".to_owned(),
        plain => format!("<p>{}</p>\n", plain.trim()),
    }
}

/// What comments say, of which nothing is trimmed.
pub(crate) fn remarks() -> Vec<Word> {
    let long = "评论 ".repeat(3_000);
    vec![
        as_written("So true"),
        as_written("  kept\n"),
        as_written(&long),
        refused(""),
        refused(" \n\t "),
        refused(&"评".repeat(10_001)),
    ]
}

/// Tags: folded by NFKC and case, shown as written.
pub(crate) fn tags() -> Vec<Word> {
    vec![
        kept("rust#", "rust#", "rust#"),
        kept("Rust#", "Rust#", "rust#"),
        kept("ＲＵＳＴ#", "ＲＵＳＴ#", "rust#"),
        kept("  rust# ", "rust#", "rust#"),
        kept("ﬁsh#", "ﬁsh#", "fish#"),
        kept("FISH#", "FISH#", "fish#"),
        kept("STRAẞE#", "STRAẞE#", "straße#"),
        kept("strasse#", "strasse#", "strasse#"),
        as_written("c++ & d=1 %41#"),
        as_written("a/b#"),
        as_written("中文#"),
    ]
}

/// Folders of collections.
pub(crate) fn folders() -> Vec<Word> {
    vec![
        as_written("To read"),
        kept(" to read ", "to read", "to read"),
        as_written("收藏 &=%41"),
        refused("two\nlines"),
        refused(&"x".repeat(65)),
    ]
}

/// Texts that are no tags.
pub(crate) fn no_tags() -> Vec<Word> {
    vec![refused(""), refused(" "), refused("a\tb#"), refused(&"x".repeat(65)), refused(&"\u{fdfa}".repeat(20))]
}

/// One more tag than an article may have.
pub(crate) fn too_many_tags() -> Vec<Word> {
    (b'a'..=b'k').map(|letter| as_written(&format!("{}#", char::from(letter)))).collect()
}
