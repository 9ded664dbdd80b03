//! Ranks: finds the hottest articles and reads only those that can be among them.
//!
//! Articles lie in classes by how much was done about them, each class newest first. What the rest of a class can reach at the most
//! falls with the age of its next article. So the class whose next article may be the hottest of all goes first, and when no class can
//! reach the coolest of the hundred any more, the hundred is found. It is the threshold algorithm of Fagin, Lotem and Naor ("Optimal
//! aggregation algorithms for middleware", 2003) over lists that are bounded from above.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
};

use futures_util::future::try_join_all;

use crate::{
    domain::{
        ArticleId, Timestamp,
        ranking::{HotShard, Scored, Scoring, TOP},
    },
    ports::{StoreError, ranking::Candidates},
};

/// Articles of a class that are asked for at once.
const PAGE: u16 = 100;
/// Classes that are asked at the same time, and a few more that are alike.
const AT_ONCE: usize = 16;
/// Articles that are looked at in a run at the most. Beyond it the list is what was found so far: that takes a hundred thousand articles
/// of the same hour that are as hot as one another.
const MOST: usize = 50_000;

/// The hottest articles, and what it took to find them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranking {
    /// The hottest first, [`TOP`] at the most.
    pub top: Vec<Scored>,
    /// Articles whose counters were read.
    pub scored: usize,
    /// Articles that were named by their classes.
    pub named: usize,
    /// Pages of classes that were asked for.
    pub pages: usize,
    /// Whether nothing hotter can be left.
    pub whole: bool,
}

/// A part of a class as far as it has not been looked at.
struct Rest {
    shard: HotShard,
    behind: Option<ArticleId>,
    /// What no article of it reaches.
    bound: f64,
}

/// The articles that are kept: [`TOP`] at the most, the coolest on top.
#[derive(Default)]
struct Hottest(BinaryHeap<Reverse<Scored>>);

impl Hottest {
    /// What a score must be above to be kept.
    fn threshold(&self) -> f64 {
        match self.0.peek() {
            Some(Reverse(coolest)) if self.0.len() == TOP => coolest.score,
            _ => 0.0,
        }
    }

    fn offer(&mut self, scored: Scored) {
        // What nobody counts is no hotter than what nobody did anything about.
        if scored.score <= 0.0 {
            return;
        }
        self.0.push(Reverse(scored));
        if self.0.len() > TOP {
            self.0.pop();
        }
    }

    fn into_sorted(self) -> Vec<Scored> {
        self.0.into_sorted_vec().into_iter().map(|Reverse(scored)| scored).collect()
    }
}

/// The hottest of `candidates` but for those that are `gone`, as of `now`.
///
/// # Errors
/// The store failed.
pub async fn rank(
    candidates: &dyn Candidates,
    scoring: &Scoring,
    now: Timestamp,
    gone: &HashSet<ArticleId>,
) -> Result<Ranking, StoreError> {
    let (mut hottest, mut ranking) = (Hottest::default(), Ranking { whole: true, ..Ranking::default() });
    let mut rests: Vec<_> = HotShard::all()
        .map(|shard| Rest { shard, behind: None, bound: scoring.bound(shard.class(), now, now) })
        .collect();
    // An article that is on its way to another class may be in both.
    let mut seen: HashSet<ArticleId> = HashSet::new();
    loop {
        rests.retain(|rest| rest.bound > hottest.threshold());
        if rests.is_empty() {
            break;
        }
        if seen.len() >= MOST {
            ranking.whole = false;
            break;
        }
        rests.sort_by(|one, other| other.bound.total_cmp(&one.bound));
        // Shards of one class, which are alike as long as nobody has looked at them, go together.
        let last = rests.get(AT_ONCE - 1).map_or(0.0, |rest| rest.bound);
        let next = rests.iter().take_while(|rest| rest.bound >= last).count();
        let next: Vec<_> = rests.drain(..next).collect();
        let pages = next.iter().map(|rest| candidates.page(rest.shard, rest.behind, PAGE));
        let pages = try_join_all(pages).await?;
        ranking.pages += pages.len();
        let threshold = hottest.threshold();
        let mut wanted = Vec::new();
        for (mut rest, page) in next.into_iter().zip(pages) {
            ranking.named += page.articles.len();
            let class = rest.shard.class();
            let bound = |article: &ArticleId| scoring.bound(class, article.made_at(), now);
            let possible = page.articles.iter().take_while(|article| bound(article) > threshold);
            wanted.extend(possible.filter(|article| !gone.contains(*article) && seen.insert(**article)));
            if let Some(last) = page.articles.last().filter(|_| page.more) {
                (rest.behind, rest.bound) = (Some(*last), bound(last));
                rests.push(rest);
            }
        }
        if wanted.is_empty() {
            continue;
        }
        ranking.scored += wanted.len();
        for (article, counters) in wanted.iter().zip(candidates.counters(&wanted).await?) {
            let score = scoring.score(&counters, article.made_at(), now);
            hottest.offer(Scored { article: *article, counters, score });
        }
    }
    ranking.top = hottest.into_sorted();
    Ok(ranking)
}

#[cfg(test)]
mod tests;
