//! The figures, as Markdown.

use figures::Origin;

use crate::{Figures, Growth};

/// A run over a million articles: seconds, and megabytes.
const TARGETS: (u32, f64, f64) = (1_000_000, 2.0, 64.0);

/// Read units: half a unit for a page, which is not read consistently and has keys only, and one for each article's counters.
#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn units(figures: &Figures) -> f64 {
    // A hundred keys of 110 bytes are 11 KB; 4 KB are half a unit.
    let keys = figures.named as f64 * 110.0 / 8_192.0;
    (figures.pages as f64 * 0.5).max(keys) + figures.scored as f64
}

pub(crate) fn markdown(all: &[Figures], origin: &Origin) -> String {
    let mut table = String::from(
        "| articles | published | time, ms | peak memory of the process, MB | pages asked for | articles named | articles scored | read units |\n|--:|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for figures in all {
        let Figures { growth, articles, seconds, peak, pages, named, scored, .. } = figures;
        let published = match growth {
            Growth::Longer => "50 an hour",
            Growth::Denser => "within 30 days",
        };
        table += &format!(
            "| {articles} | {published} | {:.1} | {peak:.0} | {pages} | {named} | {scored} | {:.0} |\n",
            seconds * 1e3,
            units(figures),
        );
    }
    table + &format!("\n{origin}\n")
}

/// What misses its target, or is wrong.
pub(crate) fn missed(all: &[Figures]) -> Vec<String> {
    let (articles, seconds, memory) = TARGETS;
    let mut missed = Vec::new();
    for figures in all {
        if !figures.right {
            missed.push(format!("the list of {} articles is not that of all of them sorted", figures.articles));
        }
        if figures.articles >= articles && figures.seconds > seconds {
            missed.push(format!("{} articles take {:.2} s, not {seconds} s", figures.articles, figures.seconds));
        }
        if figures.articles >= articles && figures.peak > memory {
            missed.push(format!("{} articles take {:.0} MB, not {memory} MB", figures.articles, figures.peak));
        }
    }
    missed
}
