//! Documents that are generated from the code and checked in: a test holds them against it.

use std::collections::BTreeMap;

use shared::{config::Seen, http::Problem};
use utoipa::{
    PartialSchema as _,
    openapi::{
        ContentBuilder, Header, InfoBuilder, License, Object, OpenApi, OpenApiBuilder, Ref, ResponseBuilder, Type,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};

use crate::functions;

/// The API's description, OpenAPI 3.1, as pretty JSON.
///
/// # Errors
/// If it has no JSON form.
pub fn openapi() -> Result<String, serde_json::Error> {
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    let info = InfoBuilder::new()
        .title("BlogHub")
        .description(Some(
            "A blog and discussion platform. What the RealWorld (\"Conduit\") API 2.0 has too works as there.",
        ))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(license));
    let mut api: OpenApi = OpenApiBuilder::new().info(info.build()).build();
    for function in functions::all() {
        let mut part = (function.openapi)();
        if function.name != "fallback" {
            add_what_any_route_may_answer(&mut part);
        }
        api.merge(part);
    }
    let token = ApiKeyValue::with_description("Authorization", "`Token <access token>` or `Bearer <access token>`");
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("Token", SecurityScheme::ApiKey(ApiKey::Header(token)));
    Ok(api.to_pretty_json()? + "\n")
}

/// Adds to each operation what the entrance and any backing service may make of it.
fn add_what_any_route_may_answer(api: &mut OpenApi) {
    let problem = |description: &str| {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        ResponseBuilder::new().description(description).content("application/problem+json", body)
    };
    let seconds = || Header::new(Object::with_type(Type::Integer));
    let busy = problem("A backing service is away").header("Retry-After", seconds()).build();
    let limited = problem("More calls than the quota allows").header("Retry-After", seconds());
    let text = || Header::new(Object::with_type(Type::String));
    let limited = limited.header("RateLimit", text()).header("RateLimit-Policy", text()).build();
    for item in api.paths.paths.values_mut() {
        let all = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in all.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.entry("429".to_owned()).or_insert_with(|| limited.clone().into());
            responses.entry("503".to_owned()).or_insert_with(|| busy.clone().into());
        }
    }
    api.components.get_or_insert_default().schemas.insert("Problem".to_owned(), Problem::schema());
}

/// The page of all settings, as Markdown.
pub fn configuration() -> String {
    let mut settings: BTreeMap<Seen, Vec<&'static str>> = BTreeMap::new();
    let http = functions::all().into_iter().map(|function| (function.name, function.settings));
    let workers = functions::workers().into_iter().map(|worker| (worker.name, worker.settings));
    let readers: Vec<(&str, fn() -> Vec<Seen>)> = http.chain(workers).collect();
    let names = |readers: &[(&'static str, _)]| readers.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let (everyone, behind_routes) = (names(&readers), names(&readers[..functions::all().len()]));
    for (name, read) in readers {
        for seen in read() {
            settings.entry(seen).or_default().push(name);
        }
    }
    let row = |(seen, readers): (Seen, Vec<&str>)| {
        let default = seen.default.map_or_else(|| "none".to_owned(), |default| format!("`{default}`"));
        let readers = match readers {
            all if all == everyone => "every function".to_owned(),
            all if all == behind_routes => "every function behind routes".to_owned(),
            some => format!("`{}`", some.join("`, `")),
        };
        let form = seen.form.replace('|', "\\|");
        format!("| `{}` | {} | {form} | {default} | {readers} |\n", seen.name, seen.about)
    };
    let rows: String = settings.into_iter().map(row).collect();
    include_str!("configuration.md").replace("{{rows}}", &rows)
}
