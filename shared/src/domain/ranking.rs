//! What is hot: how articles are scored, and which of them can still come first.

use std::{cmp::Ordering, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{ArticleId, Timestamp, article::Listed, reaction::ArticleCounters};

/// Articles on the hot list at the most.
pub const TOP: usize = 100;

/// How articles are scored: `(likes + 2·collects + comments + ln(1 + reads)) / (hours + 2)^gravity`, with other weights if they are
/// configured. Why so: `docs/ranking.md`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scoring {
    /// How quickly an article gets old.
    pub gravity: f64,
    /// What a like counts.
    pub likes: f64,
    /// What it counts that somebody collected the article.
    pub collects: f64,
    /// What a comment counts.
    pub comments: f64,
    /// What the logarithm of the reads counts.
    pub reads: f64,
}

/// What a [`Scoring`] looks like.
pub const FORM: &str = "gravity, likes, collects, comments and reads with a number each, such as \"gravity 1.8, likes 1\"; gravity from 0.5 to 5, weights from 0 to 1000 and not all 0";
/// What holds where nothing is configured.
pub const DEFAULTS: &str = "gravity 1.5, likes 1, collects 2, comments 1, reads 1";

impl Default for Scoring {
    fn default() -> Self {
        Self { gravity: 1.5, likes: 1.0, collects: 2.0, comments: 1.0, reads: 1.0 }
    }
}

impl FromStr for Scoring {
    type Err = String;

    /// What is not named keeps its default.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut scoring = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, number) = part.split_once(' ').ok_or("has a part without a number")?;
            let number: f64 = number.trim().parse().map_err(|_| "has a number that is none")?;
            let (field, range) = match name {
                "gravity" => (&mut scoring.gravity, 0.5..=5.0),
                "likes" => (&mut scoring.likes, 0.0..=1_000.0),
                "collects" => (&mut scoring.collects, 0.0..=1_000.0),
                "comments" => (&mut scoring.comments, 0.0..=1_000.0),
                "reads" => (&mut scoring.reads, 0.0..=1_000.0),
                _ => return Err("names what is not counted".to_owned()),
            };
            if !range.contains(&number) {
                return Err("has a number that is out of range".to_owned());
            }
            *field = number;
        }
        if scoring.heaviest() > 0.0 { Ok(scoring) } else { Err("counts nothing".to_owned()) }
    }
}

/// A number of people, as far as a score can tell them apart.
#[allow(clippy::cast_precision_loss, reason = "beyond 2^53 one more does not matter")]
fn real(number: u64) -> f64 {
    number as f64
}

impl Scoring {
    /// What an article has earned, however old it is.
    pub fn points(&self, counters: &ArticleCounters) -> f64 {
        self.likes * real(counters.likes)
            + self.collects * real(counters.collects)
            + self.comments * real(counters.comments)
            + self.reads * real(counters.reads).ln_1p()
    }

    /// What becomes of `points` when the article is as old as `age`, in hours.
    fn decayed(&self, points: f64, age: f64) -> f64 {
        points / (age + 2.0).powf(self.gravity)
    }

    /// The score of an article with these counters, first published at `since`, as it is `now`.
    pub fn score(&self, counters: &ArticleCounters, since: Timestamp, now: Timestamp) -> f64 {
        self.of_points(self.points(counters), since, now)
    }

    /// The score of an article that has earned these [`points`](Self::points), as [`score`](Self::score) says it.
    pub fn of_points(&self, points: f64, since: Timestamp, now: Timestamp) -> f64 {
        self.decayed(points, hours(since, now))
    }

    /// What no article of `class` reaches that was first published at `since` or before. The last class has no bound.
    ///
    /// An article of a class has a [weight](HotClass::weight) of at most `2^(class + 1) - 1`. Nothing that is counted there by one counts
    /// more than `heaviest` in points; what the logarithm of the reads loses when it is rounded down is less than one more.
    pub fn bound(&self, class: HotClass, since: Timestamp, now: Timestamp) -> f64 {
        if class == HotClass::LAST {
            return f64::INFINITY;
        }
        let most = self.heaviest() * 2_f64.powi(i32::from(class.0) + 1);
        // Powers are rounded, and not always alike: by less than this.
        self.decayed(most, hours(since, now)) * (1.0 + 1e-9)
    }

    /// What one more in a class's weight adds to the points at the most.
    fn heaviest(&self) -> f64 {
        [self.likes, self.collects, self.comments, self.reads * std::f64::consts::LN_2].into_iter().fold(0.0, f64::max)
    }
}

/// Hours from `since` to `now`; 0 if a clock says that it is yet to come.
fn hours(since: Timestamp, now: Timestamp) -> f64 {
    since.until(now).as_secs_f64() / 3_600.0
}

/// How much was done about an article, as a power of two: class `c` has articles of a weight from `2^c` on and below `2^(c + 1)`. It does
/// not depend on how articles are scored, so that weights can be changed without a look at all articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HotClass(u8);

/// Below this class many articles change theirs at the same time.
const CROWDED: u8 = 4;
/// Shards of a crowded class.
const SHARDS: u8 = 8;

impl HotClass {
    /// The class of all that is beyond it: a billion and more.
    pub const LAST: Self = Self(30);

    /// Likes, collections, comments, and the power of two that the reads have reached.
    fn weight(counters: &ArticleCounters) -> u64 {
        let ArticleCounters { likes, collects, comments, reads, .. } = *counters;
        let read = u64::from(reads.saturating_add(1).ilog2());
        likes.saturating_add(collects).saturating_add(comments).saturating_add(read)
    }

