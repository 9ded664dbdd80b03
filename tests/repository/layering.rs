//! Which way dependencies point, and the shape of the source.

use std::path::{Path, PathBuf};

use bloghub::functions;

use crate::{file, root};

/// The Rust files below a folder of the repository, with their text up to their tests.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                found.push((path.strip_prefix(root()).unwrap().to_owned(), code));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no source");
    found
}

/// The first line of code, comments aside, that names one of `words`.
fn naming(code: &str, words: &[&str]) -> Option<String> {
    let line = code.lines().find(|line| {
        let code = line.split("//").next().unwrap_or_default();
        words.iter().any(|word| code.contains(word))
    });
    line.map(str::to_owned)
}

#[track_caller]
fn forbid(folder: &str, except: &[&str], words: &[&str]) {
    for (path, code) in sources(folder) {
        if except.iter().any(|name| path.ends_with(Path::new(name))) {
            continue;
        }
        assert_eq!(naming(&code, words), None, "{}", path.display());
    }
}

#[test]
fn the_domain_knows_nobody() {
    forbid(
        "shared/src/domain",
        &[],
        &["ports", "adapters", "crate::http", "crate::config", "aws_sdk", "axum", "redis"],
    );
}

#[test]
fn ports_know_the_domain_only() {
    forbid("shared/src/ports", &[], &["adapters", "crate::http", "crate::config", "aws_sdk", "axum", "redis::"]);
}

#[test]
fn adapters_know_no_http_of_ours() {
    forbid("shared/src/adapters", &[], &["crate::http", "axum", "lambda_http"]);
}

#[test]
fn functions_name_adapters_in_their_wiring_only() {
    forbid("functions", &["wiring.rs"], &["adapters", "aws_sdk", "redis", "dynamodb"]);
}

#[test]
fn only_config_reads_the_environment() {
    for folder in ["shared/src", "functions", "local/src"] {
        forbid(folder, &["config/reader.rs"], &["env::var", "env::vars"]);
    }
}

/// The names of all functions, behind routes or not.
fn names() -> impl Iterator<Item = &'static str> {
    let behind_routes = functions::all().into_iter().map(|entry| entry.name);
    behind_routes.chain(functions::workers().into_iter().map(|worker| worker.name))
}

#[test]
fn a_functions_main_is_at_most_15_lines() {
    for name in names() {
        let lines = file(&format!("functions/{name}/src/main.rs")).lines().count();
        assert!(lines <= 15, "{name} has {lines}");
    }
}

/// What the source of a function says of it first.
fn first_line(name: &str) -> String {
    file(&format!("functions/{name}/src/lib.rs")).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_functions_first_line_says_what_it_answers() {
    for entry in functions::all() {
        let first = first_line(entry.name);
        assert!(first.starts_with("//! `") && first.contains("/api/"), "{}: {first}", entry.name);
    }
}

#[test]
fn a_workers_first_line_says_what_triggers_it_and_what_it_promises() {
    for worker in functions::workers() {
        let first = first_line(worker.name);
        let trigger = first.split(": ").next().unwrap_or_default().to_lowercase();
        let known = ["stream", "queue", "schedule"].iter().any(|kind| trigger.contains(kind));
        assert!(known && first.contains(": "), "{}: {first}", worker.name);
    }
}

#[test]
fn versions_stand_in_the_workspace_only() {
    for folder in ["functions", "shared", "local", "tests", "bench"] {
        let mut folders = vec![root().join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.file_name().is_some_and(|name| name == "Cargo.toml") {
                    let manifest = std::fs::read_to_string(&path).unwrap();
                    let sections = manifest.split("\n[").filter(|section| section.contains("dependencies]\n"));
                    let version = |line: &&str| line.contains("version = \"") || line.contains(" = \"");
                    let own = sections.flat_map(|section| section.lines().skip(1)).find(version);
                    assert_eq!(own, None, "{}", path.display());
                }
            }
        }
    }
}
