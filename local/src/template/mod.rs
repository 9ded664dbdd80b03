//! What `template.yaml` says: tables, queues, functions with their routes and permissions, and what calls the functions that
//! no route calls. The program reads the very template that is deployed, so that the two cannot differ.

mod properties;
mod queues;
mod sources;

use std::{collections::BTreeMap, time::Duration};

pub use queues::{QueueDefinition, Redrive};
pub use sources::{QueueSource, ScheduleService, ScheduleSource, Sources, StartingPosition, StreamSource};

use serde_yaml_ng::Value;

use crate::StartError;

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// A table of the template.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDefinition {
    /// The table's resource, such as `UsersTable`.
    pub resource: String,
    /// `KeySchema`, `AttributeDefinitions` and, if there are any, `GlobalSecondaryIndexes`, as DynamoDB's `CreateTable` takes them.
    pub properties: serde_json::Value,
    /// What the records of its change stream show, such as `NEW_AND_OLD_IMAGES`, if it has one.
    pub stream: Option<String>,
    /// The attribute by which items expire, if any.
    pub time_to_live: Option<String>,
}

/// A function of the template.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FunctionDefinition {
    /// Its routes, such as `GET /api/tags`; `$default` is what no other route takes.
    pub routes: Vec<String>,
    /// Actions by the table's resource, such as `UsersTable` → `dynamodb:GetItem`.
    pub grants: BTreeMap<String, Vec<String>>,
    /// Its environment variables.
    pub variables: Vec<String>,
    /// Where its package is.
    pub code: String,
    /// MB.
    pub memory: Option<u64>,
    /// Whether it runs in the VPC.
    pub in_vpc: bool,
}

/// The template.
#[derive(Debug, Clone)]
pub struct Template(Value);

impl Template {
    /// The template that this program was built with.
    ///
    /// # Errors
    /// [`StartError::Template`] if it is no YAML.
    pub fn read() -> Result<Self, StartError> {
        Self::parse(TEMPLATE)
    }

    /// Another template.
    ///
    /// # Errors
    /// [`StartError::Template`] if it is no YAML.
    pub fn parse(text: &str) -> Result<Self, StartError> {
        serde_yaml_ng::from_str(text).map(Self).map_err(|error| StartError::Template(error.to_string()))
    }

    fn resources(&self, kind: &'static str) -> impl Iterator<Item = (String, &Value)> {
        let resources = self.0["Resources"].as_mapping().into_iter().flatten();
        resources
            .filter(move |(_, resource)| resource["Type"] == *kind)
            .filter_map(|(name, resource)| Some((name.as_str()?.to_owned(), &resource["Properties"])))
    }

    /// The tables.
    ///
    /// # Errors
    /// [`StartError::Template`] if a table's keys are not plain values.
    pub fn tables(&self) -> Result<Vec<TableDefinition>, StartError> {
        let table = |(resource, properties): (String, &Value)| {
            let plain =
                |name| serde_json::to_value(&properties[name]).map_err(|error| StartError::Template(error.to_string()));
            let mut keys = serde_json::json!({
                "KeySchema": plain("KeySchema")?,
                "AttributeDefinitions": plain("AttributeDefinitions")?,
            });
            if !properties["GlobalSecondaryIndexes"].is_null() {
                keys["GlobalSecondaryIndexes"] = plain("GlobalSecondaryIndexes")?;
            }
            let time_to_live = properties["TimeToLiveSpecification"]["AttributeName"].as_str().map(str::to_owned);
            let stream = properties["StreamSpecification"]["StreamViewType"].as_str().map(str::to_owned);
            Ok(TableDefinition { resource, properties: keys, stream, time_to_live })
        };
        self.resources("AWS::DynamoDB::Table").map(table).collect()
    }

    /// How long a call of the function `name`, such as `change-relay`, may take.
    pub fn timeout(&self, name: &str) -> Duration {
        let own = self
            .resources("AWS::Serverless::Function")
            .find(|(resource, _)| resource.strip_suffix("Function").map(kebab).as_deref() == Some(name));
        let own = own.and_then(|(_, properties)| properties["Timeout"].as_u64());
        let seconds = own.or_else(|| self.0["Globals"]["Function"]["Timeout"].as_u64());
        // Lambda's own default.
        Duration::from_secs(seconds.unwrap_or(3))
    }

