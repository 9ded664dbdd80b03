//! Tokens that nobody issued, by somebody who knows the public key, a good token of their own, and whom they want to be.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::Method;
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

use crate::{Result, Tally, Target, target::PASSWORD};

/// Routes that only somebody who is logged in may use, and lists that treat a bad token as an error.
const ROUTES: [(&str, &str); 5] = [
    ("GET", "/api/user"),
    ("GET", "/api/sessions"),
    ("GET", "/api/articles/feed"),
    ("POST", "/api/sessions/logout-all"),
    ("GET", "/api/articles"),
];

fn encoded(part: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(part.to_string())
}

fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn with(base: &Value, changes: &[(&str, Value)]) -> Value {
    let mut changed = base.clone();
    for (name, value) in changes {
        changed[*name] = value.clone();
    }
    changed
}

fn part(token: &str, number: usize) -> Result<Value> {
    let part = token.split('.').nth(number).ok_or("no such part of a token")?;
    Ok(serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part)?)?)
}

pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let ((name, victim), (_, own)) = (target.victim().await?, target.victim().await?);
    let (kid, public) = target.public_key().await?;
    let (header, claims) = (part(&victim.access, 0)?, part(&victim.access, 1)?);
    let parts: Vec<_> = own.access.split('.').collect();
    let [own_header, own_claims, own_signature] = *parts else { return Err("a token has three parts".into()) };
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(|_| "no randomness")?;
    let own_key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &SystemRandom::new())
        .map_err(|_| "no key")?;
    let ecdsa = |message: &[u8]| {
        own_key.sign(&SystemRandom::new(), message).map(|signature| signature.as_ref().to_vec()).unwrap_or_default()
    };
    let by_secret = |secret: &[u8]| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        move |message: &[u8]| hmac::sign(&key, message).as_ref().to_vec()
    };
    let point = own_key.public_key().as_ref();
    let jwk = json!({"kty": "EC", "crv": "P-256",
        "x": BASE64_URL_SAFE_NO_PAD.encode(&point[1..33]), "y": BASE64_URL_SAFE_NO_PAD.encode(&point[33..65])});
    let hs256 = with(&header, &[("alg", json!("HS256"))]);
    let none = |alg: &str| format!("{}.{}.", encoded(&with(&header, &[("alg", json!(alg))])), encoded(&claims));
    let mut tokens = vec![
        none("none"),
        none("None"),
        none(""),
        signed(&with(&header, &[("alg", json!("none"))]), &claims, ecdsa),
        signed(&hs256, &claims, by_secret(&public)),
        signed(&hs256, &claims, by_secret(BASE64_URL_SAFE_NO_PAD.encode(&public).as_bytes())),
        signed(&hs256, &claims, by_secret(b"")),
        signed(&hs256, &claims, by_secret(b"secret")),
        signed(&header, &claims, ecdsa),
        signed(&with(&header, &[("jwk", jwk.clone())]), &claims, ecdsa),
        signed(&with(&header, &[("jwk", jwk), ("kid", Value::Null)]), &claims, ecdsa),
        signed(&with(&header, &[("jku", json!("http://127.0.0.1:1/keys.json"))]), &claims, ecdsa),
        signed(&with(&header, &[("x5u", json!("http://127.0.0.1:1/cert.pem"))]), &claims, ecdsa),
        format!("{own_header}.{}.{own_signature}", encoded(&claims)),
        format!("{own_header}.{own_claims}.{}", BASE64_URL_SAFE_NO_PAD.encode([0; 64])),
        format!("{own_header}.{own_claims}."),
        format!("{own_header}.{own_claims}"),
        victim.refresh.clone(),
    ];
    for kid in ["../../dev/null", "' OR 1=1 --", "", "local\0", &format!("{kid} ")] {
        tokens.push(signed(&with(&header, &[("kid", json!(kid))]), &claims, ecdsa));
        tokens.push(signed(&with(&hs256, &[("kid", json!(kid))]), &claims, by_secret(b"")));
    }
    for change in [
        ("sub", claims["sid"].clone()),
        ("exp", json!(u32::MAX)),
        ("aud", json!(["bloghub", "other"])),
        ("iss", json!("other")),
        ("role", json!("admin")),
    ] {
        tokens.push(signed(&header, &with(&claims, &[change]), ecdsa));
    }
    let (client, mut tally) = (target.client(), Tally::default());
    for token in &tokens {
        for (method, path) in ROUTES {
            let answer = client.ask(method.parse()?, path, Some(token), &Value::Null).await?;
            tally.tried(answer.status != 401, || format!("{method} {path} with {token}: {answer:?}"));
        }
        let answer = client.refresh(token).await?;
        let its_own = *token == victim.refresh;
        if !its_own {
            tally.tried(answer.status < 400, || format!("refreshed with {token}"));
        }
    }
    tally.tried(!client.gets_in(&victim.access).await?, || "a forgery has logged the victim out".to_owned());
    let still = client.log_in(&name, PASSWORD).await?;
    tally.tried(still.status != 200, || format!("a forgery has locked the victim out: {still:?}"));
    tally.tried(client.refresh(&victim.access).await?.status < 400, || "an access token refreshes".to_owned());
    let read = client.ask(Method::GET, "/api/tags", Some("x"), &Value::Null).await?;
    tally.tried(read.status >= 500, || format!("a bad token is a fault: {read:?}"));
    Ok(tally)
}
