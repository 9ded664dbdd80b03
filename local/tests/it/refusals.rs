//! What keeps the program from starting: one clear line each, exit status 1, and nothing left running.

use std::{fs, net::TcpListener, process::Command};

use crate::support::{Running, Sandbox, free_ports};

/// Runs `command`, which must refuse to start; answers its one line without `bloghub: `.
async fn refusal(sandbox: &Sandbox, command: Command) -> String {
    let ended = Running::start(sandbox, command).end().await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stdout, "");
    let line = ended.stderr.strip_prefix("bloghub: ").and_then(|line| line.strip_suffix('\n'));
    line.filter(|line| !line.contains('\n')).unwrap_or_else(|| panic!("not one line: {}", ended.stderr)).to_owned()
}

/// The same in a sandbox where nothing else runs, and nothing may remain.
async fn lonely_refusal(sandbox: &Sandbox, command: Command) -> String {
    let line = refusal(sandbox, command).await;
    sandbox.expect_empty().await;
    line
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let sandbox = Sandbox::new();
    let holder = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let line = lonely_refusal(&sandbox, sandbox.bloghub(&["--port", &port, "--data", "data"])).await;
    assert!(line.contains(&format!("port {port} is taken")), "{line}");
    assert!(!sandbox.path("data").exists());
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written_is_named() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("file"), "").unwrap();
    for data in ["file/data", "file"] {
        let line = lonely_refusal(&sandbox, sandbox.bloghub(&["--port", "0", "--data", data])).await;
        assert!(line.contains("cannot write the data folder") && line.contains(data), "{line}");
    }
}

#[tokio::test]
async fn a_data_folder_in_use_is_named_and_its_user_goes_on() {
    let sandbox = Sandbox::new();
    let (_running, api) = Running::bloghub(&sandbox, "data").await;
    let ada = api.sign_up("ada").await;
    for subcommand in ["run", "services"] {
        let mut command = sandbox.bloghub(&[subcommand, "--data", "data"]);
        if subcommand == "run" {
            command.args(["--port", "0"]);
        }
        let line = refusal(&sandbox, command).await;
        assert!(line.contains(&sandbox.text("data")) && line.contains("in use"), "{line}");
    }
    ada.get("/api/user").await.expect(200);
    ada.publish("Undisturbed", &[]).await;
}

#[tokio::test]
async fn a_folder_with_others_files_is_named_and_left_as_it_was() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("thesis")).unwrap();
    fs::write(sandbox.path("thesis/chapter.txt"), "It was a dark and stormy night").unwrap();
    let line = lonely_refusal(&sandbox, sandbox.bloghub(&["--port", "0", "--data", "thesis"])).await;
    assert!(line.contains(&sandbox.text("thesis")) && line.contains("did not make"), "{line}");
    assert_eq!(fs::read_dir(sandbox.path("thesis")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_missing_redis_server_is_named_with_the_cure() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("empty")).unwrap();
    let mut command = sandbox.bloghub(&["--port", "0", "--data", "data"]);
    command.env("PATH", sandbox.path("empty"));
    let line = lonely_refusal(&sandbox, command).await;
    assert!(line.contains("redis-server is not installed") && line.contains("apt-get install"), "{line}");
    // Cured, the folder that was begun is as good as a new one.
    let (running, _) = Running::bloghub(&sandbox, "data").await;
    running.interrupt().await;
}

#[tokio::test]
async fn a_redis_server_that_does_not_start_is_named_with_its_log() {
    let sandbox = Sandbox::new();
    let bin = sandbox.script("redis-server", "echo 'no such option'; exit 1");
    let mut command = sandbox.bloghub(&["--port", "0", "--data", "data"]);
    command.env("PATH", bin);
    let line = lonely_refusal(&sandbox, command).await;
    let log = sandbox.text("data/redis/redis.log");
    assert!(line.contains("redis-server does not start") && line.contains(&log), "{line}");
    assert_eq!(fs::read_to_string(log).unwrap(), "no such option\n");
}

