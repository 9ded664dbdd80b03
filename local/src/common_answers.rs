//! What no handler answers by itself but what surrounds it does, errors and a header: each operation's description has them, and
//! none writes them down.

use axum::http::StatusCode;
use shared::http::{Problem, auth::renews};
use utoipa::{
    PartialSchema as _,
    openapi::{
        Content, Header, HeaderBuilder, Object, OpenApi, Ref, RefOr, Response, ResponseBuilder, Type,
        path::{Operation, PathItem},
    },
};

struct Answer {
    status: &'static str,
    /// Its name among the document's components.
    name: &'static str,
    when: &'static str,
    /// Its headers, with the types of their values.
    headers: &'static [(&'static str, Type)],
    /// Which operations answer so.
    by: Operations,
}

#[derive(PartialEq, Eq)]
enum Operations {
    All,
    /// Those that read a body, or parameters.
    WithInput,
    WithBody,
    /// Those of functions that use services and count their callers' requests.
    OverServices,
}

const RETRY_AFTER: (&str, Type) = ("Retry-After", Type::Integer);
const ANSWERS: [Answer; 6] = [
    Answer {
        status: "400",
        name: "Malformed",
        when: "The body is no JSON, a query parameter is there twice, or the path is not UTF-8 under its percent signs",
        headers: &[],
        by: Operations::WithInput,
    },
    Answer {
        status: "413",
        name: "BodyTooLarge",
        when: "The body has more than 1,048,576 bytes",
        headers: &[],
        by: Operations::WithBody,
    },
    Answer {
        status: "415",
        name: "UnsupportedMediaType",
        when: "`Content-Type` says that the body is something else than JSON",
        headers: &[],
        by: Operations::WithBody,
    },
    Answer {
        status: "429",
        name: "Limited",
        when: "More calls than the quota allows",
        headers: &[RETRY_AFTER, ("RateLimit", Type::String), ("RateLimit-Policy", Type::String)],
        by: Operations::OverServices,
    },
    Answer { status: "500", name: "Internal", when: "A fault of ours", headers: &[], by: Operations::All },
    Answer {
        status: "503",
        name: "Unavailable",
        when: "A backing service is away or too busy",
        headers: &[RETRY_AFTER],
        by: Operations::OverServices,
    },
];

/// The token that takes the place of an ageing one.
const NEXT_TOKEN: &str = "X-Access-Token";
/// Operations that end the session of whoever asks for them, so that nothing takes the place of its token.
const FAREWELLS: [&str; 3] = ["LogOut", "LogOutEverywhere", "DeleteCurrentUser"];

/// Adds to each operation of `api` the common errors that it does not describe itself, and to those that take a token the header
/// of the next one. `over_services` says whether the operations are of a function that uses any.
pub(crate) fn describe(api: &mut OpenApi, over_services: bool) {
    let components = api.components.get_or_insert_default();
    components.schemas.insert("Problem".to_owned(), Problem::schema());
    components.responses.extend(ANSWERS.iter().map(|answer| (answer.name.to_owned(), answer.described().into())));
    for operation in api.paths.paths.values_mut().flat_map(operations) {
        for answer in &ANSWERS {
            let answers = match answer.by {
                Operations::All => true,
                Operations::WithInput => operation.request_body.is_some() || operation.parameters.is_some(),
                Operations::WithBody => operation.request_body.is_some(),
                Operations::OverServices => over_services,
            };
            if answers {
                let described = operation.responses.responses.entry(answer.status.to_owned());
                described.or_insert_with(|| RefOr::Ref(Ref::from_response_name(answer.name)));
            }
        }
        if operation.security.is_some() {
            describe_next_token(operation);
        }
    }
}

fn describe_next_token(operation: &mut Operation) {
    let farewell = operation.operation_id.as_deref().is_some_and(|id| FAREWELLS.contains(&id));
    for (status, response) in &mut operation.responses.responses {
        let status: StatusCode = status.parse().expect("each answer is described under its status");
        // The common errors have it among the components.
        if let RefOr::T(response) = response
            && renews(status)
            && !(farewell && status.is_success())
        {
            response.headers.insert(NEXT_TOKEN.to_owned(), next_token().into());
        }
    }
}

fn next_token() -> Header {
    let text = Object::with_type(Type::String);
    HeaderBuilder::new()
        .schema(Some(text))
        .description(Some("To be used from now on, if a token came along and ages"))
        .build()
}

impl Answer {
    fn described(&self) -> Response {
        let body = Content::new(Some(Ref::from_schema_name("Problem")));
        let response = ResponseBuilder::new().description(self.when).content("application/problem+json", body);
        let header = |(name, kind): &(&'static str, Type)| (*name, Header::new(Object::with_type(kind.clone())));
        let status: StatusCode = self.status.parse().expect("the constant is a status");
        let next = renews(status).then(|| (NEXT_TOKEN, next_token()));
        let headers = self.headers.iter().map(header).chain(next);
        headers.fold(response, |response, (name, header)| response.header(name, header)).build()
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}
