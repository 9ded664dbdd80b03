//! What the program tells of itself, and how it is told what to do.

use std::{fs, path::PathBuf};

use shared::config;

use crate::support::{Running, Sandbox, free_ports, json_lines};

/// Where the cache's program is on this machine.
fn redis_server() -> PathBuf {
    let path = config::variable("PATH").unwrap();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let places = ["redis-server", "valkey-server"].map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().flatten().find(|place| place.exists()).expect("redis-server or valkey-server is installed")
}

async fn help(arguments: &[&str]) -> String {
    let sandbox = Sandbox::new();
    let ended = Running::start(&sandbox, sandbox.bloghub(arguments)).end().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout
}

#[tokio::test]
async fn help_explains_port_data_and_the_subcommands() {
    let text = help(&["--help"]).await;
    for word in ["--port", "BLOGHUB_PORT", "3000", "--data", "BLOGHUB_DATA"] {
        assert!(text.contains(word), "{word} is missing in {text}");
    }
    for command in ["run", "services", "queues", "streams", "keys", "openapi", "configuration"] {
        let line = text.lines().find(|line| line.trim_start().starts_with(command));
        let explained = line.is_some_and(|line| line.split_whitespace().count() > 3);
        assert!(explained, "{command} is not explained in {text}");
    }
}

#[tokio::test]
async fn each_subcommand_explains_its_own_flags() {
    let services = help(&["services", "--help"]).await;
    for flag in ["--data", "--dynamodb-port", "--redis-port", "--sqs-port", "--env-file"] {
        assert!(services.contains(flag), "{flag} is missing in {services}");
    }
    assert!(help(&["run", "--help"]).await.contains("--port"));
    assert!(help(&["keys", "--help"]).await.contains("--kid"));
}

#[tokio::test]
async fn the_start_tells_the_address_and_the_data_folder() {
    let sandbox = Sandbox::new();
    let (running, api) = Running::bloghub(&sandbox, "some/data").await;
    let ready = format!("bloghub: ready on {} with its data in {}\n", api.url, sandbox.text("some/data"));
    assert_eq!(running.stderr(), ready);
    running.interrupt().await;
}

#[tokio::test]
async fn flags_and_variables_choose_port_and_data_alike() {
    let [by_flag, by_variable] = free_ports();
    let sandbox = Sandbox::new();
    let flags = sandbox.bloghub(&["run", "--port", &by_flag.to_string(), "--data", "flag"]);
    let mut variables = sandbox.bloghub(&[]);
    variables.env("BLOGHUB_PORT", by_variable.to_string()).env("BLOGHUB_DATA", "variable");
    for (command, port, data) in [(flags, by_flag, "flag"), (variables, by_variable, "variable")] {
        let (running, api) = Running::serving(&sandbox, command).await;
        assert_eq!(api.url, format!("http://127.0.0.1:{port}"));
        api.get("/api/tags").await.expect(200);
        assert!(running.stderr().contains(&sandbox.text(data)), "{}", running.stderr());
        assert!(sandbox.path(data).is_dir());
        running.interrupt().await;
    }
}

#[tokio::test]
async fn a_flag_goes_before_its_variable() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.bloghub(&["--port", "0", "--data", "flag"]);
    command.env("BLOGHUB_DATA", "variable");
    let (running, _) = Running::serving(&sandbox, command).await;
    assert!(sandbox.path("flag").is_dir() && !sandbox.path("variable").exists());
    running.interrupt().await;
}

#[tokio::test]
async fn an_empty_variable_counts_as_absent() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.bloghub(&["--port", "0"]);
    command.envs([("BLOGHUB_DATA", ""), ("LOG_LEVEL", ""), ("ACCESS_TOKEN_TTL", ""), ("REDIS_URL", "")]);
    let (running, _) = Running::serving(&sandbox, command).await;
    assert!(sandbox.path("data").is_dir());
    running.interrupt().await;
}

#[tokio::test]
async fn a_service_that_takes_its_time_is_waited_for_with_a_word() {
    let sandbox = Sandbox::new();
    // Two seconds more than it needs, as if it had much to load.
    let script = format!("sleep 2\nexec '{}' \"$@\"", redis_server().display());
    let bin = sandbox.script("redis-server", &script);
    let mut command = sandbox.bloghub(&["--port", "0", "--data", "data"]);
    command.env("PATH", format!("{}:{}", bin.display(), config::variable("PATH").unwrap()));
    let (running, api) = Running::serving(&sandbox, command).await;
    assert!(running.stderr().starts_with("bloghub: waiting for redis-server"), "{}", running.stderr());
    api.get("/api/tags").await.expect(200);
    running.interrupt().await;
}

#[tokio::test]
async fn valkey_does_where_there_is_no_redis() {
    let sandbox = Sandbox::new();
    let bin = sandbox.script("valkey-server", &format!("exec '{}' \"$@\"", redis_server().display()));
    let mut command = sandbox.bloghub(&["--port", "0", "--data", "data"]);
    command.env("PATH", &bin);
    let (running, api) = Running::serving(&sandbox, command).await;
    api.sign_up("ada").await.get("/api/user").await.expect(200);
    running.interrupt().await;
}

#[tokio::test]
async fn several_programs_do_not_disturb_each_other() {
    let sandbox = Sandbox::new();
    let (first, second, third) = tokio::join!(
        Running::bloghub(&sandbox, "first"),
        Running::bloghub(&sandbox, "second"),
        Running::bloghub(&sandbox, "third"),
    );
    // One name may be taken once in each, and each shows its own.
    for (index, (_, api)) in [&first, &second, &third].into_iter().enumerate() {
        let ada = api.sign_up("ada").await;
        ada.publish(&format!("In number {index}"), &[]).await;
    }
    let stranger = first.1.with_token(second.1.sign_up("eve").await.token.as_ref().unwrap());
    stranger.get("/api/user").await.expect(401);
    first.0.interrupt().await;
    for (index, (_, api)) in [(1, &second), (2, &third)] {
        let list = api.get("/api/articles").await.expect(200);
        assert_eq!(list["articlesCount"], 1);
        assert_eq!(list["articles"][0]["title"], format!("In number {index}"));
        api.log_in("ada").await.expect(200);
    }
}

#[tokio::test]
async fn only_log_lines_go_to_standard_output() {
    let sandbox = Sandbox::new();
    let (running, api) = Running::bloghub(&sandbox, "data").await;
    api.get("/api/tags").await.expect(200);
    let ended = running.interrupt().await;
    assert_eq!(json_lines(&ended.stdout).len(), 1, "{}", ended.stdout);
    assert!(ended.stderr.lines().all(|line| line.starts_with("bloghub: ")), "{}", ended.stderr);
}

#[cfg(unix)]
#[tokio::test]
async fn keys_and_the_environment_for_functions_are_for_nobody_else_to_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    let [dynamodb, redis, sqs] = free_ports().map(|port| port.to_string());
    let ports = ["--dynamodb-port", &dynamodb, "--redis-port", &redis, "--sqs-port", &sqs];
    let command = sandbox.bloghub(&[&["services", "--data", "data", "--env-file", ".env.local"], &ports[..]].concat());
    let mut running = Running::start(&sandbox, command);
    running.says("ready").await;
    for file in ["data/jwt-keys.json", "data/hmac-key", "data/addresses.json", ".env.local"] {
        let mode = fs::metadata(sandbox.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file} has mode {mode:o}");
    }
    running.interrupt().await;
}
