//! Which methods a path has.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::OPENAPI;

/// A path's segments, where `None` stands for any, and its methods as `Allow` lists them.
type Known = (Vec<Option<String>>, String);

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let api: Value = serde_json::from_str(OPENAPI).expect("a test holds that the description is JSON");
    let paths = api["paths"].as_object().into_iter().flatten();
    paths.filter_map(|(path, item)| Some((segments(path), methods(item.as_object()?)))).collect()
});

fn segments(template: &str) -> Vec<Option<String>> {
    template.split('/').map(|segment| (!segment.starts_with('{')).then(|| segment.to_owned())).collect()
}

fn methods(item: &Map<String, Value>) -> String {
    let known = ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| item.contains_key(*method));
    let named = known.map(|method| if method == "get" { "GET, HEAD".to_owned() } else { method.to_ascii_uppercase() });
    named.chain(["OPTIONS".to_owned()]).collect::<Vec<_>>().join(", ")
}

/// The methods of `path`; `None` if there is no such path. A path that is written out goes before one with parameters.
pub(crate) fn allowed(path: &str) -> Option<String> {
    let fits = |known: &&Known| {
        let mut parts = path.split('/');
        let all = known.0.iter().all(|segment| match (segment, parts.next()) {
            (Some(segment), Some(part)) => segment == part,
            (None, Some(part)) => !part.is_empty(),
            (_, None) => false,
        });
        all && parts.next().is_none()
    };
    let literal = |known: &&Known| known.0.iter().filter(|segment| segment.is_some()).count();
    KNOWN.iter().filter(fits).max_by_key(literal).map(|(_, methods)| methods.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_path_tells_its_methods() {
        assert_eq!(allowed("/api/articles").as_deref(), Some("GET, HEAD, POST, OPTIONS"));
        assert_eq!(allowed("/api/articles/some-slug").as_deref(), Some("GET, HEAD, PUT, DELETE, OPTIONS"));
        assert_eq!(allowed("/api/sessions/logout").as_deref(), Some("POST, OPTIONS"));
    }

    #[test]
    fn an_unknown_path_has_none() {
        for path in ["", "/", "/api", "/api/", "/api/articles/", "/api/articles/a/b", "/api/profiles/", "/API/articles"]
        {
            assert_eq!(allowed(path), None, "{path}");
        }
    }
}
