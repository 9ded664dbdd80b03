//! What goes into one `SendMessageBatch`.

/// Messages of a batch at the most.
const MESSAGES: usize = 10;

/// Bytes of a batch's bodies at the most. SQS takes 1 MiB since August 2025; emulators, and queues that hold to the limit of
/// before, take this much.
const BYTES: usize = 256 * 1024;

/// `bodies` with their places, in as few batches as their order allows. A body that is too large goes alone, for SQS to refuse.
pub(super) fn of(bodies: Vec<String>) -> Vec<Vec<(usize, String)>> {
    let mut batches: Vec<Vec<(usize, String)>> = Vec::new();
    let mut bytes = 0;
    for (place, body) in bodies.into_iter().enumerate() {
        bytes += body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < MESSAGES && bytes <= BYTES => batch.push((place, body)),
            _ => {
                bytes = body.len();
                batches.push(vec![(place, body)]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(sizes: &[usize]) -> Vec<Vec<usize>> {
        let bodies = sizes.iter().map(|size| "x".repeat(*size)).collect();
        of(bodies).into_iter().map(|batch| batch.into_iter().map(|(place, _)| place).collect()).collect()
    }

    #[test]
    fn ten_messages_fit_and_the_eleventh_begins_a_batch() {
        assert!(places(&[]).is_empty());
        assert_eq!(places(&[1; 10]).len(), 1);
        assert_eq!(places(&[1; 11]), [(0..10).collect::<Vec<_>>(), vec![10]]);
    }

    #[test]
    fn a_batch_ends_before_it_is_too_large() {
        assert_eq!(places(&[BYTES - 1, 1, 1]), [vec![0, 1], vec![2]]);
        assert_eq!(places(&[1, BYTES + 1, 1]), [vec![0], vec![1], vec![2]]);
    }
}
