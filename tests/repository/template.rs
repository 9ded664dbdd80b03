//! `template.yaml` against the code: neither can gain or lose a route, a permission or a variable alone.

use std::collections::{BTreeMap, BTreeSet};

use bloghub::{
    functions::{self, Entry, WorkerEntry},
    template::{FunctionDefinition, Template},
};
use shared::{
    config::Seen,
    ports::permission::{Permission, Resource},
};
use utoipa::openapi::path::Operation;

/// The resource of a function: `sms-code` is `SmsCodeFunction`.
pub(crate) fn resource(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(word).collect::<String>() + "Function"
}

/// A function, behind routes or not, with its definition in the template.
struct Deployed {
    name: &'static str,
    permissions: Vec<Permission>,
    settings: Vec<Seen>,
    definition: FunctionDefinition,
}

/// Each function with its definition in the template, those behind routes first.
fn deployed() -> Vec<Deployed> {
    let mut definitions = Template::read().unwrap().functions();
    let mut definition = |name| {
        let definition = definitions.remove(&resource(name));
        definition.unwrap_or_else(|| panic!("{} is not in the template", resource(name)))
    };
    let mut deployed = Vec::new();
    for Entry { name, permissions, settings, .. } in functions::all() {
        let (permissions, settings) = (permissions(), settings());
        deployed.push(Deployed { name, permissions, settings, definition: definition(name) });
    }
    for WorkerEntry { name, permissions, settings, .. } in functions::workers() {
        let (permissions, settings) = (permissions(), settings());
        deployed.push(Deployed { name, permissions, settings, definition: definition(name) });
    }
    assert!(definitions.is_empty(), "the template has functions that the code has not: {:?}", definitions.keys());
    deployed
}

/// The routes that a function's router has, as the template writes them. A router answers HEAD where it answers GET.
fn routes(entry: &Entry) -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for (path, item) in (entry.openapi)().paths.paths {
        let methods: [(&str, &Option<Operation>); 5] = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("PATCH", &item.patch),
            ("DELETE", &item.delete),
        ];
        for (method, _) in methods.into_iter().filter(|(_, operation)| operation.is_some()) {
            routes.insert(format!("{method} {path}"));
            if method == "GET" {
                routes.insert(format!("HEAD {path}"));
            }
        }
    }
    routes
}

#[test]
fn each_function_has_its_routers_routes_in_the_template() {
    let mut definitions = Template::read().unwrap().functions();
    for entry in functions::all() {
        let definition = definitions.remove(&resource(entry.name)).unwrap();
        let mut expected = routes(&entry);
        if entry.name == "fallback" {
            expected.insert("$default".to_owned());
        }
        assert_eq!(definition.routes.iter().cloned().collect::<BTreeSet<_>>(), expected, "{}", entry.name);
    }
}

#[test]
fn each_function_is_granted_what_its_ports_do_and_no_more() {
    for Deployed { name, permissions, definition, .. } in deployed() {
        let mut expected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for permission in permissions {
            let (resource, service) = match permission.resource {
                Resource::Table(table) => (format!("{table:?}Table"), "dynamodb"),
                Resource::Index(table) => (format!("${{{table:?}Table.Arn}}/index/*"), "dynamodb"),
                Resource::Queue(queue) => (format!("{queue:?}Queue"), "sqs"),
            };
            expected.entry(resource).or_default().insert(format!("{service}:{}", permission.action));
        }
        let granted = definition.grants.into_iter().map(|(table, actions)| (table, actions.into_iter().collect()));
        assert_eq!(granted.collect::<BTreeMap<_, BTreeSet<_>>>(), expected, "{name}");
    }
}

#[test]
fn each_function_is_given_the_variables_that_it_reads() {
    /// What Lambda itself sets, what only an emulator needs, and what the template gives to all.
    const OTHERS: [&str; 12] = [
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_SQS",
        "CORS_ORIGINS",
        "LOG_LEVEL",
        "RATE_LIMITS",
        "RATE_LIMIT_QUOTAS",
        "TRUSTED_PROXIES",
    ];
    for Deployed { name, settings, definition, .. } in deployed() {
        let read = settings.into_iter().map(|seen| seen.name.to_owned());
        let expected: BTreeSet<_> = read.filter(|name| !OTHERS.contains(&name.as_str())).collect();
        assert_eq!(definition.variables.into_iter().collect::<BTreeSet<_>>(), expected, "{name}");
    }
}

#[test]
fn each_function_is_packaged_from_its_own_folder() {
    for Deployed { name, definition, .. } in deployed() {
        assert_eq!(definition.code, format!("target/lambda/{name}/"));
    }
}

#[test]
fn functions_that_hash_passwords_have_a_whole_core_and_the_others_the_default() {
    for Deployed { name, definition, .. } in deployed() {
        let hashes = ["signup", "login", "password-reset", "profile"].contains(&name);
        assert_eq!(definition.memory, hashes.then_some(1_769), "{name}");
    }
}

#[test]
fn functions_with_the_cache_or_the_search_domain_are_in_the_network_and_the_others_outside() {
    for Deployed { name, definition, .. } in deployed() {
        let inside = definition.variables.iter().any(|name| name == "REDIS_URL" || name == "SEARCH_URL");
        assert_eq!(definition.in_vpc, inside, "{name}");
    }
}

#[test]
fn every_table_is_protected() {
    let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(&crate::file("template.yaml")).unwrap();
    let tables: Vec<_> = template["Resources"]
        .as_mapping()
        .unwrap()
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::DynamoDB::Table")
        .collect();
    assert_eq!(tables.len(), 7);
    for (name, table) in tables {
        let properties = &table["Properties"];
        assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST", "{name:?}");
        assert_eq!(properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{name:?}");
        assert_eq!(properties["SSESpecification"]["SSEEnabled"], true, "{name:?}");
        assert!(!properties["DeletionProtectionEnabled"].is_null(), "{name:?}");
        assert_eq!(table["DeletionPolicy"], "Retain", "{name:?}");
    }
}

#[test]
fn no_function_has_a_way_out_of_the_network_but_the_gateway_endpoint() {
    let template = crate::file("template.yaml");
    for way_out in ["AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "VpcEndpointType: Interface"] {
        assert!(!template.contains(way_out), "{way_out}");
    }
    assert!(template.contains("VpcEndpointType: Gateway"));
}
