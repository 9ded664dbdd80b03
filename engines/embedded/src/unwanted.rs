//! What must not match.

use tantivy::{
    DocId, DocSet, Score, SegmentReader,
    query::{EnableScoring, Explanation, Query, Scorer, Weight},
};

/// A query that is asked for documents that it may be past already, as that of what is unwanted is. Scorers of phrases are quicker where
/// they are not, and fail an assertion where they are: this one asks them only for what is ahead.
#[derive(Debug)]
pub(crate) struct Unwanted(pub(crate) Box<dyn Query>);

impl Clone for Unwanted {
    fn clone(&self) -> Self {
        Self(self.0.box_clone())
    }
}

impl Query for Unwanted {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(AheadWeight(self.0.weight(scoring)?)))
    }
}

struct AheadWeight(Box<dyn Weight>);

impl Weight for AheadWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(Ahead(self.0.scorer(segment, boost)?)))
    }

    fn explain(&self, segment: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        self.0.explain(segment, doc)
    }
}

/// Its `seek_danger` is the trait's own, which seeks only what is ahead.
struct Ahead(Box<dyn Scorer>);

impl DocSet for Ahead {
    fn advance(&mut self) -> DocId {
        self.0.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.0.seek(target)
    }

    fn doc(&self) -> DocId {
        self.0.doc()
    }

    fn size_hint(&self) -> u32 {
        self.0.size_hint()
    }
}

impl Scorer for Ahead {
    fn score(&mut self) -> Score {
        self.0.score()
    }
}
