//! What `template.yaml` says: the tables and the functions with their routes and permissions. The program reads the very
//! template that is deployed, so that the two cannot differ.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use crate::StartError;

const TEMPLATE: &str = include_str!("../../template.yaml");

/// A table of the template.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDefinition {
    /// The table's resource, such as `UsersTable`.
    pub resource: String,
    /// `KeySchema` and `AttributeDefinitions`, as DynamoDB's `CreateTable` takes them.
    pub properties: serde_json::Value,
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
pub struct Template(Value);

impl Template {
    /// The template that this program was built with.
    ///
    /// # Errors
    /// [`StartError::Template`] if it is no YAML.
    pub fn read() -> Result<Self, StartError> {
        serde_yaml_ng::from_str(TEMPLATE).map(Self).map_err(|error| StartError::Template(error.to_string()))
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
            let keys = serde_json::json!({
                "KeySchema": plain("KeySchema")?,
                "AttributeDefinitions": plain("AttributeDefinitions")?,
            });
            let time_to_live = properties["TimeToLiveSpecification"]["AttributeName"].as_str().map(str::to_owned);
            Ok(TableDefinition { resource, properties: keys, time_to_live })
        };
        self.resources("AWS::DynamoDB::Table").map(table).collect()
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
        routes: events.filter(|(_, event)| event["Type"] == "HttpApi").map(|(_, event)| route(event)).collect(),
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