#[tokio::test]
async fn a_database_that_does_not_open_is_named() {
    let sandbox = Sandbox::new();
    let (running, _) = Running::bloghub(&sandbox, "data").await;
    running.interrupt().await;
    fs::write(sandbox.path("data/dynamodb.sqlite"), "no database at all, only words in a file").unwrap();
    let line = lonely_refusal(&sandbox, sandbox.bloghub(&["--port", "0", "--data", "data"])).await;
    assert!(line.contains("the database in") && line.contains(&sandbox.text("data")), "{line}");
}

#[tokio::test]
async fn all_malformed_settings_are_named_at_once() {
    let sandbox = Sandbox::new();
    for arguments in [&["--port", "0", "--data", "data"][..], &["services", "--data", "data"]] {
        let mut command = sandbox.bloghub(arguments);
        command.envs([("LOG_LEVEL", "loud"), ("ACCESS_TOKEN_TTL", "soon"), ("CORS_ORIGINS", "here")]);
        command.env("REDIS_URL", "redis://:xyzzy-plugh@host:no-port");
        let line = lonely_refusal(&sandbox, command).await;
        for name in ["LOG_LEVEL", "ACCESS_TOKEN_TTL", "CORS_ORIGINS", "REDIS_URL"] {
            assert_eq!(line.matches(name).count(), 1, "{name} in {line}");
        }
        assert!(!line.contains("xyzzy"), "{line}");
        // What cannot be, nothing is begun for.
        assert!(!sandbox.path("data").exists());
    }
}

#[tokio::test]
async fn a_port_that_is_none_is_named() {
    let sandbox = Sandbox::new();
    let mut by_variable = sandbox.bloghub(&["--data", "data"]);
    by_variable.env("BLOGHUB_PORT", "soon");
    for command in [by_variable, sandbox.bloghub(&["--port", "70000"])] {
        let ended = Running::start(&sandbox, command).end().await;
        // Wrong usage is told as every command-line program tells it.
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.stderr.contains("--port"), "{ended:?}");
    }
}

#[tokio::test]
async fn taken_ports_of_the_services_are_named() {
    let flags = ["--dynamodb-port", "--redis-port", "--sqs-port"];
    for flag in flags {
        let sandbox = Sandbox::new();
        let holder = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let taken = holder.local_addr().unwrap().port();
        let free: [u16; 3] = free_ports();
        let mut command = sandbox.bloghub(&["services", "--data", "data"]);
        for (own, free) in flags.iter().zip(free) {
            command.args([own, &*(if *own == flag { taken } else { free }).to_string()]);
        }
        let line = lonely_refusal(&sandbox, command).await;
        assert!(line.contains(&format!("port {taken} is taken")), "{flag}: {line}");
    }
}

#[tokio::test]
async fn a_redis_of_somebody_else_is_not_taken_for_ones_own() {
    let sandbox = Sandbox::new();
    let [first_dynamodb, second_dynamodb, redis] = free_ports().map(|port| port.to_string());
    let services = |data: &str, dynamodb: &str| {
        let mut command = sandbox.bloghub(&["services", "--dynamodb-port", dynamodb, "--redis-port", &redis]);
        command.args(["--sqs-port", "0"]);
        command.args(["--data", data, "--env-file", &format!("{data}.env")]);
        command
    };
    let mut first = Running::start(&sandbox, services("first", &first_dynamodb));
    first.says("ready").await;
    let line = refusal(&sandbox, services("second", &second_dynamodb)).await;
    assert!(line.contains(&format!("port {redis} is taken")), "{line}");
    assert!(!sandbox.path("second.env").exists());
}

#[tokio::test]
async fn an_environment_file_that_cannot_be_written_is_named() {
    let sandbox = Sandbox::new();
    let [dynamodb, redis] = free_ports().map(|port| port.to_string());
    let ports = ["--dynamodb-port", &dynamodb, "--redis-port", &redis, "--sqs-port", "0"];
    let command = sandbox.bloghub(&[&["services", "--data", "data", "--env-file", "none/.env"], &ports[..]].concat());
    let line = lonely_refusal(&sandbox, command).await;
    assert!(line.contains("cannot write none/.env"), "{line}");
}
