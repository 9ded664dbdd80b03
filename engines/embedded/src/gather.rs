//! Going through all that matches: how many there are, the best of them, and what they have in common.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use shared::domain::{Timestamp, ranking::Scoring};
use tantivy::{
    DocAddress, DocId, Score, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
    columnar::{Column, StrColumn},
};

use crate::schema::{article_id, column, whole};

/// What comes first.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By {
    /// What fits best.
    Score,
    /// What is newest.
    Time,
    /// What is hottest now.
    Heat(Scoring, Timestamp),
}

/// What is gathered. Of two that are alike, the newer comes first: no two have the same place.
#[derive(Debug, Clone)]
pub(crate) struct Gather {
    pub(crate) by: By,
    /// How many of the first are kept.
    pub(crate) keep: usize,
    /// Only those with a lesser identifier are kept; all are counted.
    pub(crate) below: Option<u128>,
    /// Whether tags and authors are counted.
    pub(crate) facets: bool,
}

/// A document that matches. The greater comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Placed {
    rank: u64,
    pub(crate) id: u128,
    pub(crate) address: DocAddress,
}

/// What was gathered.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) total: u64,
    /// The first, in order.
    pub(crate) first: Vec<Placed>,
    pub(crate) tags: HashMap<String, u64>,
    pub(crate) authors: HashMap<u128, u64>,
}

/// A number that is in the same order as what it is made of.
fn ordered(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// Gathers in one segment.
pub(crate) struct Segment {
    gather: Gather,
    number: SegmentOrdinal,
    high: Option<Column<u64>>,
    low: Option<Column<u64>>,
    points: Option<Column<f64>>,
    authors: Option<(Column<u64>, Column<u64>)>,
    tags: Option<StrColumn>,
    total: u64,
    first: BinaryHeap<Reverse<Placed>>,
    by_author: HashMap<u128, u64>,
    by_tag: Vec<u64>,
}

fn first<T: PartialOrd + Copy + std::fmt::Debug + Send + Sync + 'static + Default>(
    column: Option<&Column<T>>,
    doc: DocId,
) -> T {
    column.and_then(|column| column.first(doc)).unwrap_or_default()
}

impl Segment {
    /// Keeps it if it is among the first so far.
    fn place(&mut self, placed: Placed) {
        if self.first.len() < self.gather.keep {
            self.first.push(Reverse(placed));
        } else if let Some(mut last) = self.first.peek_mut()
            && last.0 < placed
        {
            *last = Reverse(placed);
        }
    }
}

impl SegmentCollector for Segment {
    type Fruit = tantivy::Result<Gathered>;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        let id = whole(first(self.high.as_ref(), doc), first(self.low.as_ref(), doc));
        if self.gather.below.is_none_or(|below| id < below) {
            let rank = match self.gather.by {
                By::Score => f64::from(score),
                By::Time => 0.0,
                By::Heat(scoring, now) => {
                    scoring.of_points(first(self.points.as_ref(), doc), article_id(id).made_at(), now)
                }
            };
            self.place(Placed { rank: ordered(rank), id, address: DocAddress::new(self.number, doc) });
        }
        if let Some((high, low)) = &self.authors {
            *self.by_author.entry(whole(first(Some(high), doc), first(Some(low), doc))).or_default() += 1;
        }
        if let Some(tags) = &self.tags {
            for tag in tags.ords().values_for_doc(doc) {
                if let Some(count) = usize::try_from(tag).ok().and_then(|tag| self.by_tag.get_mut(tag)) {
                    *count += 1;
                }
            }
        }
    }

    fn harvest(self) -> Self::Fruit {
        let mut tags = HashMap::new();
        if let Some(column) = &self.tags {
            let mut name = String::new();
            for (tag, count) in (0..).zip(&self.by_tag) {
                if *count > 0 && column.ord_to_str(tag, &mut name)? {
                    tags.insert(name.clone(), *count);
                }
            }
        }
        let first = self.first.into_iter().map(|Reverse(placed)| placed).collect();
        Ok(Gathered { total: self.total, first, tags, authors: self.by_author })
    }
}

impl Collector for Gather {
    type Fruit = Gathered;
    type Child = Segment;

    fn for_segment(&self, number: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<Segment> {
        let columns = segment.fast_fields();
        let number_column = |name| columns.column_opt::<u64>(name);
        let authors = match self.facets {
            true => number_column(column::AUTHOR_HIGH)?.zip(number_column(column::AUTHOR_LOW)?),
            false => None,
        };
        let tags = if self.facets { columns.str(column::TAG)? } else { None };
        Ok(Segment {
            gather: self.clone(),
            number,
            high: number_column(column::ID_HIGH)?,
            low: number_column(column::ID_LOW)?,
            points: columns.column_opt(column::POINTS)?,
            authors,
            by_tag: vec![0; tags.as_ref().map_or(0, |tags| tags.dictionary().num_terms())],
            tags,
            total: 0,
            first: BinaryHeap::new(),
            by_author: HashMap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        matches!(self.by, By::Score)
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Gathered>>) -> tantivy::Result<Gathered> {
        let mut all = Gathered::default();
        for segment in segments {
            let segment = segment?;
            all.total += segment.total;
            all.first.extend(segment.first);
            for (tag, count) in segment.tags {
                *all.tags.entry(tag).or_default() += count;
            }
            for (author, count) in segment.authors {
                *all.authors.entry(author).or_default() += count;
            }
        }
        all.first.sort_unstable_by(|a, b| b.cmp(a));
        all.first.truncate(self.keep);
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_order() {
        let numbers = [-7.5, -0.1, 0.0, 1e-300, 0.1, 7.5, 10_000.25, f64::MAX];
        assert!(numbers.is_sorted_by_key(|number| ordered(*number)));
    }
}
