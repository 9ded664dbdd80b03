//! Reads settings and remembers which were asked for.

use std::fmt;

use super::Setting;

/// A setting as the documentation shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// The variable's name.
    pub name: &'static str,
    /// What its value looks like.
    pub form: &'static str,
    /// What holds where it is absent; nothing if it must be there.
    pub default: Option<&'static str>,
    /// What it is for.
    pub about: &'static str,
}

/// Everything that is wrong with the environment.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "configuration: {}", self.0.join("; "))
    }
}

impl std::error::Error for ConfigError {}

/// A configuration that is read from the environment.
pub trait FromEnvironment: Sized {
    /// Takes every setting out of `reader` before it looks at any, so that all problems are found; `None` if one is missing.
    fn take(reader: &mut Reader<'_>) -> Option<Self>;
}

/// Hands out settings.
pub struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
    seen: Vec<Seen>,
}

impl Reader<'_> {
    /// The setting's value or its default; `None`, and a problem noted, if it has neither or is malformed.
    pub fn take<T>(&mut self, setting: &Setting<T>) -> Option<T> {
        self.see(setting);
        let text = (self.lookup)(setting.name).or_else(|| setting.default.map(str::to_owned));
        let outcome = text.ok_or_else(|| "is missing".to_owned()).and_then(|text| (setting.parse)(&text));
        outcome.map_err(|problem| self.refuse(setting, &problem)).ok()
    }

    /// Notes what is wrong with the setting, once: such as that it does not go with another one.
    pub fn refuse<T>(&mut self, setting: &Setting<T>, problem: &str) {
        let problem = format!("{} {problem}: expected {}", setting.name, setting.form);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Remembers that the setting was asked for, which several parts of a function may do.
    fn see<T>(&mut self, setting: &Setting<T>) {
        if self.seen.iter().all(|seen| seen.name != setting.name) {
            self.seen.push(setting.seen());
        }
    }

    /// The setting's value, if it is there; `None` inside if not.
    pub fn take_optional<T>(&mut self, setting: &Setting<T>) -> Option<Option<T>> {
        if (self.lookup)(setting.name).is_none() {
            self.see(setting);
            return Some(None);
        }
        self.take(setting).map(Some)
    }
}

/// Reads `T` from the process's environment. An empty variable counts as absent.
///
/// # Errors
/// Every setting that is missing or malformed.
pub fn read<T: FromEnvironment>() -> Result<T, ConfigError> {
    read_from(&variable)
}

/// The process's environment variable `name`; an empty one counts as absent.
#[allow(clippy::disallowed_methods, reason = "this is where the environment enters the program")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// Reads `T` from what `lookup` finds.
///
/// # Errors
/// Every setting that is missing or malformed.
pub fn read_from<T: FromEnvironment>(lookup: &dyn Fn(&str) -> Option<String>) -> Result<T, ConfigError> {
    let mut reader = Reader { lookup, problems: Vec::new(), seen: Vec::new() };
    match T::take(&mut reader) {
        Some(config) if reader.problems.is_empty() => Ok(config),
        _ => Err(ConfigError(reader.problems)),
    }
}

/// The settings that `T` reads.
pub fn describe<T: FromEnvironment>() -> Vec<Seen> {
    let mut reader = Reader { lookup: &|_| None, problems: Vec::new(), seen: Vec::new() };
    drop(T::take(&mut reader));
    reader.seen
}

#[cfg(test)]
mod tests {
    use super::{super::settings, *};

    #[derive(Debug)]
    struct Two;

    impl FromEnvironment for Two {
        fn take(reader: &mut Reader<'_>) -> Option<Self> {
            let table = reader.take(&settings::USERS_TABLE);
            let ttl = reader.take(&settings::ACCESS_TOKEN_TTL);
            let endpoint = reader.take_optional(&settings::AWS_ENDPOINT_URL);
            (table.is_some() && ttl.is_some() && endpoint.is_some()).then_some(Self)
        }
    }

    #[test]
    fn every_problem_is_reported_at_once_by_name() {
        let error =
            read_from::<Two>(&|name| (name == "ACCESS_TOKEN_TTL").then(|| "soon".to_owned())).unwrap_err().to_string();
        assert!(error.contains("USERS_TABLE is missing: expected"), "{error}");
        assert!(error.contains("ACCESS_TOKEN_TTL") && error.contains("seconds"), "{error}");
    }

    #[test]
    fn a_default_fills_what_is_absent() {
        assert!(read_from::<Two>(&|name| (name == "USERS_TABLE").then(|| "users".to_owned())).is_ok());
    }

    #[test]
    fn a_description_names_all_settings_though_none_is_there() {
        let names: Vec<_> = describe::<Two>().into_iter().map(|seen| seen.name).collect();
        assert_eq!(names, ["USERS_TABLE", "ACCESS_TOKEN_TTL", "AWS_ENDPOINT_URL"]);
    }
}
