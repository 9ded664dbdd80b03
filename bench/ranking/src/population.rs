//! Articles that take no room: what was done about each follows from its number. Only the classes are kept, four bytes an article.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
};

use async_trait::async_trait;
use shared::{
    domain::{
        ArticleId, Timestamp,
        ranking::{HotClass, HotShard, Scored, Scoring, TOP},
        reaction::ArticleCounters,
    },
    ports::{
        StoreError,
        ranking::{CandidatePage, Candidates},
    },
};

use crate::Growth;

/// When it is ranked.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const HOUR: i64 = 3_600_000;
/// Articles an hour on a platform that grows for longer.
const RATE: i64 = 50;
/// Hours on one that gets denser.
const MONTH: i64 = 720;

/// Articles, the newest of which is number 0.
pub(crate) struct Population {
    articles: u32,
    /// Milliseconds from one article to the next.
    apart: i64,
    classes: HashMap<HotShard, Vec<u32>>,
}

/// A number that looks like chance: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Population {
    pub(crate) fn new(growth: Growth, articles: u32) -> Self {
        let apart = match growth {
            Growth::Longer => HOUR / RATE,
            Growth::Denser => (MONTH * HOUR / i64::from(articles)).max(1),
        };
        let mut population = Self { articles, apart, classes: HashMap::new() };
        for number in 0..articles {
            if let Some(class) = HotClass::of(&counters(number)) {
                let shard = HotShard::of(class, population.id(number));
                population.classes.entry(shard).or_default().push(number);
            }
        }
        population
    }

    fn id(&self, number: u32) -> ArticleId {
        let made = Timestamp::from_millis(NOW.as_millis() - i64::from(number) * self.apart);
        let mut random = [0; 10];
        random[..4].copy_from_slice(&(!number).to_be_bytes());
        random[9] = mixed(number.into()) as u8;
        ArticleId::new(made, random)
    }

    /// The number of an article.
    fn number(id: ArticleId) -> u32 {
        let bytes = id.to_bytes();
        !u32::from_be_bytes([bytes[6], bytes[7], bytes[8], bytes[9]])
    }

    /// The hottest of all, found by looking at all.
    pub(crate) fn sorted(&self, scoring: &Scoring) -> Vec<Scored> {
        let mut hottest = BinaryHeap::new();
        for number in 0..self.articles {
            let (article, counters) = (self.id(number), counters(number));
            let score = scoring.score(&counters, article.made_at(), NOW);
            if score > 0.0 {
                hottest.push(Reverse(Scored { article, counters, score }));
            }
            if hottest.len() > TOP {
                hottest.pop();
            }
        }
        hottest.into_sorted_vec().into_iter().map(|Reverse(scored)| scored).collect()
    }
}

/// What was done about an article: one in *n* has *n* - 1 likes or more, and a comment for four, a collection for eight, thirty reads for one of
/// them.
fn counters(number: u32) -> ArticleCounters {
    let chance = u64::from(u32::MAX) + 1;
    let likes = chance / ((mixed(number.into()) >> 32) + 1) - 1;
    ArticleCounters { likes, collects: likes / 8, comments: likes / 4, reads: likes * 30, version: 2 }
}

#[async_trait]
impl Candidates for Population {
    async fn page(&self, shard: HotShard, behind: Option<ArticleId>, limit: u16) -> Result<CandidatePage, StoreError> {
        let all = self.classes.get(&shard).map_or(&[][..], Vec::as_slice);
        let from = behind.map_or(0, |behind| all.partition_point(|number| *number <= Self::number(behind)));
        let to = (from + usize::from(limit)).min(all.len());
        let articles = all[from..to].iter().map(|number| self.id(*number)).collect();
        Ok(CandidatePage { articles, more: to < all.len() })
    }

    async fn counters(&self, articles: &[ArticleId]) -> Result<Vec<ArticleCounters>, StoreError> {
        Ok(articles.iter().map(|article| counters(Self::number(*article))).collect())
    }

    async fn dismiss(&self, _: &HashSet<ArticleId>) -> Result<(), StoreError> {
        Ok(())
    }
}
