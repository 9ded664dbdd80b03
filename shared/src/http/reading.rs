//! How what anyone may read is answered: to strangers with an ETag and a short life in shared caches, to who is logged in for
//! their eyes alone.

use std::{
    convert::Infallible,
    io,
    sync::{Mutex, PoisonError},
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::FromRequestParts,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
    request::Parts,
};
use ring::digest::{Context, SHA256};
use serde::Serialize;

/// Shared caches may answer in our place for 2 seconds, browsers ask each time.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=0, s-maxage=2");
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");

/// Headers that an answer has at the most, as a rule.
const HEADERS: usize = 12;

/// An answer whose content has an ETag.
pub trait Content: Serialize {
    /// Sets what moves without a change of the content to nothing: an ETag must not change with each like.
    fn forget_counts(&mut self);
}

/// An answer to strangers, ready to be sent.
#[derive(Debug, Clone)]
struct Rendered {
    etag: HeaderValue,
    body: Bytes,
}

impl Rendered {
    /// `content` as JSON. Its ETag is weak, as it leaves out the counts, and is the beginning of the SHA-256 of the rest.
    ///
    /// # Errors
    /// A type that has no JSON form.
    fn of(mut content: impl Content) -> serde_json::Result<Self> {
        let body = serde_json::to_vec(&content)?.into();
        content.forget_counts();
        let mut hash = Hash(Context::new(&SHA256));
        serde_json::to_writer(&mut hash, &content)?;
        let hash: String = hash.0.finish().as_ref()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
        let etag = HeaderValue::try_from(format!("W/\"{hash}\"")).expect("hexadecimal digits may stand in a header");
        Ok(Self { etag, body })
    }
}

/// An answer that is the same for everyone, whoever they are, ready to be sent.
#[derive(Debug)]
pub struct Ready(Rendered);

impl Ready {
    /// `content` as JSON.
    ///
    /// # Errors
    /// A type that has no JSON form.
    pub fn of(content: impl Content) -> serde_json::Result<Self> {
        Rendered::of(content).map(Self)
    }
}

/// An answer to strangers, kept beside what it is made of: it is rendered once for all of them. `V` are the versions of what else
/// it is made of; when they move, it is rendered anew.
#[derive(Debug)]
pub struct Kept<V>(Mutex<Option<(V, Rendered)>>);

impl<V> Default for Kept<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Kept<V> {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }
}

impl<V: PartialEq> Kept<V> {
    /// The answer of `versions`, or else what `content` makes.
    fn get_or<C: Content>(&self, versions: V, content: impl FnOnce() -> C) -> serde_json::Result<Rendered> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, rendered)) = kept().as_ref().filter(|(of, _)| *of == versions) {
            return Ok(rendered.clone());
        }
        let rendered = Rendered::of(content())?;
        *kept() = Some((versions, rendered.clone()));
        Ok(rendered)
    }
}

struct Hash(Context);

impl io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a reader wants to be answered.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Whether the request says who it is from. What it is answered is for them alone.
    pub personal: bool,
    known: Option<HeaderValue>,
}

impl Reading {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut all = headers.get_all(IF_NONE_MATCH).iter();
        // More than one such header is a list; whoever sends one gets the whole answer.
        let known = all.next().filter(|_| all.next().is_none()).cloned();
        Self { personal: headers.contains_key(AUTHORIZATION), known }
    }

    /// `content`, or that it is what the reader has already.
    pub fn answer(&self, content: impl Content) -> Response {
        if self.personal {
            return ([(CACHE_CONTROL, PRIVATE)], Json(content)).into_response();
        }
        match Rendered::of(content) {
            Ok(rendered) => self.answer_rendered(rendered),
            Err(error) => super::ApiError::Internal(error.into()).into_response(),
        }
    }

    /// As [`answer`](Self::answer), for `content` that is the same for all strangers as long as `versions` are.
    pub fn answer_kept<V: PartialEq, C: Content>(
        &self,
        kept: &Kept<V>,
        versions: V,
        content: impl FnOnce() -> C,
    ) -> Response {
        if self.personal {
            return self.answer(content());
        }
        match kept.get_or(versions, content) {
            Ok(rendered) => self.answer_rendered(rendered),
            Err(error) => super::ApiError::Internal(error.into()).into_response(),
        }
    }

    /// Answers what everybody is answered, or that it is what this reader has already. A token makes no difference to what is in it; as
    /// everywhere, what comes with one is kept by no cache.
    pub fn answer_ready(&self, Ready(rendered): &Ready) -> Response {
        if self.personal {
            let headers = [(CACHE_CONTROL, PRIVATE), (CONTENT_TYPE, HeaderValue::from_static("application/json"))];
            return (headers, rendered.body.clone()).into_response();
        }
        self.answer_rendered(rendered.clone())
    }

    /// What strangers are answered, or that it is what this one has already.
    fn answer_rendered(&self, Rendered { etag, body }: Rendered) -> Response {
        let known = self.known.as_ref().is_some_and(|known| names(known, &etag));
        let (status, body) =
            if known { (StatusCode::NOT_MODIFIED, Body::empty()) } else { (StatusCode::OK, body.into()) };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        // With those that surround every answer: a map that grows moves all that it has.
        headers.reserve(HEADERS);
        headers.insert(ETAG, etag);
        headers.insert(CACHE_CONTROL, PUBLIC);
        headers.insert(VARY, HeaderValue::from_static("authorization"));
        if !known {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        response
    }
}

