//! Tokens that must and must not be accepted.

use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn identity() -> Identity {
    Identity { user_id: UserId::new(NOW, [1; 10]), session_id: SessionId::new(NOW, [2; 10]) }
}

fn keys() -> PrivateKeys {
    PrivateKeys::generate("a").unwrap()
}

fn sign(keys: &PrivateKeys) -> String {
    JwtSigner::new(keys, Duration::from_secs(900)).sign(identity(), NOW).unwrap()
}

fn later(secs: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(secs))
}

#[test]
fn a_token_is_good_until_it_expires() {
    let keys = keys();
    let (token, verifier) = (sign(&keys), JwtVerifier::new(&keys.public()));
    assert_eq!(verifier.verify(&token, NOW).map(|access| access.identity), Some(identity()));
    assert_eq!(verifier.verify(&token, later(899)).map(|access| access.identity), Some(identity()));
    assert_eq!(verifier.verify(&token, later(906)), None);
}

#[test]
fn a_token_from_the_future_is_refused() {
    let keys = keys();
    assert_eq!(
        JwtVerifier::new(&keys.public()).verify(&sign(&keys), Timestamp::from_millis(NOW.as_millis() - 6_000)),
        None
    );
}

#[test]
fn keys_of_all_three_algorithms_sign_and_verify() {
    let eddsa = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    for (alg, key) in [("EdDSA", BASE64_STANDARD.encode(eddsa.as_ref())), ("HS256", BASE64_STANDARD.encode([7; 32]))] {
        let keys = PrivateKeys::parse(&json!([{"kid": "k", "alg": alg, "key": key}]).to_string()).unwrap();
        assert_eq!(
            JwtVerifier::new(&keys.public()).verify(&sign(&keys), NOW).map(|access| access.identity),
            Some(identity()),
            "{alg}"
        );
    }
}

#[test]
fn an_old_key_still_verifies_after_a_new_one_signs() {
    let (old, new) = (keys(), PrivateKeys::generate("b").unwrap());
    let both = PrivateKeys([new.0, old.0.clone()].concat());
    let verifier = JwtVerifier::new(&both.public());
    assert_eq!(verifier.verify(&sign(&old), NOW).map(|access| access.identity), Some(identity()));
    assert_eq!(verifier.verify(&sign(&both), NOW).map(|access| access.identity), Some(identity()));
}

/// Signs any header and claims with `keys`' first key.
fn forge(keys: &PrivateKeys, header: Value, claims: Value) -> String {
    ring_jwt::install();
    let message = format!(
        "{}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(header.to_string()),
        BASE64_URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let key = EncodingKey::from_ec_der(&decode(&keys.0[0]).unwrap());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::ES256).unwrap();
    format!("{message}.{signature}")
}

#[test]
fn what_is_not_exactly_an_access_token_of_ours_is_refused() {
    let keys = keys();
    let verifier = JwtVerifier::new(&keys.public());
    let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": "a"});
    let claims = json!({
        "iss": "bloghub", "aud": "bloghub", "sub": identity().user_id, "sid": identity().session_id,
        "iat": NOW.as_secs(), "exp": NOW.as_secs() + 60,
    });
    let with = |base: &Value, name: &str, value: Value| {
        let mut changed = base.clone();
        changed[name] = value;
        changed
    };
    assert_eq!(
        verifier.verify(&forge(&keys, header.clone(), claims.clone()), NOW).map(|access| access.identity),
        Some(identity()),
        "the base is good"
    );

    let forged = [
        ("no algorithm", forge(&keys, with(&header, "alg", json!("none")), claims.clone())),
        ("another algorithm", forge(&keys, with(&header, "alg", json!("HS256")), claims.clone())),
        ("another type", forge(&keys, with(&header, "typ", json!("JWT")), claims.clone())),
        ("an unknown key", forge(&keys, with(&header, "kid", json!("b")), claims.clone())),
        ("no key", forge(&keys, json!({"alg": "ES256", "typ": "at+jwt"}), claims.clone())),
        ("another's signature under our key's name", sign(&PrivateKeys::generate("a").unwrap())),
        ("another audience", forge(&keys, header.clone(), with(&claims, "aud", json!("other")))),
        ("another issuer", forge(&keys, header.clone(), with(&claims, "iss", json!("other")))),
        ("no expiry", forge(&keys, header.clone(), with(&claims, "exp", Value::Null))),
        ("a subject that is no user", forge(&keys, header.clone(), with(&claims, "sub", json!("1")))),
        ("no signature", sign(&keys).rsplit_once('.').unwrap().0.to_owned() + "."),
        ("nothing", String::new()),
        ("a refresh token", "A".repeat(86)),
    ];
    for (what, token) in forged {
        assert_eq!(verifier.verify(&token, NOW), None, "{what}");
    }
}

#[test]
fn a_token_signed_with_the_public_key_as_a_secret_is_refused() {
    ring_jwt::install();
    let keys = keys();
    let public = &keys.public().0[0];
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("a".to_owned());
    header.typ = Some(TYPE.to_owned());
    let claims = json!({
        "iss": "bloghub", "aud": "bloghub", "sub": identity().user_id, "sid": identity().session_id,
        "iat": NOW.as_secs(), "exp": NOW.as_secs() + 60,
    });
    let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&decode(public).unwrap())).unwrap();
    assert_eq!(JwtVerifier::new(&keys.public()).verify(&token, NOW), None);
}

#[test]
fn keys_that_are_none_are_refused_without_being_repeated() {
    let secret = "c2VjcmV0c2VjcmV0";
    for json in [
        String::new(),
        "[]".to_owned(),
        json!([{"kid": "a", "alg": "ES256", "key": secret}]).to_string(),
        json!([{"kid": "a", "alg": "HS256", "key": secret}]).to_string(),
        json!([{"kid": "a", "alg": "RS256", "key": secret}]).to_string(),
        json!([{"kid": "a", "alg": "ES256", "key": "?"}]).to_string(),
        format!(r#"[{{"kid": "a", "key": {secret}}}]"#),
    ] {
        let refusal = PrivateKeys::parse(&json).expect_err(&json);
        assert!(!refusal.contains(secret), "{refusal}");
    }
}
