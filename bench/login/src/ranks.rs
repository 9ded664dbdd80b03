//! Whether two samples are of one distribution, by their ranks.

/// The middle of `sample`, which has at least one value.
pub(crate) fn median(sample: &[f64]) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { f64::midpoint(sorted[middle - 1], sorted[middle]) } else { sorted[middle] }
}

/// How probable ranks as unequal as these are where both samples are of one distribution: the two-sided test of Mann and Whitney (1947)
/// in the normal approximation, with its correction for ties. Good from some twenty values a sample on.
pub(crate) fn equal(one: &[f64], other: &[f64]) -> f64 {
    let mut all: Vec<_> =
        one.iter().map(|value| (*value, true)).chain(other.iter().map(|value| (*value, false))).collect();
    all.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let (mut ranks_of_one, mut ties) = (0.0, 0.0);
    let mut start = 0;
    for group in all.chunk_by(|(a, _), (b, _)| a == b) {
        let size = group.len() as f64;
        // Ranks begin with 1; equal values share the middle one.
        let rank = start as f64 + f64::midpoint(1.0, size);
        ranks_of_one += rank * group.iter().filter(|(_, of_one)| *of_one).count() as f64;
        ties += size.powi(3) - size;
        start += group.len();
    }
    let (n, m) = (one.len() as f64, other.len() as f64);
    let all = n + m;
    let u = ranks_of_one - n * (n + 1.0) / 2.0;
    let deviation = (n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)))).sqrt();
    if deviation == 0.0 {
        return 1.0;
    }
    // Half a rank is the correction for continuity.
    let z = ((u - n * m / 2.0).abs() - 0.5).max(0.0) / deviation;
    tails(z)
}

/// The probability of both tails of the normal distribution beyond `z`: Abramowitz and Stegun, formula 7.1.26, whose error is below
/// 1.5e-7.
fn tails(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let terms = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    let polynomial = terms.into_iter().fold(0.0, |sum, term| (sum + term) * t);
    polynomial * (-x * x).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn the_tails_of_the_normal_distribution_are_those_of_its_tables() {
        for (z, expected) in [(0.0, 1.0), (1.0, 0.317_310_5), (1.96, 0.049_995_8), (2.575_829, 0.01)] {
            assert!((tails(z) - expected).abs() < 1e-6, "{z}: {}", tails(z));
        }
    }

    #[test]
    fn samples_of_one_distribution_are_not_told_apart_and_shifted_ones_are() {
        // The golden ratio's multiples spread evenly and in no order (Weyl 1916).
        let spread = |n: u32| (f64::from(n) * 0.618_033_988_749_895).fract();
        let one: Vec<_> = (0..200).map(spread).collect();
        let other: Vec<_> = (200..400).map(spread).collect();
        assert!(equal(&one, &other) > 0.5, "{}", equal(&one, &other));
        let shifted: Vec<_> = other.iter().map(|value| value + 0.15).collect();
        assert!(equal(&one, &shifted) < 0.001, "{}", equal(&one, &shifted));
        assert_eq!(equal(&[1.0; 20], &[1.0; 20]), 1.0);
    }

    #[test]
    fn a_worked_example_has_its_published_outcome() {
        // All of one sample below all of the other: U = 0, n = m = 5, z = (12.5 - 0.5) / sqrt(25 * 11 / 12) = 2.5067.
        let p = equal(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]);
        assert!((p - 0.012_186).abs() < 1e-5, "{p}");
    }
}