    /// The class of an article with these counters; `None` as long as nothing was done about it.
    pub fn of(counters: &ArticleCounters) -> Option<Self> {
        let class = Self::weight(counters).checked_ilog2()?;
        Some(u8::try_from(class).map_or(Self::LAST, |class| Self(class).min(Self::LAST)))
    }
}

/// A part of a class, which has some of its articles: a list that is kept newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HotShard {
    class: HotClass,
    shard: u8,
}

impl HotShard {
    /// The shard of `class` that has `article`.
    pub fn of(class: HotClass, article: ArticleId) -> Self {
        let shards = if class.0 < CROWDED { SHARDS } else { 1 };
        Self { class, shard: article.to_bytes()[15] % shards }
    }

    /// Every shard of every class.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=HotClass::LAST.0).flat_map(|class| {
            let shards = if class < CROWDED { SHARDS } else { 1 };
            (0..shards).map(move |shard| Self { class: HotClass(class), shard })
        })
    }

    /// Its class.
    pub fn class(self) -> HotClass {
        self.class
    }
}

impl fmt::Display for HotShard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.class.0, self.shard)
    }
}

/// An article with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Which.
    pub article: ArticleId,
    /// What it is made of.
    pub counters: ArticleCounters,
    /// How hot it is.
    pub score: f64,
}

impl Eq for Scored {}

impl Ord for Scored {
    /// The hotter is the greater; of two alike, the newer.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| self.article.cmp(&other.article))
    }
}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The hot list as it was made once.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HotList {
    /// The fencing token of the run that made it: a later list has a higher one. 0 if none was made yet.
    pub version: u64,
    /// When it was made.
    pub ranked_at: Option<Timestamp>,
    /// The hottest first, as strangers saw them then.
    pub articles: Vec<Listed>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn counters(likes: u64, collects: u64, comments: u64, reads: u64) -> ArticleCounters {
        ArticleCounters { likes, collects, comments, reads, version: 2 }
    }

    fn ago(millis: i64) -> Timestamp {
        Timestamp::from_millis(NOW.as_millis() - millis)
    }

    #[test]
    fn a_score_is_what_was_done_by_how_old_it_is() {
        let scoring = Scoring::default();
        let score = |counters, hours: i64| scoring.score(&counters, ago(hours * 3_600_000), NOW);
        assert!((score(counters(8, 0, 0, 0), 2) - 1.0).abs() < 1e-12, "8 / 4^1.5");
        assert!((score(counters(1, 2, 3, 0), 2) - 1.0).abs() < 1e-12, "1 + 2·2 + 3 is 8");
        assert!((score(counters(0, 0, 0, 2_980), 0) - 8.0_f64 / 2_f64.powf(1.5)).abs() < 1e-3, "ln 2981 is 8");
        let ahead = scoring.score(&counters(8, 0, 0, 0), NOW.plus(std::time::Duration::from_secs(60)), NOW);
        assert_eq!(ahead, score(counters(8, 0, 0, 0), 0), "nothing is younger than new");
    }

    #[test]
    fn what_is_not_named_keeps_its_default_and_nonsense_is_refused() {
        assert_eq!(DEFAULTS.parse(), Ok(Scoring::default()));
        assert_eq!("".parse(), Ok(Scoring::default()));
        let other = Scoring { gravity: 1.8, comments: 0.5, ..Scoring::default() };
        assert_eq!("gravity 1.8, comments 0.5".parse(), Ok(other));
        let nothing = "likes 0, collects 0, comments 0, reads 0";
        for bad in ["gravity", "gravity 0.1", "likes -1", "likes NaN", "stars 1", "likes one", "gravity inf", nothing] {
            assert!(bad.parse::<Scoring>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_class_is_a_power_of_two() {
        let class = |likes| HotClass::of(&counters(likes, 0, 0, 0)).map(|class| class.0);
        assert_eq!(
            [0, 1, 2, 3, 4, 1_023, 1_024].map(class),
            [None, Some(0), Some(1), Some(1), Some(2), Some(9), Some(10)]
        );
        assert_eq!([1 << 30, 1 << 40, u64::MAX].map(class), [Some(30); 3]);
        let read = |reads| HotClass::of(&counters(0, 0, 0, reads)).map(|class| class.0);
        assert_eq!([0, 1, 2, 3, u64::MAX].map(read), [None, Some(0), Some(0), Some(1), Some(5)]);
    }

    #[test]
    fn shards_have_names_of_their_own_and_each_article_is_in_one_of_its_class() {
        let names: std::collections::BTreeSet<_> = HotShard::all().map(|shard| shard.to_string()).collect();
        assert_eq!(names.len(), 4 * 8 + 27);
        for class in 0..=30 {
            for byte in 0..=255 {
                let shard = HotShard::of(HotClass(class), ArticleId::from_bytes([byte; 16]));
                assert!(shard.class() == HotClass(class) && names.contains(&shard.to_string()));
            }
        }
    }

    proptest! {
        #[test]
        fn no_article_reaches_the_bound_of_its_class_however_it_is_scored(
            (gravity, weights) in (0.5..5.0_f64, proptest::array::uniform4(0.0..1_000.0_f64)),
            done in proptest::array::uniform4(prop_oneof![0..4_u64, 0..1_000_000_u64, Just(u64::from(u32::MAX))]),
            (age, older) in (0..100_000_000_000_i64, 0..10_000_000_000_i64),
        ) {
            let [likes, collects, comments, reads] = weights;
            let scoring = Scoring { gravity, likes, collects, comments, reads };
            let done = counters(done[0], done[1], done[2], done[3]);
            prop_assume!(scoring.heaviest() > 0.0);
            if let Some(class) = HotClass::of(&done) {
                let bound = scoring.bound(class, ago(age), NOW);
                prop_assert!(scoring.score(&done, ago(age + older), NOW) < bound);
            }
        }
    }
}
