//! `bloghub admin grant`, beside a running program and over a stopped one's data.

use serde_json::{Value, json};

use crate::support::{Api, Ended, Running, Sandbox};

async fn grant(sandbox: &Sandbox, user: &str, role: &str) -> Ended {
    let arguments = ["admin", "grant", user, role, "--data", "data"];
    Running::start(sandbox, sandbox.bloghub(&arguments)).end().await
}

async fn role(user: &Api) -> Value {
    user.get("/api/user").await.expect(200)["user"]["role"].clone()
}

/// What the user is answered who gives somebody a role.
async fn give(user: &Api, name: &str, role: &str) -> u16 {
    user.put(&format!("/api/users/{name}/role"), json!({ "role": role })).await.status
}

#[tokio::test]
async fn a_role_that_is_granted_beside_the_running_program_holds_at_once() {
    let sandbox = Sandbox::new();
    let (running, api) = Running::bloghub(&sandbox, "data").await;
    let ada = api.sign_up("ada").await;
    // The session is remembered, and so is that she is an author.
    assert_eq!(role(&ada).await, "author");
    assert_eq!(give(&ada, "ada", "moderator").await, 403);
    let ended = grant(&sandbox, "ADA", "admin").await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{ended:?}");
    assert_eq!(role(&ada).await, "admin");
    assert_eq!(give(&ada, "ada", "moderator").await, 200);
    assert_eq!(give(&ada, "ada", "admin").await, 403);
    running.interrupt().await;
}

#[tokio::test]
async fn a_role_that_is_granted_while_the_program_is_stopped_is_there_when_it_starts() {
    let sandbox = Sandbox::new();
    let (running, api) = Running::bloghub(&sandbox, "data").await;
    let ada = api.sign_up("ada").await;
    running.interrupt().await;
    let ended = grant(&sandbox, "ada", "admin").await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let (running, api) = Running::bloghub(&sandbox, "data").await;
    let ada = api.with_token(ada.token.as_deref().unwrap());
    assert_eq!(role(&ada).await, json!("admin"));
    running.interrupt().await;
}

#[tokio::test]
async fn what_cannot_be_granted_is_said_and_changes_nothing() {
    let sandbox = Sandbox::new();
    let nowhere = grant(&sandbox, "ada", "admin").await;
    assert_eq!(nowhere.code, Some(1), "{nowhere:?}");
    assert!(nowhere.stderr.contains("holds no data of bloghub"), "{nowhere:?}");
    assert!(!sandbox.path("data").exists(), "a folder was made");

    let (running, api) = Running::bloghub(&sandbox, "data").await;
    let ada = api.sign_up("ada").await;
    for (user, as_what, code, said) in
        [("eve", "admin", 1, "there is no user eve"), ("ada", "king", 2, "must be reader, author")]
    {
        let ended = grant(&sandbox, user, as_what).await;
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.stderr.contains(said), "{ended:?}");
    }
    assert_eq!(role(&ada).await, "author");
    running.interrupt().await;
}
