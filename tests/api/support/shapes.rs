//! The complete shapes of what the API answers: every field, its type, and nothing else.

use serde_json::Value;

type Shape = &'static [(&'static str, &'static str)];

const USER: Shape = &[
    ("bio", "string or null"),
    ("email", "string"),
    ("image", "string or null"),
    ("phone", "string or null"),
    ("role", "string"),
    ("token", "string"),
    ("username", "string"),
];

const LOGIN: Shape = &[
    ("bio", "string or null"),
    ("email", "string"),
    ("expiresIn", "integer"),
    ("image", "string or null"),
    ("phone", "string or null"),
    ("refreshToken", "string"),
    ("role", "string"),
    ("token", "string"),
    ("username", "string"),
];

const PROFILE: Shape =
    &[("bio", "string or null"), ("following", "boolean"), ("image", "string or null"), ("username", "string")];

const COUNTED_PROFILE: Shape = &[
    ("bio", "string or null"),
    ("followersCount", "integer"),
    ("following", "boolean"),
    ("followingCount", "integer"),
    ("image", "string or null"),
    ("username", "string"),
];

const ARTICLE: Shape = &[
    ("author", "profile"),
    ("body", "string"),
    ("collected", "boolean"),
    ("collectsCount", "integer"),
    ("commentsCount", "integer"),
    ("createdAt", "time"),
    ("description", "string"),
    ("favorited", "boolean"),
    ("favoritesCount", "integer"),
    ("readsCount", "integer"),
    ("slug", "slug"),
    ("tagList", "strings"),
    ("title", "string"),
    ("updatedAt", "time"),
];

const DRAFT: Shape = &[
    ("body", "string"),
    ("createdAt", "time"),
    ("description", "string"),
    ("id", "string"),
    ("slug", "slug or null"),
    ("tagList", "strings"),
    ("title", "string"),
    ("updatedAt", "time"),
    ("version", "integer"),
];

/// A draft with its text.
#[track_caller]
pub(crate) fn expect_draft(draft: &Value) {
    expect(draft, DRAFT.iter().copied());
}

/// A draft in a list, without its text.
#[track_caller]
pub(crate) fn expect_draft_summary(draft: &Value) {
    expect(draft, DRAFT.iter().copied().filter(|(name, _)| *name != "body"));
}

const COMMENT: Shape = &[
    ("author", "profile or null"),
    ("body", "string"),
    ("createdAt", "time"),
    ("deleted", "boolean"),
    ("id", "integer"),
    ("parentId", "integer or null"),
    ("replies", "comments"),
    ("repliesCount", "integer"),
    ("replyTo", "profile or null"),
    ("rootId", "integer or null"),
    ("updatedAt", "time"),
];

/// One's own account.
#[track_caller]
pub(crate) fn expect_user(user: &Value) {
    expect(user, USER.iter().copied());
}

/// One's own account with the tokens of a login.
#[track_caller]
pub(crate) fn expect_login(user: &Value) {
    expect(user, LOGIN.iter().copied());
    // The shortest life of an access token that can be configured.
    assert!(user["expiresIn"].as_u64().unwrap() >= 60, "{user}");
}

/// What anyone sees of a user, with how many follow and are followed.
#[track_caller]
pub(crate) fn expect_counted_profile(profile: &Value) {
    expect(profile, COUNTED_PROFILE.iter().copied());
}

/// What anyone sees of a user beside what they wrote.
#[track_caller]
fn expect_profile(profile: &Value) {
    expect(profile, PROFILE.iter().copied());
}

/// An article with its text.
#[track_caller]
pub(crate) fn expect_article(article: &Value) {
    expect(article, ARTICLE.iter().copied());
}

/// An article in a list, without its text.
#[track_caller]
pub(crate) fn expect_summary(article: &Value) {
    expect(article, ARTICLE.iter().copied().filter(|(name, _)| *name != "body"));
}

/// A comment with whatever replies it shows.
#[track_caller]
pub(crate) fn expect_comment(comment: &Value) {
    expect(comment, COMMENT.iter().copied());
}

/// An address: words of lower-case ASCII letters and digits, joined by single hyphens.
pub(crate) fn is_slug(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.split('-').all(word)
}

/// These fields with their types, and whatever else.
#[track_caller]
pub(crate) fn expect_fields(object: &Value, fields: &[(&str, &str)]) {
    for (name, kind) in fields {
        assert!(is(&object[*name], kind), "{name} is no {kind}: {object}");
    }
}

#[track_caller]
fn expect(object: &Value, shape: impl Iterator<Item = (&'static str, &'static str)>) {
    let shape: Vec<_> = shape.collect();
    let mut names: Vec<_> =
        object.as_object().unwrap_or_else(|| panic!("{object} is no object")).keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, shape.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (name, kind) in shape {
        assert!(is(&object[name], kind), "{name} is no {kind}: {}", object[name]);
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "string or null" => value.is_string() || value.is_null(),
        "strings" => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "integer or null" => value.is_u64() || value.is_null(),
        "comments" => {
            value.as_array().into_iter().flatten().for_each(expect_comment);
            value.is_array()
        }
        "profile or null" => value.is_null() || is(value, "profile"),
        "slug" => value.as_str().is_some_and(is_slug),
        "slug or null" => value.is_null() || is(value, "slug"),
        "time" => value.as_str().is_some_and(is_time),
        "profile" => {
            expect_profile(value);
            true
        }
        other => panic!("no kind of value is called {other}"),
    }
}

/// RFC 3339 in UTC with milliseconds, such as `2026-01-31T23:59:59.000Z`.
fn is_time(text: &str) -> bool {
    let form = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    form.eq("0000-00-00T00:00:00.000Z".bytes())
}
