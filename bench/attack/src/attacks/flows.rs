//! Logins by way of a provider, whose way back is used again, is another one's, or comes with a cookie that nobody gave out. The
//! provider is no help: it confirms each time anew.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};

use super::leaving::{Leaving, back, succeeded};
use crate::{Result, Tally, Target, Tokens, providers::WAYS};

const PARALLEL: usize = 20;

pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    let (_, account) = target.victim().await?;
    for way in WAYS {
        let [victim, attacker] = ["victim", "attacker"].map(|who| format!("{who}-{}", target.number()));
        let used = Leaving::to_log_in(target, way).await?;
        used.land(target, &victim).await?;
        let theirs = Leaving::to_log_in(target, way).await?;
        let own = Leaving::to_log_in(target, way).await?;

        let mut tries = vec![
            ("a way back that was used", used.cookie.clone(), used.back(target, &victim)),
            ("a way back that was used, by somebody else", used.cookie.clone(), used.back(target, &attacker)),
            ("another's way back, without a cookie", String::new(), theirs.back(target, &victim)),
            ("another's way back, with one's own cookie", own.cookie.clone(), theirs.back(target, &victim)),
            ("one's own way back, in another's browser", theirs.cookie.clone(), own.back(target, &attacker)),
        ];
        let other = WAYS.into_iter().find(|other| *other != way).ok_or("there is but one way")?;
        let elsewhere = own.back(target, &attacker).replacen(way, other, 1);
        tries.push(("the way back of another provider", own.cookie.clone(), elsewhere));
        for state in ["", "x", &"A".repeat(43)] {
            tries.push(("a state that is none", own.cookie.clone(), with_state(&own.back(target, &attacker), state)));
        }
        for cookie in forged(&own.cookie, &account.access)? {
            tries.push(("a cookie that nobody gave out", cookie, own.back(target, &attacker)));
        }
        for (what, cookie, path) in &tries {
            let answer = back(target, cookie, path).await?;
            tally.tried(succeeded(&answer), || format!("{way}: {what}, {cookie}, {path}: {answer:?}"));
        }
        for (leaving, who) in [(theirs, &victim), (own, &attacker)] {
            let lands = leaving.land(target, who).await;
            tally.tried(lands.is_err(), || format!("{way}: a forgery keeps {who} out"));
        }

        let raced = Leaving::to_log_in(target, way).await?;
        let paths: Vec<_> = (0..PARALLEL).map(|_| raced.back(target, &attacker)).collect();
        let answers = join_all(paths.iter().map(|path| back(target, &raced.cookie, path))).await;
        let mut landed = 0;
        for answer in answers {
            landed += usize::from(succeeded(&answer?));
            tally.tried(landed > 1, || format!("{way}: one state is good for two logins"));
        }
        links(target, way, &mut tally).await?;
    }
    Ok(tally)
}

/// Identities that shall be added to an account whose owner does not want them, or is not there any more.
async fn links(target: &Target, way: &'static str, tally: &mut Tally) -> Result<()> {
    let ((_, victim), (_, attacker)) = (target.victim().await?, target.victim().await?);
    let own = Leaving::to_link(target, way, &attacker.access).await?;
    let identity = format!("attacker-{}", target.number());
    // Whoever is lured to the attacker's way back adds their identity to the attacker's account.
    let lured = back(target, "", &own.back(target, &identity)).await?;
    tally.tried(succeeded(&lured), || format!("{way}: another's link, without a cookie: {lured:?}"));
    for cookie in forged(&own.cookie, &victim.access)? {
        let answer = back(target, &cookie, &own.back(target, &identity)).await?;
        tally.tried(succeeded(&answer), || format!("{way}: a link by {cookie}: {answer:?}"));
    }
    let ended = Leaving::to_link(target, way, &victim.access).await?;
    let out = target.client().ask(Method::POST, "/api/sessions/logout", Some(&victim.access), &Value::Null).await?;
    if out.status != 204 {
        return Err(format!("no logout: {out:?}").into());
    }
    let late = back(target, &ended.cookie, &ended.back(target, &identity)).await?;
    tally.tried(succeeded(&late), || format!("{way}: a link outlives its session: {late:?}"));
    let path = format!("/api/user/identities/{way}");
    let begun = target.client().ask(Method::POST, &path, Some(&victim.access), &Value::Null).await?;
    tally.tried(begun.status < 400, || format!("{way}: a link begins after the logout"));
    // What was refused has added nothing to anybody.
    let stranger = Leaving::to_log_in(target, way).await?.land(target, &identity).await?;
    let login = super::leaving::exchange(target, &stranger.cookie, &stranger.code).await?;
    let tokens = Tokens::of(&login).ok_or_else(|| format!("no login: {login:?}"))?;
    let newcomer = claim(&tokens.access, "sub")?;
    for (whose, token) in [("the victim", &victim.access), ("the attacker", &attacker.access)] {
        let linked = claim(token, "sub")? == newcomer;
        tally.tried(linked, || format!("{way}: a refused link leads to the account of {whose}"));
    }
    Ok(())
}

/// What an access token says.
fn claim(token: &str, name: &str) -> Result<Value> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).ok_or("no token")?)?;
    Ok(serde_json::from_slice::<Value>(&claims)?[name].take())
}

/// The way back with this state instead.
fn with_state(path: &str, state: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("state=")).collect();
    format!("{path}?{}&state={state}", pairs.join("&"))
}

/// What somebody makes of a good cookie who has no key: other claims under the tag that it has, such as that an identity shall be added
/// to the account of which `token` is; good claims under other tags.
fn forged(good: &str, token: &str) -> Result<Vec<String>> {
    let (name, value) = good.split_once('=').ok_or("no cookie")?;
    let (payload, tag) = value.split_once('.').ok_or("a cookie without a tag")?;
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload)?)?;
    let changed = |field: &str, value: Value| {
        let mut claims = claims.clone();
        claims[field] = value;
        BASE64_URL_SAFE_NO_PAD.encode(claims.to_string())
    };
    let payloads = [
        changed("x", json!(4_102_444_800_u32)),
        changed("l", json!([claim(token, "sub")?, claim(token, "sid")?])),
        changed("l", Value::Null),
        changed("t", json!("oidc/other")),
        changed("admin", json!(true)),
    ];
    let mut values: Vec<_> = payloads.iter().map(|payload| format!("{payload}.{tag}")).collect();
    let short = tag.get(..tag.len() - 2).ok_or("a short tag")?;
    let tagged = |payload: &str, key: &[u8]| {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), payload.as_bytes());
        format!("{payload}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag.as_ref()))
    };
    values.extend([
        payload.to_owned(),
        format!("{payload}."),
        format!(".{tag}"),
        format!("{payload}.{short}"),
        format!("{payload}.{tag}.{tag}"),
        format!("{payload}.{}", BASE64_URL_SAFE_NO_PAD.encode([0; 32])),
        tagged(payload, b""),
        tagged(payload, b"bloghub"),
    ]);
    Ok(values.iter().map(|value| format!("{name}={value}")).collect())
}
