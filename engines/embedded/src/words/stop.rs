//! Words that a text may lack and still have all that was looked for.

/// Of English: articles, prepositions, pronouns, auxiliaries, and what a question begins with.
const ENGLISH: [&str; 47] = [
    "a", "about", "an", "and", "are", "as", "at", "be", "by", "can", "did", "do", "does", "for", "from", "how", "i",
    "in", "into", "is", "it", "its", "me", "my", "of", "on", "or", "our", "should", "that", "the", "their", "this",
    "to", "was", "we", "what", "when", "where", "which", "why", "will", "with", "would", "you", "your", "vs",
];

/// Of Chinese: particles, pronouns, and what a question is made with.
const CHINESE: [&str; 44] = [
    "的",
    "了",
    "是",
    "在",
    "和",
    "与",
    "及",
    "或",
    "吗",
    "呢",
    "吧",
    "啊",
    "着",
    "过",
    "地",
    "得",
    "就",
    "也",
    "都",
    "把",
    "被",
    "对",
    "从",
    "到",
    "为",
    "中",
    "里",
    "上",
    "我",
    "你",
    "他",
    "她",
    "它",
    "我们",
    "你们",
    "这",
    "那",
    "什么",
    "怎么",
    "如何",
    "怎样",
    "为什么",
    "哪些",
    "一个",
];

/// Whether a folded word says little of what is looked for.
pub(crate) fn is_stop_word(word: &str) -> bool {
    ENGLISH.contains(&word) || CHINESE.contains(&word)
}
