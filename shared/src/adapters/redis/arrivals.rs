//! What requests ask first, in one round trip. Those that come at the same time share it, and what several of them ask is asked once.

use std::collections::HashMap;

use async_trait::async_trait;
use redis::{RedisResult, Value};

use super::{Connection, Redis, away, cache, guard::Away, limits, sessions, store_error, wave::Ask};
use crate::{
    domain::{RequestId, Timestamp, limit::Counting, session::Identity},
    ports::{
        StoreError,
        arrivals::{Arrival, Arrivals, Arrived, Count},
        cache::Wanted,
    },
};

#[async_trait]
impl Arrivals for Redis {
    async fn arrive(&self, arrival: Arrival, id: RequestId, now: Timestamp) -> Result<Arrived, StoreError> {
        // A cluster's nodes are asked each for itself: whoever needs one that is slow should not keep the others waiting. And while
        // it is in doubt whether Redis answers, nobody waits behind others.
        let one = matches!(*self.connection, Connection::One(_));
        if one && self.guard.is_calm() {
            return self.arrive_together(arrival, id, now).await;
        }
        let mut questions = Questions::at(now, one);
        questions.add(&arrival, id, now);
        let mut answers = self.put(questions).await.map_err(away)?;
        answers.next(arrival, now)
    }
}

impl Redis {
    /// Puts all `questions` in one round trip.
    pub(super) async fn put(&self, questions: Questions<'_>) -> Result<Answers, Away> {
        let answers = self.exchange(questions.asks()).await?;
        let Questions { one_node, commands, places, .. } = questions;
        Ok(Answers { answers, one_node, commands: commands.len(), places: places.into_iter() })
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
}

/// What a request asks, in the order in which it is answered.
fn questions(arrival: &Arrival, id: RequestId, now: Timestamp) -> impl Iterator<Item = Question<'_>> {
    let counts = arrival.counts.iter().map(move |count| match count.class.counting() {
        Counting::TokenBucket => Question::Bucket(count),
        Counting::SlidingWindow => Question::Window(count, id, now),
    });
    counts.chain(arrival.session.map(Question::Session)).chain(arrival.wanted.iter().map(Question::Value))
}

/// The questions of some requests, each question once.
pub(super) struct Questions<'a> {
    now: Timestamp,
    one_node: bool,
    commands: Vec<Command<'a>>,
    /// Values of which the process holds a version. One script asks for all of them if one node has them.
    versions: Vec<&'a Wanted>,
    asked: HashMap<Question<'a>, Place>,
    /// For each question of each request.
    places: Vec<Place>,
}

/// A command that answers one question, or that each takes something of.
enum Command<'a> {
    /// Takes so many tokens.
    Take(&'a Count, usize),
    Note(&'a Count, RequestId, Timestamp),
    Session(Identity),
    Value(&'a Wanted),
}

/// Where the answer to a question is.
#[derive(Clone, Copy)]
enum Place {
    /// It is that of a command.
    Whole(usize),
    /// It is one element of that of a command.
    Element(usize, usize),
    /// It is that of a version.
    Version(usize),
}

impl<'a> Questions<'a> {
    /// None yet. Tokens are taken at `now`, whoever asks for them. If `one_node` has all keys, one script may read several.
    pub(super) fn at(now: Timestamp, one_node: bool) -> Self {
        let (commands, versions, places) = (Vec::new(), Vec::new(), Vec::new());
        Self { now, one_node, commands, versions, asked: HashMap::new(), places }
    }

    /// Takes the questions of one more request.
    pub(super) fn add(&mut self, arrival: &'a Arrival, id: RequestId, now: Timestamp) {
        for question in questions(arrival, id, now) {
            let place = match self.asked.get(&question) {
                Some(place) => self.again(*place),
                None => self.first(question),
            };
            self.asked.insert(question, place);
            self.places.push(place);
        }
    }

    fn first(&mut self, question: Question<'a>) -> Place {
        let place = self.commands.len();
        let (command, place) = match question {
            Question::Bucket(count) => (Command::Take(count, 1), Place::Element(place, 0)),
            Question::Window(count, id, now) => (Command::Note(count, id, now), Place::Whole(place)),
            Question::Session(identity) => (Command::Session(identity), Place::Whole(place)),
            Question::Value(wanted) if wanted.known.is_some() => {
                self.versions.push(wanted);
                return Place::Version(self.versions.len() - 1);
            }
            Question::Value(wanted) => (Command::Value(wanted), Place::Whole(place)),
        };
        self.commands.push(command);
        place
    }

    /// Everyone has the same answer, but a token of their own.
    fn again(&mut self, place: Place) -> Place {
        let Place::Element(command, _) = place else { return place };
        let Command::Take(_, tokens) = &mut self.commands[command] else { return place };
        *tokens += 1;
        Place::Element(command, *tokens - 1)
    }

    fn asks(&self) -> Vec<Ask> {
        let commands = self.commands.iter().map(|command| match command {
            Command::Take(count, tokens) => limits::take(count, *tokens, self.now),
            Command::Note(count, id, now) => limits::note(count, *id, *now),
            Command::Session(identity) => sessions::get(*identity).into(),
            Command::Value(wanted) => cache::get(wanted),
        });
        let at_once = if self.one_node { self.versions.len().max(1) } else { 1 };
        commands.chain(self.versions.chunks(at_once).map(cache::get_changed)).collect()
    }
}

/// The answers to [`Questions`].
pub(super) struct Answers {
    answers: Vec<RedisResult<Value>>,
    one_node: bool,
    /// How many commands come before the versions.
    commands: usize,
    places: std::vec::IntoIter<Place>,
}

impl Answers {
    /// What the next request is answered: they come in the order in which they have asked.
    ///
    /// # Errors
    /// If any of its own questions has no answer.
    pub(super) fn next(&mut self, arrival: Arrival, now: Timestamp) -> Result<Arrived, StoreError> {
        let Arrival { counts, session, wanted } = arrival;
        // All of them are taken, whatever the first ones say: the next request's come after them.
        let allowances: Vec<_> = counts.iter().map(|count| limits::allowance(count, self.answer()?)).collect();
        let session = session.map(|identity| sessions::state(self.answer()?, identity, now));
        let found = wanted.into_iter().map(|wanted| Ok((wanted, cache::found(self.answer()?)?)));
        let found: Vec<Result<_, StoreError>> = found.collect();
        Ok(Arrived {
            allowances: allowances.into_iter().collect::<Result<_, _>>()?,
            session: session.transpose()?.flatten(),
            found: found.into_iter().collect::<Result<_, _>>()?,
        })
    }

    /// The answer to the next question.
    fn answer(&mut self) -> Result<&Value, StoreError> {
        let (command, element) = match self.places.next().ok_or_else(missing)? {
            Place::Whole(command) => (command, None),
            Place::Element(command, element) => (command, Some(element)),
            Place::Version(version) if self.one_node => (self.commands, Some(version)),
            Place::Version(version) => (self.commands + version, Some(0)),
        };
        let answer = match self.answers.get(command).ok_or_else(missing)? {
            Ok(answer) => answer,
            Err(error) => return Err(store_error(error.clone())),
        };
        match (element, answer) {
            (None, answer) => Ok(answer),
            (Some(element), Value::Array(elements)) => elements.get(element).ok_or_else(missing),
            (Some(_), _) => Err(missing()),
        }
    }
}

fn missing() -> StoreError {
    StoreError::Fault { service: "Redis", source: "there are fewer answers than questions".into() }
}
