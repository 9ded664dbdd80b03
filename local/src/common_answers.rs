//! Errors that no handler answers by itself but everything around it does: each operation's description has them, and none
//! writes them down.

use utoipa::openapi::{
    Components, Content, OpenApi, Ref, RefOr, Response, ResponseBuilder,
    path::{Operation, PathItem},
};

/// A status, its name among the document's components, when it is answered, and by which operations.
type Answer = (&'static str, &'static str, &'static str, fn(&Operation) -> bool);

const ANSWERS: [Answer; 5] = [
    (
        "400",
        "Malformed",
        "The body is no JSON, a query parameter is there twice, or a path is not UTF-8 under its percent signs",
        |operation| has_body(operation) || operation.parameters.is_some(),
    ),
    ("413", "BodyTooLarge", "The body has more than 1,048,576 bytes", has_body),
    ("415", "UnsupportedMediaType", "`Content-Type` says that the body is something else than JSON", has_body),
    ("500", "Internal", "A fault of ours", |_| true),
    ("503", "Unavailable", "A backing service is away or too busy; `Retry-After` says when to try again", |_| true),
];

/// Adds to each operation of `api` the common errors that it does not describe itself.
pub(crate) fn describe(api: &mut OpenApi) {
    let components = api.components.get_or_insert_with(Components::default);
    for (_, name, when, _) in ANSWERS {
        components.responses.insert(name.to_owned(), RefOr::T(problem(when)));
    }
    for operation in api.paths.paths.values_mut().flat_map(operations) {
        for (status, name, _, answers) in ANSWERS {
            if answers(operation) {
                let described = operation.responses.responses.entry(status.to_owned());
                described.or_insert_with(|| RefOr::Ref(Ref::from_response_name(name)));
            }
        }
    }
}

fn has_body(operation: &Operation) -> bool {
    operation.request_body.is_some()
}

fn problem(when: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(when).content("application/problem+json", content).build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}
