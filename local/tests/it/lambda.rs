//! The functions as Lambda runs them: each a process of its own, served by `cargo lambda watch` as the README shows.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    Api, PASSWORD, PATIENCE, Running, Sandbox, binaries, eventually, expect_none_of, free_ports, json_lines, repository,
};

/// How long cargo may take, should it find something to build or others that build.
const BUILD: Duration = Duration::from_secs(420);
/// What a function may do without though it has no default.
const OPTIONAL: [&str; 11] = [
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SQS",
    "LOGIN_REDIRECT_URL",
    "PUBLIC_URL",
    "SEARCH_URL",
    "TRUSTED_PROXIES",
    "SMS_COUNTRIES",
    "WECHAT_APP_ID",
    "WECHAT_APP_SECRET",
];

/// `cargo lambda`, run in the repository over what the tests were built into.
fn cargo_lambda(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = sandbox.command("cargo");
    command.current_dir(repository()).env("CARGO_TARGET_DIR", binaries().parent().unwrap());
    command.arg("lambda").args(arguments);
    command
}

async fn expect_cargo_lambda(sandbox: &Sandbox) {
    let ended = Running::start(sandbox, cargo_lambda(sandbox, &["--version"])).end().await;
    assert_eq!(
        ended.code,
        Some(0),
        "cargo-lambda is not on the PATH: run `make test`, which installs it. {}",
        ended.stderr
    );
}

/// The backing services and the functions over them, as a developer runs them.
struct Watched {
    services: Running,
    watch: Running,
    port: u16,
    environment: String,
}

impl Watched {
    async fn start(sandbox: &Sandbox) -> Self {
        expect_cargo_lambda(sandbox).await;
        let [dynamodb, redis, sqs, port] = free_ports();
        let environment = sandbox.text(".env.local");
        let mut command = sandbox.bloghub(&["services", "--data", "data", "--env-file", &environment]);
        command.args(["--dynamodb-port", &dynamodb.to_string(), "--redis-port", &redis.to_string()]);
        command.args(["--sqs-port", &sqs.to_string()]);
        let mut services = Running::start(sandbox, command);
        services.says("ready").await;
        let invoke = ["--invoke-address", "127.0.0.1", "--invoke-port", &port.to_string()];
        let watch = ["watch", "--env-file", &environment, "--ignore-changes", "--locked"];
        let watch = Running::start(sandbox, cargo_lambda(sandbox, &[&watch[..], &invoke].concat()));
        eventually("watch listens", PATIENCE, async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok())
            .await;
        Self { services, watch, port, environment }
    }

    /// What `function` answers to one of its sample events.
    async fn invoke(&self, sandbox: &Sandbox, function: &str, event: &str) -> Value {
        let port = self.port.to_string();
        let file = format!("events/{function}/{event}.json");
        let invoke =
            ["invoke", function, "--data-file", &file, "--invoke-address", "127.0.0.1", "--invoke-port", &port];
        let mut running = Running::start(sandbox, cargo_lambda(sandbox, &invoke));
        let ended = running.end_within(BUILD).await;
        assert_eq!(ended.code, Some(0), "{ended:?} {}", self.watch.stderr());
        serde_json::from_str(&ended.stdout).unwrap()
    }

    /// Stops both; answers what the functions logged.
    async fn stop(self, sandbox: &Sandbox) -> Vec<Value> {
        let watch = self.watch.interrupt().await;
        self.services.interrupt().await;
        sandbox.expect_empty().await;
        // Between their lines `watch` and cargo write lines of their own.
        let lines: Vec<_> =
            watch.stdout.lines().chain(watch.stderr.lines()).filter(|line| line.starts_with('{')).collect();
        json_lines(&lines.join("\n"))
    }
}

