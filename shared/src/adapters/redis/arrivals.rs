//! What requests ask first, in one round trip. Those that come at the same time share it, and what several of them ask is asked once.

use std::collections::HashMap;

use async_trait::async_trait;
use redis::{RedisResult, Value};

use super::{Connection, Redis, away, cache, guard::Away, limits, sessions, store_error, views, wave::Ask};
use crate::{
    domain::{RequestId, Timestamp, limit::Counting, session::Identity, view::View},
    ports::{
        StoreError,
        arrivals::{Arrival, Arrivals, Arrived, Count},
        cache::Wanted,
    },
    telemetry::chain,
};

#[async_trait]
impl Arrivals for Redis {
    async fn arrive(&self, mut arrival: Arrival, id: RequestId, now: Timestamp) -> Result<Arrived, StoreError> {
        let view = arrival.view;
        arrival.view = view.filter(|view| !self.counted.has(view));
        let news = arrival.view;
        let arrived = self.admit(arrival, id, now).await?;
        if let Some(view) = news.filter(|_| arrived.viewed) {
            self.counted.note(view);
        }
        Ok(Arrived { viewed: view.is_some() && (news.is_none() || arrived.viewed), ..arrived })
    }
}

impl Redis {
    /// Answers one request, with others or alone.
    async fn admit(&self, arrival: Arrival, id: RequestId, now: Timestamp) -> Result<Arrived, StoreError> {
        // A cluster's nodes are asked each for itself: whoever needs one that is slow should not keep the others waiting. And while
        // it is in doubt whether Redis answers, nobody waits behind others.
        if matches!(*self.connection, Connection::One(_)) && self.guard.is_calm() {
            return self.arrive_together(arrival, id, now).await;
        }
        let mut questions = Questions::at(now);
        questions.add(&arrival, id, now);
        let mut answers = self.put(questions).await.map_err(away)?;
        answers.next(arrival, now)
    }

    /// Puts all `questions` in one round trip.
    pub(super) async fn put(&self, questions: Questions<'_>) -> Result<Answers, Away> {
        let answers = self.exchange(questions.asks()).await?;
        Ok(Answers { answers, places: questions.places, served: 0 })
    }
}

/// A question of a request; equal ones have the same answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Question<'a> {
    /// Is there a token? Whoever asks takes one: as many answers as have asked.
    Bucket(&'a Count),
    /// Is there room for this call?
    Window(&'a Count, RequestId, Timestamp),
    /// What is known of this session?
    Session(Identity),
    /// Is this cached?
    Value(&'a Wanted),
    /// Is this view new?
    View(View),
}

/// What a request asks, in the order in which it is answered.
fn questions(arrival: &Arrival, id: RequestId, now: Timestamp) -> impl Iterator<Item = Question<'_>> {
    let counts = arrival.counts.iter().map(move |count| match count.class.counting() {
        Counting::TokenBucket => Question::Bucket(count),
        Counting::SlidingWindow => Question::Window(count, id, now),
    });
    let values = arrival.wanted.iter().map(Question::Value);
    counts.chain(arrival.session.map(Question::Session)).chain(values).chain(arrival.view.map(Question::View))
}

/// The questions of some requests, each question once.
pub(super) struct Questions<'a> {
    now: Timestamp,
    /// Each with how many have asked it.
    asked: Vec<(Question<'a>, usize)>,
    known: HashMap<Question<'a>, usize>,
    places: Vec<Place>,
}

/// Where a request finds the answer to a question: the how many-th question it is, and the how many-th who asked it the request was.
struct Place {
    question: usize,
    turn: usize,
}

impl<'a> Questions<'a> {
    /// None yet. Tokens are taken at `now`, whoever asks for them.
    pub(super) fn at(now: Timestamp) -> Self {
        Self { now, asked: Vec::new(), known: HashMap::new(), places: Vec::new() }
    }

    /// Takes the questions of one more request.
    pub(super) fn add(&mut self, arrival: &'a Arrival, id: RequestId, now: Timestamp) {
        for question in questions(arrival, id, now) {
            let place = *self.known.entry(question).or_insert(self.asked.len());
            if place == self.asked.len() {
                self.asked.push((question, 0));
            }
            let (_, times) = &mut self.asked[place];
            self.places.push(Place { question: place, turn: *times });
            *times += 1;
        }
    }

    fn asks(&self) -> Vec<Ask> {
        let ask = |(question, times): &(Question<'a>, usize)| match question {
            Question::Bucket(count) => limits::take(count, *times, self.now),
            Question::Window(count, id, now) => limits::note(count, *id, *now),
            Question::Session(identity) => sessions::get(*identity).into(),
            Question::Value(wanted) => cache::get(wanted),
            Question::View(view) => views::ask(view, self.now),
        };
        self.asked.iter().map(ask).collect()
    }
}

/// The answers to [`Questions`].
pub(super) struct Answers {
    answers: Vec<RedisResult<Value>>,
    places: Vec<Place>,
    /// How many of the places were those of requests that have their answers.
    served: usize,
}

impl Answers {
    /// What the next request is answered: they come in the order in which they have asked.
    ///
    /// # Errors
    /// If any of its own questions has no answer.
    pub(super) fn next(&mut self, arrival: Arrival, now: Timestamp) -> Result<Arrived, StoreError> {
        let Arrival { counts, session, wanted, view } = arrival;
        let begin = self.served;
        self.served += counts.len() + usize::from(session.is_some()) + wanted.len() + usize::from(view.is_some());
        let mut own = self.places[begin..self.served].iter().map(|place| (self.answer(place), place.turn));
        let mut answer = || own.next().unwrap_or_else(|| (Err(missing()), 0));

        let mut allowances = Vec::with_capacity(counts.len());
        for count in &counts {
            let (answer, turn) = answer();
            allowances.push(match (count.class.counting(), answer?) {
                (Counting::SlidingWindow, answer) => limits::allowance(count, answer)?,
                (Counting::TokenBucket, Value::Array(turns)) => {
                    limits::allowance(count, turns.get(turn).ok_or_else(missing)?)?
                }
                (Counting::TokenBucket, _) => return Err(missing()),
            });
        }
        let session = match session {
            Some(identity) => sessions::state(answer().0?, identity, now)?,
            None => None,
        };
        let found = wanted.into_iter().map(|wanted| Ok((wanted, cache::found(answer().0?)?)));
        let found = found.collect::<Result<_, StoreError>>()?;
        let viewed = view.is_some_and(|_| match answer().0 {
            Ok(_) => true,
            Err(error) => {
                tracing::warn!(error = chain(&error), "a view is not counted");
                false
            }
        });
        Ok(Arrived { allowances, session, found, viewed })
    }

    fn answer(&self, place: &Place) -> Result<&Value, StoreError> {
        match self.answers.get(place.question) {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(store_error(error.clone())),
            None => Err(missing()),
        }
    }
}

fn missing() -> StoreError {
    StoreError::Fault { service: "Redis", source: "there are fewer answers than questions".into() }
}
