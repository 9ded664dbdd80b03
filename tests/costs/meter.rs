//! Counts what one operation calls.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bloghub::{functions, platform::Platform};
use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::Value;
use shared::{
    adapters::{calls::Recorded, host::Host, system::OperatingSystem},
    ports::permission::Permission,
};

use test_servers::Clock;

use crate::table::Row;

/// What each function used of its permissions.
pub(crate) type Used = BTreeMap<&'static str, BTreeSet<Permission>>;

/// Does operations and notes what they cost.
pub(crate) struct Meter<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) clock: &'a Clock,
    pub(crate) rows: Vec<Row>,
    pub(crate) used: Used,
    http: reqwest::Client,
}

/// An operation: what it is called in the table, which function does it, what it may cost, and why not less.
pub(crate) struct Operation(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) &'static [(&'static str, u64)],
    pub(crate) &'static str,
);

impl<'a> Meter<'a> {
    pub(crate) fn new(platform: &'a Platform, clock: &'a Clock) -> Self {
        Self { platform, clock, rows: Vec::new(), used: Used::new(), http: reqwest::Client::new() }
    }

    /// Sends a request and answers the body; what the function called goes into a row.
    pub(crate) async fn measure(
        &mut self,
        operation: Operation,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> Value {
        self.measure_under("", operation, method, path, token, body).await
    }

    /// The same under an idempotency key, if there is one.
    pub(crate) async fn measure_under(
        &mut self,
        key: &str,
        operation: Operation,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> Value {
        let mut request = self.request(method, path, token);
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        self.send(operation, request).await.1
    }

    /// A request to be completed by hand.
    pub(crate) fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.platform.url()));
        if token.is_empty() { request } else { request.header("authorization", format!("Token {token}")) }
    }

    /// Sends it and answers headers and body; what the function called goes into a row.
    pub(crate) async fn send(&mut self, operation: Operation, request: RequestBuilder) -> (HeaderMap, Value) {
        // What follows from the operation before evicts from the cache: it is done first.
        self.platform.drained().await;
        let calls = self.platform.calls(operation.1).unwrap();
        calls.take();
        let request = request.build().unwrap();
        let asked = format!("{} {}", request.method(), request.url().path());
        let answer = self.http.execute(request).await.unwrap();
        let headers = answer.headers().clone();
        let text = answer.text().await.unwrap();
        self.add(operation, asked, calls.take());
        (headers, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Does something between operations that is none of them; what it calls is not looked at.
    pub(crate) async fn unmeasured(&mut self, method: Method, path: &str, token: &str, body: Value) -> Value {
        self.unmeasured_of("publish", method, path, token, body).await
    }

    /// The same with another function than `publish`.
    pub(crate) async fn unmeasured_of(
        &mut self,
        function: &'static str,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> Value {
        let answer = self.measure(Operation("", function, &[], ""), method, path, token, body).await;
        self.rows.pop();
        answer
    }

    /// Calls a worker with `event`; what it called goes into a row.
    pub(crate) async fn measure_worker(&mut self, operation: Operation, event: Value) {
        let lookup = |name: &str| self.platform.services().environment().get(name).cloned();
        let worker = functions::workers().into_iter().find(|worker| worker.name == operation.1).unwrap();
        let host = Host::local(Arc::new(OperatingSystem::default()), 1).with_search(self.platform.search());
        let host = host.for_function((worker.permissions)());
        let handle = (worker.mount)(&lookup, &host).unwrap();
        handle(event).await.unwrap();
        self.add(operation, String::new(), host.calls.take());
    }

    /// What a consumer called since it was looked at last, for whatever its queue had; it goes into a row.
    pub(crate) fn measure_consumer(&mut self, operation: Operation) {
        let recorded = self.platform.calls(operation.1).unwrap().take();
        self.add(operation, String::new(), recorded);
    }

    /// A row of what was called.
    pub(crate) fn add(&mut self, operation: Operation, asked: String, recorded: Recorded) {
        let Operation(operation, function, expected, why) = operation;
        let Recorded { tallies, used } = recorded;
        if !used.is_empty() {
            self.used.entry(function).or_default().extend(used);
        }
        let units = |reads: bool| {
            let kind = |name: &str| ["GetItem", "BatchGetItem", "Query", "Scan"].contains(&name) == reads;
            tallies.iter().filter(|(name, _)| kind(name)).fold(0.0, |sum, (_, tally)| sum + tally.units)
        };
        self.rows.push(Row {
            operation,
            asked,
            calls: tallies.iter().map(|(name, tally)| (*name, tally.calls)).collect(),
            expected: expected.iter().copied().collect(),
            read_units: units(true),
            write_units: units(false),
            why,
        });
    }
}