/// Whether `If-None-Match` names `etag`, weakly compared (RFC 9110, 13.1.2).
fn names(known: &HeaderValue, etag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let (Ok(known), Ok(etag)) = (known.to_str(), etag.to_str()) else { return false };
    known.trim() == "*" || known.split(',').any(|known| opaque(known) == opaque(etag))
}

impl<S: Sync> FromRequestParts<S> for Reading {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Thing {
        name: &'static str,
        likes: u64,
    }

    impl Content for Thing {
        fn forget_counts(&mut self) {
            self.likes = 0;
        }
    }

    fn reading(headers: &[(http::HeaderName, &str)]) -> Reading {
        Reading::of(&headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect())
    }

    fn header(response: &Response, name: http::HeaderName) -> Option<&str> {
        response.headers().get(name).map(|value| value.to_str().unwrap())
    }

    #[test]
    fn an_etag_stays_with_the_content_whatever_its_counts_do() {
        let etag = |name, likes| Rendered::of(Thing { name, likes }).unwrap().etag;
        assert_eq!(etag("a", 1), etag("a", 2));
        assert_ne!(etag("a", 1), etag("b", 1));
    }

    #[test]
    fn who_has_it_already_is_told_so_and_others_get_it() {
        let first = reading(&[]).answer(Thing { name: "a", likes: 1 });
        assert_eq!((first.status(), header(&first, CACHE_CONTROL)), (StatusCode::OK, PUBLIC.to_str().ok()));
        let etag = header(&first, ETAG).unwrap();
        let several = format!("\"x\" , {}", etag.trim_start_matches("W/"));
        for (known, status) in [(etag, 304), (&several, 304), ("*", 304), ("\"x\"", 200), ("", 200)] {
            let answer = reading(&[(IF_NONE_MATCH, known)]).answer(Thing { name: "a", likes: 2 });
            assert_eq!(answer.status(), status, "{known}");
            assert_eq!(header(&answer, ETAG), Some(etag), "{known}");
            assert_eq!(header(&answer, VARY), Some("authorization"), "{known}");
        }
    }

    #[test]
    fn what_is_kept_is_rendered_once_and_again_when_it_is_made_of_something_else() {
        let (kept, made) = (Kept::default(), std::cell::Cell::new(0));
        let content = || {
            made.set(made.get() + 1);
            Thing { name: "a", likes: made.get() }
        };
        for (versions, times) in [((1, 1), 1), ((1, 1), 1), ((1, 2), 2), ((1, 2), 2), ((1, 1), 3)] {
            let answer = reading(&[]).answer_kept(&kept, versions, content);
            assert_eq!((answer.status(), made.get()), (StatusCode::OK, times), "{versions:?}");
        }
        let own = reading(&[(AUTHORIZATION, "Token x")]).answer_kept(&kept, (1, 1), content);
        assert_eq!((header(&own, CACHE_CONTROL), made.get()), (PRIVATE.to_str().ok(), 4));
    }

    #[tokio::test]
    async fn what_is_the_same_for_everyone_is_sent_as_it_is_and_with_a_token_kept_by_no_cache() {
        let ready = Ready::of(Thing { name: "a", likes: 1 }).unwrap();
        let (other, own) = (reading(&[]), reading(&[(AUTHORIZATION, "Token x"), (IF_NONE_MATCH, "*")]));
        let (other, own) = (other.answer_ready(&ready), own.answer_ready(&ready));
        assert_eq!(
            (header(&other, CACHE_CONTROL), header(&other, VARY)),
            (PUBLIC.to_str().ok(), Some("authorization"))
        );
        let again = reading(&[(IF_NONE_MATCH, header(&other, ETAG).unwrap())]).answer_ready(&ready);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!((own.status(), header(&own, CACHE_CONTROL)), (StatusCode::OK, PRIVATE.to_str().ok()));
        assert_eq!((header(&own, ETAG), header(&own, CONTENT_TYPE)), (None, Some("application/json")));
        let bytes = |answer: Response| axum::body::to_bytes(answer.into_body(), usize::MAX);
        assert_eq!(bytes(own).await.unwrap(), bytes(other).await.unwrap());
    }

    #[test]
    fn what_is_answered_to_somebody_in_particular_is_kept_by_no_cache() {
        let answer = reading(&[(AUTHORIZATION, "Token x"), (IF_NONE_MATCH, "*")]).answer(Thing { name: "a", likes: 1 });
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!((header(&answer, CACHE_CONTROL), header(&answer, ETAG)), (PRIVATE.to_str().ok(), None));
    }
}
