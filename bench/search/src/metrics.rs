//! How good an order of articles is, by what was judged. An article that nobody judged counts as one that answers nothing.

use crate::judged::{Grade, Grades};

/// How deep [`ndcg`] looks: a page of results that people look at.
pub(crate) const PAGE: usize = 10;
/// How deep [`recall`] looks.
pub(crate) const DEEP: usize = 50;
/// The grade from which on an article counts for [`recall`].
pub(crate) const RELEVANT: Grade = 2;

/// Normalised discounted cumulated gain over the first [`PAGE`], 0 to 1: the gain of an article of grade g is 2^g - 1, divided by the
/// logarithm to the base 2 of its place plus one; the sum of these by that of the best order there could be (Järvelin and Kekäläinen, Cumulated
/// gain-based evaluation of IR techniques, ACM Transactions on Information Systems 20(4), 2002; the gain in powers of two is that of Burges
/// and others, Learning to rank using gradient descent, ICML 2005).
pub(crate) fn ndcg(found: &[String], grades: &Grades) -> f64 {
    let mut best: Vec<Grade> = grades.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let reached = dcg(found.iter().map(|article| grades.get(article).copied().unwrap_or(0)));
    let ideal = dcg(best.into_iter());
    if ideal == 0.0 { 0.0 } else { reached / ideal }
}

fn dcg(grades: impl Iterator<Item = Grade>) -> f64 {
    let gains = grades.take(PAGE).zip(2_u32..);
    gains.fold(0.0, |sum, (grade, place)| sum + (f64::from(grade).exp2() - 1.0) / f64::from(place).log2())
}

/// Which part of the articles of grade [`RELEVANT`] and more is among the first [`DEEP`], 0 to 1.
#[allow(clippy::cast_precision_loss, reason = "some dozen articles")]
pub(crate) fn recall(found: &[String], grades: &Grades) -> f64 {
    let relevant = |article: &String| grades.get(article).is_some_and(|grade| *grade >= RELEVANT);
    let all = grades.values().filter(|grade| **grade >= RELEVANT).count();
    let reached = found.iter().take(DEEP).filter(|article| relevant(article)).count();
    if all == 0 { 0.0 } else { reached as f64 / all as f64 }
}

/// The mean; 0 of nothing.
#[allow(clippy::cast_precision_loss, reason = "some dozen queries")]
pub(crate) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values.into_iter().fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grades(all: &[(&str, Grade)]) -> Grades {
        all.iter().map(|(article, grade)| ((*article).to_owned(), *grade)).collect()
    }

    fn found(articles: &str) -> Vec<String> {
        articles.split(' ').map(str::to_owned).collect()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn the_gain_is_as_by_hand() {
        let judged = grades(&[("a", 3), ("b", 2), ("c", 0), ("d", 1)]);
        // Found: 3 at place 2, 0 at 1, 1 at 3: 7 / log2(3) + 1 / log2(4) = 4.416508 + 0.5.
        // Best: 3, 2, 1: 7 / log2(2) + 3 / log2(3) + 1 / log2(4) = 7 + 1.892789 + 0.5.
        assert!(close(ndcg(&found("c a d"), &judged), 4.916_508 / 9.392_789));
        assert!(close(ndcg(&found("a b d"), &judged), 1.0));
        assert!(close(ndcg(&found("c x y"), &judged), 0.0));
        assert!(close(ndcg(&[], &judged), 0.0));
    }

    #[test]
    fn what_nobody_judged_takes_a_place_and_what_is_behind_the_tenth_counts_nothing() {
        let judged = grades(&[("a", 3)]);
        assert!(close(ndcg(&found("x a"), &judged), 1.0 / 3_f64.log2()));
        assert!(close(ndcg(&found("1 2 3 4 5 6 7 8 9 10 a"), &judged), 0.0));
        assert!(close(ndcg(&found("1 2 3 4 5 6 7 8 9 a"), &judged), 1.0 / 11_f64.log2()));
    }

    #[test]
    fn the_best_order_has_ten_places_too() {
        let names: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let judged: Grades = names.iter().map(|name| (name.clone(), 2)).collect();
        assert!(close(ndcg(&names, &judged), 1.0));
    }

    #[test]
    fn recall_counts_what_answers_at_least_a_good_part() {
        let judged = grades(&[("a", 3), ("b", 2), ("c", 1), ("d", 2)]);
        assert!(close(recall(&found("b c x a"), &judged), 2.0 / 3.0));
        let mut deep: Vec<String> = (0..49).map(|n| n.to_string()).collect();
        deep.extend(found("a b"));
        assert!(close(recall(&deep, &judged), 1.0 / 3.0));
    }

    #[test]
    fn the_mean_is_of_all() {
        assert!(close(mean([1.0, 0.0, 0.5]), 0.5));
        assert!(close(mean([]), 0.0));
    }
}
