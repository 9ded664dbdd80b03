//! Documents that are generated from the code and checked in: a test holds them against it.

use std::collections::BTreeMap;

use shared::config::Seen;
use utoipa::openapi::{
    InfoBuilder, License, OpenApi, OpenApiBuilder,
    security::{ApiKey, ApiKeyValue, SecurityScheme},
};

use crate::{common_answers, functions};

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
        common_answers::describe(&mut part, function.name != "fallback");
        api.merge(part);
    }
    let token = ApiKeyValue::with_description("Authorization", "`Token <access token>` or `Bearer <access token>`");
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("Token", SecurityScheme::ApiKey(ApiKey::Header(token)));
    Ok(api.to_pretty_json()? + "\n")
}

/// The page of all settings, as Markdown.
pub fn configuration() -> String {
    let mut settings: BTreeMap<Seen, Vec<&'static str>> = BTreeMap::new();
    let http = functions::all().into_iter().map(|function| (function.name, function.settings));
    let workers = functions::workers().into_iter().map(|worker| (worker.name, worker.settings));
    for (name, read) in http.chain(workers) {
        for seen in read() {
            settings.entry(seen).or_default().push(name);
        }
    }
    let everyone = functions::names();
    let behind_routes: Vec<_> = functions::all().iter().map(|function| function.name).collect();
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
