//! Filter patterns of event source mappings, the part of Lambda's language that a change stream needs: exact values, `prefix`,
//! `suffix`, `exists`, `numeric`, `anything-but`, `equals-ignore-case`, and `$or`. Whatever else is an error.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>

use serde_json::{Map, Value};

/// A pattern that records match or not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern(Vec<Condition>);

#[derive(Debug, Clone, PartialEq)]
enum Condition {
    /// The field's value is an object that matches.
    Within(String, Pattern),
    /// The field's value, or one of its elements, follows one of the rules.
    Field(String, Vec<Rule>),
    /// One of them matches.
    Any(Vec<Pattern>),
}

#[derive(Debug, Clone, PartialEq)]
enum Rule {
    Equals(Value),
    EqualsIgnoreCase(String),
    Prefix(String),
    Suffix(String),
    Exists(bool),
    Numeric(Vec<(Comparison, f64)>),
    AnythingBut(Vec<Rule>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What of it is not known.
    pub(crate) fn parse(pattern: &Value) -> Result<Self, String> {
        let fields = pattern.as_object().ok_or_else(|| format!("{pattern} is no object"))?;
        fields.iter().map(|(name, value)| condition(name, value)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether `record` matches.
    pub(crate) fn matches(&self, record: &Value) -> bool {
        self.0.iter().all(|condition| match condition {
            Condition::Within(name, pattern) => pattern.matches(&record[name]),
            Condition::Field(name, rules) => rules.iter().any(|rule| rule.holds(record.get(name))),
            Condition::Any(patterns) => patterns.iter().any(|pattern| pattern.matches(record)),
        })
    }
}

fn condition(name: &str, value: &Value) -> Result<Condition, String> {
    match value {
        Value::Array(patterns) if name == "$or" => {
            patterns.iter().map(Pattern::parse).collect::<Result<_, _>>().map(Condition::Any)
        }
        Value::Array(rules) => {
            let rules = rules.iter().map(rule).collect::<Result<_, _>>()?;
            Ok(Condition::Field(name.to_owned(), rules))
        }
        Value::Object(_) => Ok(Condition::Within(name.to_owned(), Pattern::parse(value)?)),
        other => Err(format!("{name} is {other}, neither a list nor an object")),
    }
}

fn rule(value: &Value) -> Result<Rule, String> {
    match value {
        Value::Object(comparison) => comparison_rule(comparison),
        Value::Array(_) => Err(format!("{value} is a list within a list")),
        literal => Ok(Rule::Equals(literal.clone())),
    }
}

fn comparison_rule(comparison: &Map<String, Value>) -> Result<Rule, String> {
    let mut entries = comparison.iter();
    let (Some((operator, operand)), None) = (entries.next(), entries.next()) else {
        return Err(format!("{} is not one comparison", Value::from(comparison.clone())));
    };
    let unknown = || format!("{operator} {operand} is not known here");
    let text = || operand.as_str().map(str::to_owned).ok_or_else(unknown);
    match operator.as_str() {
        "prefix" => Ok(Rule::Prefix(text()?)),
        "suffix" => Ok(Rule::Suffix(text()?)),
        "equals-ignore-case" => Ok(Rule::EqualsIgnoreCase(text()?.to_lowercase())),
        "exists" => operand.as_bool().map(Rule::Exists).ok_or_else(unknown),
        "numeric" => numeric(operand).ok_or_else(unknown),
        "anything-but" => {
            let others = operand.as_array().cloned().unwrap_or_else(|| vec![operand.clone()]);
            others.iter().map(rule).collect::<Result<_, _>>().map(Rule::AnythingBut)
        }
        _ => Err(unknown()),
    }
}

/// `[">", 0, "<=", 5]`.
fn numeric(operand: &Value) -> Option<Rule> {
    let bounds = operand.as_array()?;
    if bounds.is_empty() || !bounds.len().is_multiple_of(2) {
        return None;
    }
    let bound = |pair: &[Value]| {
        let comparison = match pair[0].as_str()? {
            "=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        };
        Some((comparison, pair[1].as_f64()?))
    };
    bounds.chunks(2).map(bound).collect::<Option<_>>().map(Rule::Numeric)
}

impl Rule {
    fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            // Only leaves exist.
            (Self::Exists(wanted), value) => value.is_some_and(|value| !value.is_object()) == *wanted,
            (_, None) => false,
            (Self::AnythingBut(others), Some(Value::Array(elements))) => {
                elements.iter().any(|element| !others.iter().any(|other| other.holds(Some(element))))
            }
            (_, Some(Value::Array(elements))) => elements.iter().any(|element| self.holds(Some(element))),
            (Self::AnythingBut(others), value) => !others.iter().any(|other| other.holds(value)),
            (Self::Equals(Value::Number(number)), Some(Value::Number(value))) => number.as_f64() == value.as_f64(),
            (Self::Equals(literal), Some(value)) => literal == value,
            (Self::EqualsIgnoreCase(text), Some(Value::String(value))) => *text == value.to_lowercase(),
            (Self::Prefix(prefix), Some(Value::String(value))) => value.starts_with(prefix),
            (Self::Suffix(suffix), Some(Value::String(value))) => value.ends_with(suffix),
            (Self::Numeric(bounds), Some(Value::Number(value))) => value
                .as_f64()
                .is_some_and(|value| bounds.iter().all(|(comparison, bound)| comparison.holds(value, *bound))),
            _ => false,
        }
    }
}

impl Comparison {
    #[allow(clippy::float_cmp, reason = "equality is what the pattern asks for")]
    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Equal => value == bound,
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
            Self::Greater => value > bound,
            Self::GreaterOrEqual => value >= bound,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(pattern: Value, record: Value) -> bool {
        Pattern::parse(&pattern).unwrap().matches(&record)
    }

    #[test]
    fn every_field_must_match_and_of_a_list_one_rule() {
        let pattern = json!({"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"sk": {"S": ["ARTICLE"]}}}});
        let record = |name: &str, sk: &str| json!({"eventName": name, "dynamodb": {"Keys": {"sk": {"S": sk}}}});
        assert!(matches(pattern.clone(), record("INSERT", "ARTICLE")));
        assert!(matches(pattern.clone(), record("MODIFY", "ARTICLE")));
        assert!(!matches(pattern.clone(), record("REMOVE", "ARTICLE")));
        assert!(!matches(pattern.clone(), record("INSERT", "REVISION")));
        assert!(!matches(pattern, json!({"eventName": "INSERT"})));
    }

    #[test]
    fn each_rule_takes_what_lambda_takes() {
        for (rules, value, expected) in [
            (json!([{"prefix": "REV#"}]), json!("REV#1"), true),
            (json!([{"prefix": "REV#"}]), json!(5), false),
            (json!([{"suffix": "#1"}]), json!("REV#1"), true),
            (json!([{"equals-ignore-case": "Rev"}]), json!("rEV"), true),
            (json!([{"anything-but": ["a", "b"]}]), json!("c"), true),
            (json!([{"anything-but": ["a", "b"]}]), json!("b"), false),
            (json!([{"anything-but": "a"}]), json!("a"), false),
            (json!([{"anything-but": {"prefix": "REV#"}}]), json!("REV#1"), false),
            (json!([{"anything-but": {"prefix": "REV#"}}]), json!("LIVE"), true),
            (json!([{"numeric": [">", 0, "<=", 5]}]), json!(5), true),
            (json!([{"numeric": [">", 0, "<=", 5]}]), json!(5.5), false),
            (json!([{"numeric": ["=", 1]}]), json!("1"), false),
            (json!([1]), json!(1.0), true),
            (json!([null]), json!(null), true),
            (json!(["a"]), json!(["b", "a"]), true),
            (json!([true]), json!(false), false),
        ] {
            assert_eq!(matches(json!({"x": rules}), json!({"x": value})), expected, "{rules} {value}");
        }
    }

    #[test]
    fn existence_is_a_matter_of_leaves() {
        let exists = |wanted: bool| json!({"a": {"b": [{"exists": wanted}]}});
        assert!(matches(exists(true), json!({"a": {"b": 1}})));
        assert!(!matches(exists(true), json!({"a": {"b": {}}})));
        assert!(matches(exists(false), json!({"a": {}})));
        assert!(matches(exists(false), json!({})));
        assert!(!matches(json!({"a": [{"anything-but": "x"}]}), json!({})));
    }

    #[test]
    fn or_is_an_alternative_beside_the_other_fields() {
        let pattern = json!({"a": [1], "$or": [{"b": [1]}, {"c": [1]}]});
        assert!(matches(pattern.clone(), json!({"a": 1, "c": 1})));
        assert!(!matches(pattern.clone(), json!({"a": 1})));
        assert!(!matches(pattern, json!({"b": 1, "c": 1})));
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for pattern in [
            json!({"a": [{"cidr": "10.0.0.0/8"}]}),
            json!({"a": [{"wildcard": "x*"}]}),
            json!({"a": [{"numeric": [">"]}]}),
            json!({"a": [{"exists": "yes"}]}),
            json!({"a": [{"prefix": "x", "suffix": "y"}]}),
            json!({"a": "x"}),
            json!({"a": [["x"]]}),
            json!("x"),
        ] {
            assert!(Pattern::parse(&pattern).is_err(), "{pattern}");
        }
    }
}