#[tokio::test]
async fn watch_serves_the_functions_to_sample_events_and_over_http_and_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let watched = Watched::start(&sandbox).await;

    let answer = watched.invoke(&sandbox, "signup", "ok").await;
    assert_eq!(answer["statusCode"], 201, "{answer}");
    assert_eq!(answer["headers"]["x-request-id"], "sample-signup-ok");
    let user: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let token = user["user"]["token"].as_str().unwrap();

    let face = |function: &str| Api::at(format!("http://127.0.0.1:{}/lambda-url/{function}", watched.port));
    let list = face("article").get("/api/articles").await.expect(200);
    assert_eq!(list, json!({"articles": [], "articlesCount": 0, "cursor": null}));
    let current = face("profile").with_token(token).get("/api/user").await.expect(200);
    assert_eq!(current["user"]["username"], "alice");
    face("login").get("/api/users").await.expect(404);

    let secrets = [PASSWORD, "alice@mail.example", token].map(str::to_owned);
    let environment = fs::read_to_string(&watched.environment).unwrap();
    assert!(environment.contains("JWT_KEYS='"), "{environment}");
    let lines = watched.stop(&sandbox).await;
    let of_signup: Vec<_> = lines.iter().filter(|line| line["requestId"] == "sample-signup-ok").collect();
    assert_eq!(of_signup.len(), 1, "{of_signup:?}");
    assert_eq!((&of_signup[0]["function"], &of_signup[0]["status"]), (&json!("signup"), &json!(201)));
    expect_none_of(&secrets, &Value::from(lines).to_string());
}

/// A function's program, as `cargo build --workspace` leaves it.
fn program(function: &str) -> PathBuf {
    let place = binaries().join(function);
    assert!(place.exists(), "{} is missing: run `cargo build --workspace`, or `make test`", place.display());
    place
}

/// The one line with which `function` refuses to start in this environment.
async fn refusal(function: &str, environment: &[(&str, &str)]) -> String {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(program(function));
    command.envs(environment.iter().copied());
    let ended = Running::start(&sandbox, command).end().await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""), "{ended:?}");
    let lines = json_lines(&ended.stdout);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["level"], &lines[0]["function"]), (&json!("ERROR"), &json!(function)));
    ended.stdout
}

#[tokio::test]
async fn a_function_without_configuration_names_every_missing_variable_in_one_line() {
    for function in bloghub::functions::all() {
        let settings = (function.settings)();
        let required = settings.iter().filter(|seen| seen.default.is_none() && !OPTIONAL.contains(&seen.name));
        let required: Vec<_> = required.map(|seen| seen.name).collect();
        if required.is_empty() {
            continue;
        }
        let line = refusal(function.name, &[]).await;
        for name in required {
            assert_eq!(line.matches(&format!("{name} is missing")).count(), 1, "{name} in {line}");
        }
    }
}

#[tokio::test]
async fn a_function_names_every_malformed_variable_and_repeats_no_secret() {
    let keys = json!([{"kid": "xyzzy", "alg": "HS256", "key": "eHl6enktcGx1Z2g="}, {"kid": "2", "alg": "xyzzy", "key": "xyzzy"}]);
    let keys = keys.to_string();
    let malformed = [
        ("JWT_KEYS", keys.as_str()),
        ("HMAC_KEY", "xyzzy"),
        ("REDIS_URL", "rediss://ada:xyzzy@cache.example:no-port-xyzzy"),
        ("AWS_ENDPOINT_URL", "xyzzy://ada:xyzzy@aws.example"),
        ("ACCESS_TOKEN_TTL", "xyzzy"),
        ("COMMON_PASSWORDS", "xyzzy"),
        ("LOG_LEVEL", "xyzzy"),
    ];
    let secret = [("AWS_SECRET_ACCESS_KEY", "xyzzy"), ("AWS_SESSION_TOKEN", "xyzzy")];
    for function in bloghub::functions::all() {
        let line = refusal(function.name, &[&malformed[..], &secret].concat()).await;
        for seen in (function.settings)().iter().filter(|seen| malformed.iter().any(|(name, _)| *name == seen.name)) {
            assert!(line.contains(seen.name), "{} is not named: {line}", seen.name);
        }
        for part in ["xyzzy", "eHl6enktcGx1Z2g"] {
            assert!(!line.contains(part), "{part} is in {line}");
        }
    }
}
