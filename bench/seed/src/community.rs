//! Who does what: everything follows from the plan's seed and the number of the thing, whatever the order in which it is done.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::{Plan, text};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Numbers from 0 whose frequency falls as 1/n (G. K. Zipf, 1949): the first is met twice as often as the second.
#[derive(Debug, Clone)]
pub struct Zipf(Vec<f64>);

impl Zipf {
    /// Of `count` numbers, at least one.
    pub fn new(count: usize) -> Self {
        let sums = (1..=count.max(1)).scan(0.0, |sum, n| {
            *sum += 1.0 / n as f64;
            Some(*sum)
        });
        Self(sums.collect())
    }

    /// One of them.
    pub fn draw(&self, dice: &mut Rng) -> usize {
        let whole = self.0.last().copied().unwrap_or(1.0);
        let point = dice.f64() * whole;
        self.0.partition_point(|sum| *sum <= point).min(self.0.len() - 1)
    }
}

/// A comment, and perhaps an answer to it.
pub(crate) struct Comment {
    pub(crate) article: usize,
    pub(crate) author: usize,
    pub(crate) answerer: usize,
    pub(crate) body: String,
    pub(crate) reply: Option<String>,
}

/// A community as planned.
#[derive(Debug, Clone)]
pub struct Community {
    seed: u64,
    users: usize,
    writers: Zipf,
    articles: Zipf,
}

impl Community {
    /// The community of `plan`.
    pub fn new(plan: &Plan) -> Self {
        let (writers, articles) = (Zipf::new(plan.users), Zipf::new(plan.articles));
        Self { seed: plan.seed, users: plan.users, writers, articles }
    }

    /// The dice of the thing `n` of its kind.
    fn dice(&self, kind: u64, n: usize) -> Rng {
        Rng::with_seed(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (kind << 48) ^ n as u64)
    }

    /// The name of the person `n`.
    pub(crate) fn username(&self, n: usize) -> String {
        let mut dice = self.dice(1, n);
        format!("{}-{:x}-{n}", text::name(&mut dice), self.seed & 0xffff)
    }

    /// Who writes the article `n`, and what.
    pub(crate) fn article(&self, n: usize) -> (usize, Value) {
        let mut dice = self.dice(2, n);
        let author = self.writers.draw(&mut dice);
        let article = text::article(&mut dice);
        let text::Article { title, description, body, tags } = article;
        (author, json!({"title": title, "description": description, "body": body, "tagList": tags}))
    }

    /// Who follows whom: never oneself.
    pub(crate) fn follow(&self, n: usize) -> (usize, usize) {
        let mut dice = self.dice(3, n);
        let whom = self.writers.draw(&mut dice);
        let who = dice.usize(..self.users);
        if who == whom { ((who + 1) % self.users, whom) } else { (who, whom) }
    }

    /// Who likes which article.
    pub(crate) fn like(&self, n: usize) -> (usize, usize) {
        let mut dice = self.dice(4, n);
        (dice.usize(..self.users), self.articles.draw(&mut dice))
    }

    /// Who says what about which article.
    pub(crate) fn comment(&self, n: usize) -> Comment {
        let mut dice = self.dice(5, n);
        let (article, author, answerer) =
            (self.articles.draw(&mut dice), dice.usize(..self.users), dice.usize(..self.users));
        let body = text::remark(&mut dice);
        let reply = n.is_multiple_of(2).then(|| text::remark(&mut dice));
        Comment { article, author, answerer, body, reply }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_met_about_twice_as_often_as_the_second_and_ten_times_as_often_as_the_tenth() {
        let (zipf, mut dice) = (Zipf::new(1_000), Rng::with_seed(7));
        let mut met = [0_u32; 1_000];
        for _ in 0..200_000 {
            met[zipf.draw(&mut dice)] += 1;
        }
        let ratio = |n: usize| f64::from(met[0]) / f64::from(met[n]);
        assert!((1.8..2.2).contains(&ratio(1)), "{}", ratio(1));
        assert!((8.5..11.5).contains(&ratio(9)), "{}", ratio(9));
        assert!(met[999] > 0);
    }

    #[test]
    fn the_same_seed_makes_the_same_community_and_another_another() {
        let community = |seed| Community::new(&Plan { seed, ..Plan::SMALL });
        assert_eq!(community(1).article(3), community(1).article(3));
        assert_ne!(community(1).article(3), community(2).article(3));
        assert_ne!(community(1).username(3), community(2).username(3));
    }

    #[test]
    fn nobody_follows_themselves() {
        let community = Community::new(&Plan { users: 2, ..Plan::SMALL });
        assert!((0..1_000).map(|n| community.follow(n)).all(|(who, whom)| who != whom && who < 2 && whom < 2));
    }
}
