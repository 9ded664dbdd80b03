//! The sample events in `events/<function>/`: each is one that API Gateway could send to that very function.

use std::{collections::BTreeMap, fs, path::PathBuf};

use bloghub::functions::{self, Entry};
use lambda_http::{RequestExt as _, request::RequestContext};
use serde_json::Value;
use shared::worker::Worker;

use crate::support::repository;

/// A function's sample events by their names.
type Events = BTreeMap<String, Value>;

fn folder() -> PathBuf {
    repository().join("events")
}

fn names(folder: PathBuf) -> Vec<String> {
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn events(function: &str) -> Events {
    let files = names(folder().join(function));
    let read = |file: String| {
        let name = file.strip_suffix(".json").unwrap_or_else(|| panic!("{function}/{file} is no .json")).to_owned();
        let text = fs::read_to_string(folder().join(function).join(&file)).unwrap();
        (name, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{function}/{file}: {error}")))
    };
    files.into_iter().map(read).collect()
}

/// Calls `check` with every function, event's name and event.
fn for_each(check: impl Fn(&Entry, &str, &Value)) {
    for function in functions::all() {
        for (name, event) in events(function.name) {
            check(&function, &format!("{}/{name}", function.name), &event);
        }
    }
}

/// The routes of a function as API Gateway names them. Those that GET have HEAD as well.
fn routes(function: &Entry) -> Vec<String> {
    let api = serde_json::to_value((function.openapi)()).unwrap();
    let paths = api["paths"].as_object().unwrap();
    let routes = paths.iter().flat_map(|(path, item)| {
        let methods =
            item.as_object().unwrap().keys().filter(|key| ["get", "post", "put", "delete"].contains(&&***key));
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    let mut routes: Vec<_> = routes.collect();
    let heads: Vec<_> =
        routes.iter().filter_map(|route| Some(format!("HEAD {}", route.strip_prefix("GET ")?))).collect();
    routes.extend(heads);
    routes
}

/// The parameters of `path` by the template's names; `None` if it does not fit.
fn fit(template: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let (names, values): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let mut parameters = BTreeMap::new();
    for (name, value) in names.iter().zip(&values) {
        match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => drop(parameters.insert(name.to_owned(), (*value).to_owned())),
            None if name == value => {}
            None => return None,
        }
    }
    (names.len() == values.len()).then_some(parameters)
}

#[test]
fn every_function_has_a_folder_with_at_least_two_events_and_every_folder_a_function() {
    let mut known: Vec<_> = functions::all().iter().map(|function| function.name.to_owned()).collect();
    known.extend(functions::workers().iter().map(|worker| worker.name.to_owned()));
    known.sort();
    assert_eq!(names(folder()), known);
    for name in known {
        assert!(events(&name).len() >= 2, "{name}");
    }
}

#[test]
fn every_event_is_read_as_a_request_of_api_gateway() {
    for_each(|_, name, event| {
        let request =
            lambda_http::request::from_str(&event.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let http = &event["requestContext"]["http"];
        assert_eq!(event["version"], "2.0", "{name}");
        assert_eq!(request.method().as_str(), http["method"], "{name}");
        assert_eq!(request.uri().path(), http["path"], "{name}");
        assert_eq!(request.uri().host(), Some("blog.example"), "{name}");
        assert_eq!(request.uri().query().unwrap_or_default(), event["rawQueryString"], "{name}");
        let RequestContext::ApiGatewayV2(context) = request.request_context() else {
            panic!("{name}: another gateway's")
        };
        assert_eq!(context.request_id, Some(format!("sample-{}", name.replace('/', "-"))), "{name}");
    });
}

/// Reads every event of a worker as that worker does.
fn expect_read<W: Worker>() {
    for (name, event) in events(W::NAME) {
        if let Err(error) = serde_json::from_value::<W::Event>(event) {
            panic!("{}/{name}: {error}", W::NAME);
        }
    }
}

#[test]
fn every_workers_event_is_read_as_one_of_its_source() {
    expect_read::<ranking_cron::RankingCron>();
    expect_read::<search_rebuild::SearchRebuild>();
    expect_read::<search_sync::SearchSync>();
    expect_read::<sms_resend::SmsResend>();
    expect_read::<sweep::Sweep>();
    expect_read::<view_drain::ViewDrain>();
}

#[test]
fn every_event_says_twice_the_same() {
    for_each(|_, name, event| {
        let context = &event["requestContext"];
        assert_eq!(event["rawPath"], context["http"]["path"], "{name}");
        assert_eq!(event["routeKey"], context["routeKey"], "{name}");
        let raw = reqwest::Url::parse(&format!("http://x/?{}", event["rawQueryString"].as_str().unwrap())).unwrap();
        let query: BTreeMap<_, _> = raw.query_pairs().into_owned().collect();
        let parameters = event["queryStringParameters"].as_object().into_iter().flatten();
        let parameters: BTreeMap<_, _> =
            parameters.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        assert_eq!(query, parameters, "{name}");
        let has_body = event["body"].is_string();
        assert_eq!(has_body, event["headers"]["content-type"] == "application/json", "{name}");
    });
}

#[test]
fn every_event_takes_a_route_of_its_function() {
    let of_others: Vec<_> = functions::all().iter().flat_map(routes).collect();
    for_each(|function, name, event| {
        let (route, path) = (event["routeKey"].as_str().unwrap(), event["rawPath"].as_str().unwrap());
        let method = event["requestContext"]["http"]["method"].as_str().unwrap();
        if route == "$default" {
            assert_eq!(function.name, "fallback", "{name}");
            let taken = of_others.iter().find(|other| {
                let (other_method, template) = other.split_once(' ').unwrap();
                other_method == method && fit(template, path).is_some()
            });
            assert_eq!(taken, None, "{name}");
            return;
        }
        assert!(routes(function).iter().any(|own| own == route), "{name}: {route} is no route of it");
        let (route_method, template) = route.split_once(' ').unwrap();
        assert_eq!(route_method, method, "{name}");
        let parameters = fit(template, path).unwrap_or_else(|| panic!("{name}: {path} does not fit {template}"));
        let given: BTreeMap<String, String> = event
            .get("pathParameters")
            .map_or_else(BTreeMap::new, |given| serde_json::from_value(given.clone()).unwrap());
        assert_eq!(parameters, given, "{name}");
    });
}

#[test]
fn no_event_holds_a_real_secret_address_or_host() {
    for_each(|_, name, event| {
        let text = event.to_string();
        // Reserved for documentation: RFC 2606 and RFC 5737.
        assert!(event["headers"]["host"].as_str().unwrap().ends_with(".example"), "{name}");
        assert!(event["requestContext"]["http"]["sourceIp"].as_str().unwrap().starts_with("203.0.113."), "{name}");
        for at in text.match_indices('@').map(|(at, _)| &text[at..]) {
            assert!(at.starts_with("@mail.example"), "{name}: {at}");
        }
        // Neither an access token nor the base64 of anything long.
        let long = |word: &str| word.len() > 40 && word.bytes().any(|b| b.is_ascii_digit());
        let word = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').find(|word| long(word));
        assert_eq!(word, None, "{name}");
    });
}