    /// The functions by resource, such as `SignupFunction`.
    pub fn functions(&self) -> BTreeMap<String, FunctionDefinition> {
        self.resources("AWS::Serverless::Function")
            .map(|(resource, properties)| (resource, function(properties)))
            .collect()
    }
}

fn function(properties: &Value) -> FunctionDefinition {
    let events = properties["Events"].as_mapping().into_iter().flatten();
    let requests = events.filter(|(_, event)| event["Type"] == "HttpApi");
    let route = |event: &Value| match (event["Properties"]["Method"].as_str(), event["Properties"]["Path"].as_str()) {
        (_, Some("$default")) | (None, None) => "$default".to_owned(),
        (method, path) => format!("{} {}", method.unwrap_or("ANY").to_uppercase(), path.unwrap_or("?")),
    };
    let statements = properties["Policies"].as_sequence().into_iter().flatten();
    let statements = statements.flat_map(|policy| policy["Statement"].as_sequence().into_iter().flatten());
    let texts = |value: &Value| -> Vec<String> {
        let many = value.as_sequence().into_iter().flatten().filter_map(Value::as_str);
        many.chain(value.as_str()).map(str::to_owned).collect()
    };
    let grant = |statement: &Value| (attribute_of(&statement["Resource"]), texts(&statement["Action"]));
    let variables = properties["Environment"]["Variables"].as_mapping().into_iter().flatten();
    FunctionDefinition {
        routes: requests.map(|(_, event)| route(event)).collect(),
        grants: statements.map(grant).collect(),
        variables: variables.filter_map(|(name, _)| name.as_str().map(str::to_owned)).collect(),
        code: properties["CodeUri"].as_str().unwrap_or_default().to_owned(),
        memory: properties["MemorySize"].as_u64(),
        in_vpc: !properties["VpcConfig"].is_null(),
    }
}

/// The resource of `!GetAtt UsersTable.Arn`, however it is written.
fn attribute_of(value: &Value) -> String {
    let text = match value {
        Value::Tagged(tagged) => tagged.value.as_str().unwrap_or_default(),
        other => other.as_str().unwrap_or_default(),
    };
    text.strip_suffix(".Arn").unwrap_or(text).to_owned()
}

/// `properties` as plain JSON: a `!Ref` of a parameter is the parameter's default, and what another tag such as `!GetAtt` or `!Sub`
/// is about stands for itself.
fn plain(properties: &Value, parameters: &Value) -> Result<serde_json::Value, String> {
    fn untag(value: &Value, parameters: &Value) -> Value {
        match value {
            Value::Tagged(tagged) => {
                let parameter =
                    tagged.value.as_str().filter(|_| tagged.tag == "Ref").and_then(|name| parameters.get(name));
                untag(parameter.and_then(|parameter| parameter.get("Default")).unwrap_or(&tagged.value), parameters)
            }
            Value::Sequence(items) => items.iter().map(|item| untag(item, parameters)).collect(),
            Value::Mapping(fields) => {
                let field = |(name, value): (&Value, &Value)| (name.clone(), untag(value, parameters));
                Value::Mapping(fields.iter().map(field).collect())
            }
            other => other.clone(),
        }
    }
    serde_json::to_value(untag(properties, parameters)).map_err(|error| error.to_string())
}

impl Template {
    /// `properties` as `T` knows them; what it does not know is an error that names `whose` they are.
    fn known<T: serde::de::DeserializeOwned>(&self, whose: &str, properties: &Value) -> Result<T, StartError> {
        let read = plain(properties, &self.0["Parameters"]);
        let read = read.and_then(|json| serde_json::from_value(json).map_err(|error| error.to_string()));
        read.map_err(|problem| StartError::Template(format!("{whose}: {problem}")))
    }
}

/// `ChangeRelay` in kebab case: `change-relay`.
pub(crate) fn kebab(name: &str) -> String {
    separated(name, '-').to_lowercase()
}

/// `CacheEvict` as a variable's name begins: `CACHE_EVICT`.
pub(crate) fn upper_snake(name: &str) -> String {
    separated(name, '_').to_uppercase()
}

fn separated(name: &str, separator: char) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(separator);
        }
        words.push(letter);
    }
    words
}
