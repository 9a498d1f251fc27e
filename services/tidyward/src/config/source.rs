//! Sources of settings: the file, the environment and the flags, each under a name that errors and `config show` can tell.

use std::path::Path;

use figment::{
    Metadata, Profile, Provider,
    providers::{Data, Format, Toml},
    util::nest,
    value::{Dict, Map, Value},
};
use tidyward_kit::{Error, Violations};

use super::{CONFIG_VARIABLE, PREFIX};

/// Names that a person types often, and the setting that each is.
const SHORT: [(&str, &str); 3] = [
    ("SERVER", "client.server"),
    ("TOKEN", "client.token"),
    ("DISTRICT", "client.district"),
];

/// The file, which must be there: who names one means it.
pub fn file(path: &Path) -> Result<Data<Toml>, Error> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(Toml::file_exact(path)),
        Err(error) => {
            let message = format!(
                "`{}` cannot be read: {error}; check --config and {CONFIG_VARIABLE}",
                path.display()
            );
            Err(Error::field("config", message))
        }
    }
}

/// `TIDYWARD_LIMITS__CALLS` and its kin.
pub struct Environment(Vec<(String, Value)>);

impl Environment {
    pub fn new(variables: &[(String, String)]) -> Environment {
        let pairs = variables.iter().filter_map(|(name, text)| {
            let rest = name.strip_prefix(PREFIX)?;
            if name == CONFIG_VARIABLE || is_service_link(rest) {
                return None;
            }
            let short = SHORT.iter().find(|row| row.0 == rest);
            let key = short.map_or_else(
                || rest.to_ascii_lowercase().replace("__", "."),
                |row| row.1.to_owned(),
            );
            // What is no number, switch or list is text; the parser has no other failure.
            let value = text.parse().unwrap_or_else(|_| Value::from(text.as_str()));
            Some((key, value))
        });
        Environment(pairs.collect())
    }
}

/// Kubernetes gives every pod such variables for a service that is called `tidyward`. They are no settings.
fn is_service_link(rest: &str) -> bool {
    rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_")
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("the environment").interpolater(|_: &Profile, keys: &[&str]| {
            format!("{PREFIX}{}", keys.join("__").to_ascii_uppercase())
        })
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut all = Dict::new();
        for (key, value) in &self.0 {
            if let Some(dict) = nest(key, value.clone()).into_dict() {
                merge(&mut all, dict);
            }
        }
        Ok(Profile::Default.collect(all))
    }
}

/// What the command line gave.
pub struct Flags(pub Dict);

impl Provider for Flags {
    fn metadata(&self) -> Metadata {
        Metadata::named("a flag of the command line").interpolater(|_: &Profile, keys: &[&str]| {
            format!("--{}", keys.last().unwrap_or(&"").replace('_', "-"))
        })
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.0.clone()))
    }
}

/// Notes a violation for each key that is not among the known ones.
pub fn refuse_unknown(
    provider: &impl Provider,
    known: &Dict,
    violations: &mut Violations,
) -> Result<(), Error> {
    let metadata = provider.metadata();
    let origin = origin(&metadata);
    let mut keys = Vec::new();
    unknown_keys("", &dict_of(provider)?, known, &mut keys);
    for key in keys {
        let message =
            format!("is no setting, yet {origin} has it; `tidyward config show` lists every one");
        violations.add(key, message);
    }
    Ok(())
}

/// All that a provider gives, whatever the profile.
pub fn dict_of(provider: &impl Provider) -> Result<Dict, Error> {
    let data = provider.data().map_err(|error| {
        let metadata = provider.metadata();
        let words = format!("{} cannot be read: {error}", origin(&metadata));
        Error::field("config", words)
    })?;
    let mut all = Dict::new();
    for dict in data.into_values() {
        merge(&mut all, dict);
    }
    Ok(all)
}

/// A value that is not of the setting's type, in words.
pub fn wrong_value(error: figment::Error) -> Error {
    let key = error.path.join(".");
    let origin = error.metadata.as_ref().map(origin);
    let origin = origin.map_or(String::new(), |origin| format!(" (from {origin})"));
    Error::field(key, format!("{}{origin}", error.kind))
}

/// What a source is called: its name, and the path where it is a file.
pub fn origin(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(figment::Source::File(path)) => format!("the file {}", path.display()),
        _ => metadata.name.to_string(),
    }
}

fn unknown_keys(above: &str, given: &Dict, known: &Dict, keys: &mut Vec<String>) {
    for (name, value) in given {
        let key = match above {
            "" => name.clone(),
            above => format!("{above}.{name}"),
        };
        match (value, known.get(name)) {
            (_, None) => keys.push(key),
            (Value::Dict(_, given), Some(Value::Dict(_, known))) => {
                unknown_keys(&key, given, known, keys);
            }
            // A wrong type is told when the settings are read.
            _ => {}
        }
    }
}

fn merge(into: &mut Dict, from: Dict) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Dict(_, there)), Value::Dict(_, more)) => merge(there, more),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}
