//! Generated documents, and what the documents say of the code.

use std::collections::{BTreeMap, BTreeSet};

use bloghub::functions;

use crate::{file, root, triggers};

#[test]
fn the_checked_in_api_description_is_the_codes() {
    assert!(bloghub::openapi().unwrap() == file("openapi.json"), "openapi.json is out of date: run `make openapi`");
}

#[test]
fn the_checked_in_page_of_settings_is_the_codes() {
    let page = bloghub::configuration();
    assert!(page == file("docs/configuration.md"), "docs/configuration.md is out of date: run `make openapi`");
}

#[test]
fn every_post_takes_an_idempotency_key_or_needs_none() {
    // Done again, they do nothing more.
    let states = [
        "CreateArticleFavorite",
        "CollectArticle",
        "FollowUserByUsername",
        "LogOut",
        "LogOutEverywhere",
        "LogOutOthers",
    ];
    // Their answers hold secrets, which are not kept. A second sign-up is refused, a second login is a session more.
    let secrets = ["CreateUser", "Login", "LoginByCode", "RefreshSession", "ExchangeLoginCode"];
    // Asked for again, it is another, and refused for a minute; and each is good once.
    let codes = ["SendLoginCode", "SendPhoneCode", "SendPasswordResetCode", "ResetPassword"];
    // A browser has one login under way: begun again, it takes the place of the one before.
    let begun = ["LinkWeChat", "LinkOidc"];
    let api: serde_json::Value = serde_json::from_str(&file("openapi.json")).unwrap();
    let posts = api["paths"].as_object().unwrap().values().filter_map(|item| item.get("post"));
    let takes_a_key = |post: &serde_json::Value| {
        post["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == "Idempotency-Key")
    };
    let without: BTreeSet<_> =
        posts.filter(|post| !takes_a_key(post)).filter_map(|post| post["operationId"].as_str()).collect();
    assert_eq!(without, states.into_iter().chain(secrets).chain(codes).chain(begun).collect());
}

/// The rows `| route | function | test |` of a README, each cell without its link and backquotes.
fn rows(readme: &str) -> BTreeSet<(String, String, String)> {
    let plain = |cell: &str| cell.trim().trim_start_matches('[').split(']').next().unwrap_or_default().replace('`', "");
    let row = |line: &str| {
        let cells: Vec<_> = line.split('|').map(plain).collect();
        match cells.as_slice() {
            [_, route, function, test, _] if route.contains(" /api/") => {
                Some((route.clone(), function.clone(), test.clone()))
            }
            _ => None,
        }
    };
    readme.lines().filter_map(row).collect()
}

#[test]
fn both_readmes_list_every_route_with_its_function_and_its_test() {
    let mut expected = BTreeSet::new();
    for entry in functions::all() {
        let (source, test) = (format!("functions/{}", entry.name), format!("tests/api/{}.rs", entry.name));
        for path in [&source, &test] {
            assert!(root().join(path).exists(), "{path}");
        }
        for (path, item) in (entry.openapi)().paths.paths {
            let methods = [
                ("GET", item.get),
                ("POST", item.post),
                ("PUT", item.put),
                ("PATCH", item.patch),
                ("DELETE", item.delete),
            ];
            for (method, _) in methods.into_iter().filter(|(_, operation)| operation.is_some()) {
                expected.insert((format!("{method} {path}"), source.clone(), test.clone()));
            }
        }
    }
    for readme in ["README.md", "README.zh-CN.md"] {
        assert_eq!(rows(&file(readme)), expected, "{readme}");
    }
}

/// The rows `| trigger | function | test |` of a README: the function, with what its trigger and its test say.
fn worker_rows(readme: &str) -> BTreeMap<String, (String, String)> {
    let row = |line: &str| {
        let cells: Vec<_> = line.split('|').collect();
        let [_, trigger, function, test, _] = cells.as_slice() else { return None };
        let name = function.split_once("[`functions/")?.1.split('`').next()?;
        (!trigger.contains(" /api/")).then(|| (name.to_owned(), ((*trigger).to_owned(), (*test).to_owned())))
    };
    readme.lines().filter_map(row).collect()
}

#[test]
fn both_readmes_list_every_worker_with_its_trigger_and_its_test() {
    for readme in ["README.md", "README.zh-CN.md"] {
        let rows = worker_rows(&file(readme));
        let names: BTreeSet<_> = functions::workers().into_iter().map(|worker| worker.name.to_owned()).collect();
        assert_eq!(rows.keys().cloned().collect::<BTreeSet<_>>(), names, "{readme}");
        for (name, (trigger, test)) in rows {
            for source in triggers::sources(&name) {
                assert!(trigger.contains(&format!("`{source}`")), "{readme}: {name} is triggered by {source}");
            }
            assert!(test.contains("]("), "{readme}: {name} has no test");
        }
    }
}

/// Links of a document to files of the repository.
fn links(text: &str) -> Vec<String> {
    let target = |part: &str| part.split(')').next().map(|link| link.split('#').next().unwrap_or_default().to_owned());
    let links = text.split("](").skip(1).filter_map(target);
    links.filter(|link| !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:")).collect()
}

#[test]
fn every_link_in_a_document_leads_somewhere() {
    let mut documents = vec![root().join("README.md"), root().join("README.zh-CN.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                documents.push(path);
            }
        }
    }
    for document in documents {
        for link in links(&std::fs::read_to_string(&document).unwrap()) {
            let target = document.parent().unwrap().join(&link);
            assert!(target.exists(), "{} links to {link}, which is not there", document.display());
        }
    }
}
