//! More than one's role allows: by asking for it, by the body of other requests, and on what others own.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Result, Tally, Target, target::email};

pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    let client = target.client();
    let ((name, own), (victim, theirs)) = (target.victim().await?, target.victim().await?);
    let role = async |token: &str| -> Result<Value> {
        Ok(client.ask(Method::GET, "/api/user", Some(token), &Value::Null).await?.body["user"]["role"].clone())
    };
    for wanted in ["moderator", "admin"] {
        for whose in [&name, &victim] {
            let path = format!("/api/users/{whose}/role");
            let answer = client.ask(Method::PUT, &path, Some(&own.access), &json!({ "role": wanted })).await?;
            tally.tried(answer.status != 403, || format!("{wanted} for {whose}: {answer:?}"));
        }
        client.ask(Method::PUT, "/api/user", Some(&own.access), &json!({"user": {"role": wanted, "bio": "x"}})).await?;
        tally.tried(role(&own.access).await? != "author", || format!("{wanted} by way of the account"));
        let new = format!("new-{}", target.number());
        let user = json!({"user": {"username": new, "email": email(&new), "password": "a rope for all of you", "role": wanted}});
        let answer = client.ask(Method::POST, "/api/users", None, &user).await?;
        tally.tried(answer.body["user"]["role"] != "author", || format!("{wanted} by signing up: {answer:?}"));
    }
    let article = json!({"article": {"title": "Knots", "description": "Three", "body": "Bowline"}});
    let made = client.ask(Method::POST, "/api/articles", Some(&theirs.access), &article).await?;
    let slug = made.body["article"]["slug"].as_str().ok_or("no article")?.to_owned();
    let sessions = client.ask(Method::GET, "/api/sessions", Some(&theirs.access), &Value::Null).await?;
    let session = sessions.body["sessions"][0]["id"].as_str().ok_or("no session")?.to_owned();
    for (method, path, body, refused) in [
        ("PUT", format!("/api/articles/{slug}"), json!({"article": {"body": "Mine"}}), 403),
        ("DELETE", format!("/api/articles/{slug}"), Value::Null, 403),
        ("POST", format!("/api/articles/{slug}/withdraw"), Value::Null, 403),
        ("DELETE", format!("/api/sessions/{session}"), Value::Null, 404),
    ] {
        let answer = client.ask(method.parse()?, &path, Some(&own.access), &body).await?;
        tally.tried(answer.status != refused, || format!("{method} {path}: {answer:?}"));
    }
    tally.tried(!client.gets_in(&theirs.access).await?, || "the victim is out".to_owned());
    Ok(tally)
}
