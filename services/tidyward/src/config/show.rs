//! The effective settings as TOML that could be loaded again, each with a word on where it came from.

use figment::value::{Dict, Value};

use super::{Loaded, source};

/// Settings that are not shown to whoever looks over a shoulder.
const SECRET: [&str; 3] = ["client.token", "database.url", "objects.secret_access_key"];

/// One setting.
#[derive(Clone, Debug)]
pub struct Row {
    pub key: String,
    /// Empty text where it is a secret.
    pub value: Value,
    /// Where it came from.
    pub origin: String,
}

/// Every setting, those without a table first, for in TOML a key after a table's head belongs to the table.
pub fn rows(loaded: &Loaded) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Ok(Value::Dict(_, dict)) = Value::serialize(&loaded.settings) {
        collect(loaded, "", &dict, &mut rows);
    }
    rows
}

/// The settings as text.
pub fn render(loaded: &Loaded) -> String {
    let mut lines = String::new();
    let mut table = "";
    let rows = rows(loaded);
    for row in &rows {
        let (head, name) = row.key.rsplit_once('.').unwrap_or(("", &row.key));
        if head != table {
            lines.push_str(&format!("\n[{head}]\n"));
            table = head;
        }
        let left = format!("{name} = {}", literal(&row.value));
        lines.push_str(&format!("{left:<40} # {}\n", row.origin));
    }
    lines
}

fn collect(loaded: &Loaded, above: &str, dict: &Dict, rows: &mut Vec<Row>) {
    let key = |name: &str| match above {
        "" => name.to_owned(),
        above => format!("{above}.{name}"),
    };
    for (name, value) in dict.iter().filter(|(_, value)| value.as_dict().is_none()) {
        rows.push(row(loaded, key(name), value.clone()));
    }
    for (name, value) in dict {
        if let Some(inner) = value.as_dict() {
            collect(loaded, &key(name), inner, rows);
        }
    }
}

fn row(loaded: &Loaded, key: String, value: Value) -> Row {
    let origin = match loaded.figment.find_metadata(&key) {
        // Serialized defaults are named after their type.
        Some(metadata) if !metadata.name.contains("Settings") => source::origin(metadata),
        _ => "default".to_owned(),
    };
    if SECRET.contains(&key.as_str()) && value.as_str().is_some_and(|text| !text.is_empty()) {
        return Row {
            key,
            value: Value::from(""),
            origin: format!("{origin}; hidden"),
        };
    }
    Row { key, value, origin }
}

/// A value as TOML has it.
pub fn literal(value: &Value) -> String {
    match value {
        Value::String(_, text) => toml::Value::String(text.clone()).to_string(),
        Value::Array(_, values) => {
            let literals: Vec<String> = values.iter().map(literal).collect();
            format!("[{}]", literals.join(", "))
        }
        Value::Bool(_, switch) => switch.to_string(),
        Value::Num(_, number) => number
            .to_u128_lossy()
            .map(|number| number.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}
