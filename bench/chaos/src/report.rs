//! What was tried and what was lost.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
    ops::AddAssign,
};

/// What became of the requests of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answered as done.
    pub done: u64,
    /// Answered as refused.
    pub refused: u64,
    /// Not answered, and found to be done.
    pub found_done: u64,
    /// Not answered, and found not to be done.
    pub found_undone: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.done += other.done;
        self.refused += other.refused;
        self.found_done += other.found_done;
        self.found_undone += other.found_undone;
    }
}

/// The outcome of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How often the program was killed.
    pub kills: u32,
    /// The plan's seed.
    pub seed: u64,
    /// By kind of request.
    pub tried: BTreeMap<&'static str, Tally>,
    /// What was promised and is not so, in words. Nothing, if all is well.
    pub lost: Vec<String>,
    /// What is left over and harms nobody, in words.
    pub left_over: Vec<String>,
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} kills, seed {}\n", self.kills, self.seed)?;
        writeln!(
            f,
            "{:<16}{:>8}{:>9}{:>26}{:>30}",
            "", "done", "refused", "unanswered, found done", "unanswered, found not done"
        )?;
        for (what, tally) in &self.tried {
            let Tally { done, refused, found_done, found_undone } = tally;
            writeln!(f, "{what:<16}{done:>8}{refused:>9}{found_done:>26}{found_undone:>30}")?;
        }
        for what in &self.left_over {
            writeln!(f, "\nLeft over: {what}")?;
        }
        if self.lost.is_empty() {
            return writeln!(f, "\nLost: nothing.");
        }
        writeln!(f, "\nLost:\n")?;
        // Whole articles would be in it: their start tells enough.
        self.lost.iter().try_for_each(|what| writeln!(f, "- {what:.600}"))
    }
}
