//! Random articles and searches, against a list that is gone through from one end to the other.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use fastrand::Rng;
use search_contract::{Article, Ask};
use search_embedded::Embedded;
use shared::{
    domain::{ranking::Scoring, search::Sort},
    ports::search::SearchWrites,
};

/// Words without stems and typos, of which none is part of another.
const WORDS: [&str; 7] = ["ab", "cd", "ef", "gh", "ij", "数据库", "性能"];
const TAGS: [&str; 3] = ["kl", "mn", "op"];
const SLUGS: usize = 40;
const ROUNDS: u64 = 40;

/// What the list has of an article.
#[derive(Debug, Clone)]
struct Kept {
    fields: [Vec<&'static str>; 3],
    tag: &'static str,
    hours: i64,
}

impl Kept {
    fn random(random: &mut Rng) -> Self {
        let mut words = |most| (0..random.usize(0..most)).map(|_| *random.choice(&WORDS).unwrap()).collect();
        let fields = [words(4), words(5), words(30)];
        Self { fields, tag: random.choice(&TAGS).unwrap(), hours: random.i64(1..1_000) }
    }

    fn has(&self, phrase: &[&str]) -> bool {
        self.fields.iter().any(|field| field.windows(phrase.len()).any(|words| words == phrase))
    }

    fn article(&self, slug: usize, version: u64) -> Article {
        let [title, description, text] = &self.fields;
        let article = Article::new(&format!("a{slug}")).version(version, 0).hours_old(self.hours);
        article.title(&title.join(" ")).description(&description.join(" ")).text(&text.join(" ")).tags(&[self.tag])
    }
}

/// What is looked for.
#[derive(Debug, Default)]
struct Looked {
    words: Vec<&'static str>,
    phrases: Vec<Vec<&'static str>>,
    unwanted: Vec<Vec<&'static str>>,
    tag: Option<&'static str>,
}

impl Looked {
    fn random(random: &mut Rng) -> Self {
        let mut looked = Self::default();
        looked.words.extend((0..random.usize(0..4)).map(|_| *random.choice(&WORDS).unwrap()));
        let phrase = |random: &mut Rng| (0..random.usize(1..4)).map(|_| *random.choice(&WORDS).unwrap()).collect();
        for _ in 0..random.usize(0..3).saturating_sub(1) {
            looked.phrases.push(phrase(random));
        }
        for _ in 0..random.usize(0..3) {
            looked.unwanted.push(phrase(random));
        }
        looked.tag = random.bool().then(|| *random.choice(&TAGS).unwrap()).filter(|_| random.bool());
        looked
    }

    fn ask(&self) -> Ask {
        let quoted = |phrase: &Vec<&str>| format!("\"{}\"", phrase.join(" "));
        let mut pieces: Vec<_> = self.words.iter().map(|word| (*word).to_owned()).collect();
        pieces.extend(self.phrases.iter().map(quoted));
        pieces.extend(self.unwanted.iter().map(|phrase| format!("-{}", quoted(phrase))));
        let ask = Ask::typed(&pieces.join(" "));
        self.tag.into_iter().fold(ask, Ask::tag)
    }

    fn has_some(&self, kept: &Kept) -> bool {
        let some = self.words.is_empty() || !self.phrases.is_empty() || self.words.iter().any(|word| kept.has(&[word]));
        some && self.phrases.iter().all(|phrase| kept.has(phrase))
            && !self.unwanted.iter().any(|phrase| kept.has(phrase))
            && self.tag.is_none_or(|tag| tag == kept.tag)
    }

    fn has_all(&self, kept: &Kept) -> bool {
        self.words.iter().all(|word| kept.has(&[word]))
    }
}

#[tokio::test]
async fn searches_find_what_a_look_at_everything_finds() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Embedded::open(folder.path(), Scoring::default()).unwrap();
    let mut kept: BTreeMap<usize, Kept> = BTreeMap::new();
    let (mut found_some, mut found_none) = (0, 0);
    for round in 1..=ROUNDS {
        let mut random = Rng::with_seed(round);
        let mut entries = Vec::new();
        for _ in 0..random.usize(1..12) {
            let slug = random.usize(0..SLUGS);
            let next = Kept::random(&mut random);
            // Of two entries of one batch with one version the first counts.
            if entries.iter().any(|(changed, _)| *changed == slug) {
                continue;
            }
            if random.u8(0..5) == 0 {
                entries.push((slug, next.article(slug, round).gone(round)));
                kept.remove(&slug);
            } else {
                entries.push((slug, next.article(slug, round).entry()));
                kept.insert(slug, next);
            }
        }
        let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
        assert!(engine.apply(&entries).await.unwrap().is_empty());

        for _ in 0..25 {
            let looked = Looked::random(&mut random);
            let mut expected: Vec<_> = kept.iter().filter(|(_, kept)| looked.has_some(kept)).collect();
            expected.sort_by_key(|(slug, kept)| (kept.hours, **slug));
            let expected: Vec<_> = expected.into_iter().map(|(slug, _)| *slug).collect();
            if expected.is_empty() {
                found_none += 1
            } else {
                found_some += 1
            }

            let number = |slug: &String| slug[1..].parse::<usize>().unwrap();
            for sort in [Sort::Latest, Sort::Hot, Sort::Relevance] {
                let found = looked.ask().sorted(sort).of(&engine).await;
                let slugs: Vec<_> = search_contract::slugs(&found).iter().map(number).collect();
                let mut sorted = slugs.clone();
                sorted.sort_by_key(|slug| (kept.get(slug).map(|kept| kept.hours), *slug));
                assert_eq!(sorted, expected, "round {round}, {sort:?}: {looked:?}");
                assert_eq!(found.total, expected.len() as u64);
                let tagged: u64 = found.tags.iter().map(|tag| tag.count).sum();
                assert_eq!(tagged, found.total, "each has one tag");
                if sort == Sort::Latest {
                    assert!(slugs.is_sorted_by_key(|slug| kept[slug].hours), "round {round}: {looked:?}");
                }
                if sort == Sort::Relevance {
                    let all: Vec<_> = slugs.iter().map(|slug| looked.has_all(&kept[slug])).collect();
                    assert!(
                        all.is_sorted_by(|a, b| a >= b),
                        "all words before some, round {round}: {looked:?} {all:?}"
                    );
                }
            }
        }
    }
    assert!(found_some > 200 && found_none > 50, "searches of both kinds: {found_some} {found_none}");
}
