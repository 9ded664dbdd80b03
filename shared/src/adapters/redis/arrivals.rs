//! What a request asks first, in one round trip.

use async_trait::async_trait;

use super::{Redis, cache, limits, sessions, wave::Ask};
use crate::{
    domain::{RequestId, Timestamp},
    ports::{
        StoreError,
        arrivals::{Arrival, Arrivals, Arrived},
    },
};

#[async_trait]
impl Arrivals for Redis {
    async fn arrive(&self, arrival: &Arrival, id: RequestId, now: Timestamp) -> Result<Arrived, StoreError> {
        let counts = arrival.counts.iter().map(|count| limits::ask(count, id, now));
        let session = arrival.session.map(|session| Ask::from(sessions::get(session)));
        let asks = counts.chain(session).chain(cache::read_asks(&arrival.wanted)).collect();
        let mut answers = self.wave(asks).await?.into_iter();
        let counted = arrival.counts.iter().zip(answers.by_ref());
        let allowances = counted.map(|(count, answer)| limits::allowance(count, answer)).collect::<Result<_, _>>()?;
        let session = match arrival.session.and_then(|identity| Some((identity, answers.next()?))) {
            Some((identity, answer)) => sessions::state(answer, identity, now)?,
            None => None,
        };
        let found = answers.map(cache::found).collect::<Result<_, _>>()?;
        Ok(Arrived { allowances, session, found })
    }
}
