//! What requests call, counted by the functions' own clients.

use std::{collections::BTreeMap, path::Path};

use bloghub::platform::{Options, Platform};

use crate::{Result, generator, scene::Reading};

/// Requests whose calls are counted; the first ones, which fill the caches, are not.
const COUNTED: u32 = 50;

/// Calls per request by what was called, for each of `readings`, on the platform over `data`.
pub(crate) async fn count(
    data: &Path,
    readings: &[Reading],
) -> Result<BTreeMap<&'static str, Vec<(&'static str, f64)>>> {
    let options = Options::new(0, data).with("RATE_LIMIT_QUOTAS", crate::scene::QUOTAS);
    let platform = Platform::start(&options, |_| {}).await?;
    let host = platform.url().trim_start_matches("http://").to_owned();
    let mut all = BTreeMap::new();
    for reading in readings {
        let requests = reading.requests(&host);
        for request in requests.iter().chain(&requests) {
            generator::ask(&host, request).await?;
        }
        let counted =
            platform.calls(reading.function).ok_or_else(|| format!("there is no function {:?}", reading.function))?;
        counted.take();
        for request in requests.iter().cycle().take(COUNTED as usize) {
            generator::ask(&host, request).await?;
        }
        let tallies = counted.take().tallies;
        let per_request = |(what, tally): (&'static str, shared::adapters::calls::Tally)| {
            (what, tally.calls as f64 / f64::from(COUNTED))
        };
        all.insert(reading.name, tallies.into_iter().map(per_request).collect());
    }
    platform.stop().await?;
    Ok(all)
}
