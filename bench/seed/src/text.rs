//! Texts that look like somebody's: Markdown of one to four kilobytes about one of a dozen subjects, some of them in Chinese.

use fastrand::Rng;

/// An article's fields.
pub(crate) struct Article {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) body: String,
    pub(crate) tags: Vec<&'static str>,
}

/// A subject: its tag, and its words.
struct Subject {
    tag: &'static str,
    words: [&'static str; 8],
}

/// From what is written about most to what is written about least.
const SUBJECTS: [Subject; 12] = [
    Subject {
        tag: "rust",
        words: ["ownership", "lifetimes", "traits", "macros", "futures", "enums", "iterators", "crates"],
    },
    Subject {
        tag: "serverless",
        words: ["cold starts", "queues", "streams", "functions", "events", "retries", "time-outs", "alarms"],
    },
    Subject {
        tag: "databases",
        words: ["indexes", "transactions", "partitions", "replicas", "snapshots", "locks", "queries", "logs"],
    },
    Subject {
        tag: "cooking",
        words: ["dumplings", "stock", "sourdough", "chillies", "noodles", "pickles", "dough", "spices"],
    },
    Subject {
        tag: "travel",
        words: ["trains", "ferries", "maps", "borders", "night buses", "harbours", "mountains", "hostels"],
    },
    Subject {
        tag: "gardening",
        words: ["compost", "seedlings", "pruning", "beans", "mulch", "roses", "slugs", "frost"],
    },
    Subject {
        tag: "music",
        words: ["chords", "scales", "rhythm", "strings", "tuning", "choirs", "harmony", "practice"],
    },
    Subject {
        tag: "knots",
        words: [
            "the bowline",
            "the sheet bend",
            "the clove hitch",
            "splices",
            "ropes",
            "loops",
            "whippings",
            "lashings",
        ],
    },
    Subject {
        tag: "编程", words: ["所有权", "并发", "缓存", "队列", "索引", "事务", "测试", "日志"]
    },
    Subject { tag: "美食", words: ["饺子", "火锅", "面条", "豆腐", "茶", "米饭", "酱油", "辣椒"] },
    Subject {
        tag: "astronomy",
        words: ["comets", "telescopes", "eclipses", "the Moon", "star charts", "planets", "orbits", "nebulae"],
    },
    Subject { tag: "chess", words: ["openings", "endgames", "pins", "forks", "gambits", "tempo", "pawns", "rooks"] },
];

const ADJECTIVES: [&str; 12] =
    ["quiet", "brave", "early", "gentle", "clever", "green", "lucky", "patient", "rapid", "sunny", "tidy", "wise"];
const ANIMALS: [&str; 12] =
    ["otter", "heron", "badger", "lynx", "magpie", "beaver", "falcon", "hedgehog", "marten", "newt", "owl", "panda"];

/// `A` and `B` are words of the subject.
const SENTENCES: [&str; 8] = [
    "Most of what people say about A is true of B as well, and hardly anybody says it.",
    "I spent a week with A before I understood that B was the harder part.",
    "If you remember one thing about A, let it be this: B comes first.",
    "There are good reasons to avoid A, and all of them disappear once B is in place.",
    "Somebody asked me what A has to do with B; the short answer is everything.",
    "Measure A before you change it, and B after.",
    "The first attempt with A failed, the second one with B did not.",
    "Nobody needs A every day, but on the day you need B you will be glad of it.",
];
const CHINESE: [&str; 5] = [
    "很多人谈到A的时候,其实想说的是B。",
    "我花了一个星期学习A,后来才明白B更难。",
    "关于A,只要记住一点:先要做好B。",
    "第一次尝试A失败了,第二次换成B就成功了。",
    "有人问我A和B有什么关系,答案是:关系很大。",
];
const TITLES: [&str; 6] = [
    "What A taught me about B",
    "A, B and the rest",
    "The case for A",
    "A without tears",
    "Ten years of A",
    "From A to B",
];
const CHINESE_TITLES: [&str; 3] = ["谈谈A和B", "A入门", "为什么我喜欢A"];
const REMARKS: [&str; 6] = [
    "Thank you, this is the clearest explanation that I have read.",
    "I am not so sure about the second part. Has anybody measured it?",
    "The same happened to me last year.",
    "写得很好,谢谢分享。",
    "Could you say more about how it compares?",
    "I tried it this morning and it works.",
];

/// A name for somebody.
pub(crate) fn name(dice: &mut Rng) -> String {
    format!("{}-{}", pick(dice, &ADJECTIVES), pick(dice, &ANIMALS))
}

/// What somebody says about an article.
pub(crate) fn remark(dice: &mut Rng) -> String {
    (0..dice.usize(1..4)).map(|_| pick(dice, &REMARKS)).collect::<Vec<_>>().join(" ")
}

/// An article about something.
pub(crate) fn article(dice: &mut Rng) -> Article {
    // The smaller of two numbers: earlier subjects come more often.
    let draw = |dice: &mut Rng| dice.usize(..SUBJECTS.len()).min(dice.usize(..SUBJECTS.len()));
    let (subject, other) = (&SUBJECTS[draw(dice)], &SUBJECTS[draw(dice)]);
    let chinese = !subject.tag.is_ascii();
    let (titles, sentences): (&[&str], &[&str]) =
        if chinese { (&CHINESE_TITLES, &CHINESE) } else { (&TITLES, &SENTENCES) };
    let said = |dice: &mut Rng, forms: &[&'static str]| fill(pick(dice, forms), dice, &subject.words);
    let title = capital(&said(dice, titles));
    let description = said(dice, sentences);
    let mut body = format!("# {title}\n\n");
    for _ in 0..dice.usize(3..10) {
        if dice.u8(..4) == 0 {
            body.push_str(&format!("## {}\n\n", capital(pick(dice, &subject.words))));
        }
        let paragraph: Vec<_> = (0..dice.usize(2..6)).map(|_| said(dice, sentences)).collect();
        body.push_str(&paragraph.join(if chinese { "" } else { " " }));
        body.push_str("\n\n");
        match dice.u8(..8) {
            0 => subject.words.iter().take(3).for_each(|word| body.push_str(&format!("- {word}\n"))),
            1 => body.push_str("```sh\nmake test\n```\n"),
            _ => continue,
        }
        body.push('\n');
    }
    let mut tags = vec![subject.tag];
    if other.tag != subject.tag && dice.bool() {
        tags.push(other.tag);
    }
    Article { title, description, body, tags }
}

/// `form` with two different words in the places of `A` and `B`.
fn fill(form: &str, dice: &mut Rng, words: &[&str]) -> String {
    let (a, step) = (dice.usize(..words.len()), dice.usize(1..words.len()));
    let b = words[(a + step) % words.len()];
    // Only where they stand alone: a capital inside of a word is a letter.
    let parts: Vec<_> = form.split_inclusive(|c: char| !c.is_ascii_alphabetic()).collect();
    let mut filled = String::new();
    for part in parts {
        let (word, rest) = part.split_at(part.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(part.len()));
        filled.push_str(match word {
            "A" => words[a],
            "B" => b,
            other => other,
        });
        filled.push_str(rest);
    }
    filled
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn pick<T: Copy>(dice: &mut Rng, all: &[T]) -> T {
    all[dice.usize(..all.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_of_some_length_and_has_no_empty_places_in_it() {
        for seed in 0..200 {
            let article = article(&mut Rng::with_seed(seed));
            assert!((200..8_000).contains(&article.body.len()), "{}", article.body);
            for text in [&article.title, &article.description, &article.body] {
                let places = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| ["A", "B"].contains(word));
                assert_eq!(places.count(), 0, "{text}");
            }
        }
    }
}
