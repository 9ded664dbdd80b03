//! JSON bodies: read whole, within a limit, and with an answer that names the field when they do not fit.

use std::{fmt, marker::PhantomData};

use axum::{
    body::{self, Body},
    extract::{FromRequest, Request},
};
use http::header::CONTENT_TYPE;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::ApiError;
use crate::domain::Violation;

/// Bytes of a request's body at the most.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A JSON object as `T`. Without it a list would do too, its elements taken for the fields in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// A request's body, an object, as `T`.
///
/// # Errors
/// 413 beyond [`MAX_BODY_BYTES`], 415 if the body says that it is something else, 400 if it is no JSON, 422 if a field is of
/// the wrong type.
#[derive(Debug, Clone)]
pub struct JsonBody<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let media_type = parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
        if !media_type.is_none_or(is_json) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let Object(value) = parse(&read(body).await?)?;
        Ok(Self(value))
    }
}

/// A request's body as [`JsonBody`], which may be left out: nothing at all, of whatever type, and `null` are `None`.
///
/// # Errors
/// As [`JsonBody`].
#[derive(Debug, Clone)]
pub struct OptionalJsonBody<T>(pub Option<T>);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = read(body).await?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        let media_type = parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
        if !media_type.is_none_or(is_json) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let value: Option<Object<T>> = parse(&bytes)?;
        Ok(Self(value.map(|Object(value)| value)))
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

async fn read(body: Body) -> Result<Vec<u8>, ApiError> {
    use axum::body::HttpBody as _;
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(ApiError::BodyTooLarge);
    }
    // Whatever else stops the reading, such as a client that went away, nobody waits for the answer.
    body::to_bytes(body, MAX_BODY_BYTES).await.map(Vec::from).map_err(|_| ApiError::BodyTooLarge)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if error.is_data() { wrong_type(&path, &error.to_string()) } else { no_json(&error) }
    })?;
    reader.end().map_err(|error| no_json(&error))?;
    Ok(value)
}

fn no_json(error: &serde_json::Error) -> ApiError {
    let message = format!("is no valid JSON (line {}, column {})", error.line(), error.column());
    ApiError::Malformed { field: "body".into(), message }
}

/// Names the field and what it should be, but not what it was: that may be a secret.
fn wrong_type(path: &str, message: &str) -> ApiError {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let last = path.rsplit('.').next().and_then(|name| name.split('[').next()).unwrap_or_default();
    let field = if last.is_empty() || last == "?" { "body" } else { last };
    if let Some((_, expected)) = message.rsplit_once(", expected ") {
        let expected = match expected.strip_prefix("struct ") {
            Some(_) => "an object",
            None => expected,
        };
        return ApiError::invalid(field, Violation::must_be(expected));
    }
    for (prefix, reason) in [("missing field `", "is missing"), ("duplicate field `", "is there twice")] {
        if let Some(name) = message.strip_prefix(prefix) {
            return ApiError::invalid(name.trim_end_matches('`'), Violation(reason.into()));
        }
    }
    ApiError::invalid(field, Violation("is of the wrong type".into()))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::domain::Field;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only its shape is of interest")]
    struct Outer {
        user: Object<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[allow(dead_code, reason = "only its shape is of interest")]
    struct Inner {
        #[serde(default)]
        password: Field<String>,
        #[serde(default)]
        tag_list: Field<Vec<String>>,
    }

    fn errors(json: &str) -> String {
        match parse::<Object<Outer>>(json.as_bytes()).unwrap_err() {
            ApiError::Invalid(violations) => format!("{:?}", violations.into_map()),
            ApiError::Malformed { field, message } => format!("{field} {message}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_type_names_the_field_and_not_the_value() {
        assert_eq!(errors(r#"{"user": {"password": 12345678}}"#), r#"{"password": ["must be a string"]}"#);
        assert_eq!(errors(r#"{"user": {"tagList": ["a", {"b": 1}]}}"#), r#"{"tagList": ["must be a string"]}"#);
        assert_eq!(errors(r#"{"user": {"tagList": "secret"}}"#), r#"{"tagList": ["must be a sequence"]}"#);
        assert_eq!(errors(r#"{"user": "secret"}"#), r#"{"user": ["must be an object"]}"#);
        assert_eq!(errors(r#"{"user": []}"#), r#"{"user": ["must be an object"]}"#);
        assert_eq!(errors(r#"[{"user": {}}]"#), r#"{"body": ["must be an object"]}"#);
    }

    #[test]
    fn missing_and_double_fields_are_named() {
        assert_eq!(errors("{}"), r#"{"user": ["is missing"]}"#);
        assert_eq!(errors(r#"{"user": {"password": "a", "password": "b"}}"#), r#"{"password": ["is there twice"]}"#);
    }

    #[test]
    fn what_is_no_json_says_where() {
        for json in ["", "{", "{\"user\": {}} x", "\u{1}", &"[".repeat(1_000)] {
            assert!(errors(json).contains("body is no valid JSON") || json.starts_with("[["), "{json}");
        }
        assert!(parse::<Object<Outer>>(b"{\"user\": {\"password\": \"\xff\"}}").is_err());
    }

    #[test]
    fn media_types_of_json_are_json() {
        assert!(
            is_json("application/json") && is_json("Application/JSON; charset=utf-8") && is_json("application/x+json")
        );
        assert!(!is_json("text/plain") && !is_json(""));
    }
}
