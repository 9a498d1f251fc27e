//! `plugins/rules.lock` ties each committed component to the sources and the toolchain that it was built from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The lock, by rule.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    rules: BTreeMap<String, Entry>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// SHA-256 over the rule's sources, the SDK's and the contract.
    sources: String,
    /// SHA-256 of the committed component.
    component: String,
    toolchain: String,
}

/// Writes the entries of some rules and leaves the others.
pub fn write(plugins: &Path, toolchain: &str, rules: &[&str]) -> Result<String, String> {
    let path = plugins.join("rules.lock");
    let mut lock = read(&path)?;
    for rule in rules {
        let entry = Entry {
            sources: source_digest(plugins, rule)?,
            component: component_digest(plugins, rule)?,
            toolchain: toolchain.to_owned(),
        };
        lock.rules.insert((*rule).to_owned(), entry);
    }
    let text = toml::to_string(&lock).map_err(|error| error.to_string())?;
    let text = format!(
        "# Written by plugins/build. A test fails when sources, components and this file differ.\n\n{text}"
    );
    fs::write(&path, text).map_err(|error| shown(&path, &error))?;
    Ok(format!("{}: {} rules", path.display(), lock.rules.len()))
}

fn read(path: &Path) -> Result<Lock, String> {
    if !path.exists() {
        return Ok(Lock::default());
    }
    let text = fs::read_to_string(path).map_err(|error| shown(path, &error))?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The digest covers each file's path and bytes, both with their length, in the paths' byte order.
fn source_digest(plugins: &Path, rule: &str) -> Result<String, String> {
    let mut files = Vec::new();
    for part in [rule, "sdk"] {
        files.push(PathBuf::from(part).join("Cargo.toml"));
        collect(plugins, &PathBuf::from(part).join("src"), &mut files)?;
    }
    files.push(PathBuf::from(rule).join("rule.toml"));
    files.push(PathBuf::from("wit/rules.wit"));
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        let path = plugins.join(&file);
        let bytes = fs::read(&path).map_err(|error| shown(&path, &error))?;
        let name = file.to_string_lossy();
        for part in [name.as_bytes(), &bytes] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    Ok(hex::encode(hasher.finalize()))
}

fn collect(plugins: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let path = plugins.join(folder);
    for entry in fs::read_dir(&path).map_err(|error| shown(&path, &error))? {
        let entry = entry.map_err(|error| shown(&path, &error))?;
        let inner = folder.join(entry.file_name());
        match entry.path().is_dir() {
            true => collect(plugins, &inner, files)?,
            false => files.push(inner),
        }
    }
    Ok(())
}

fn component_digest(plugins: &Path, rule: &str) -> Result<String, String> {
    let path = plugins.join(rule).join(format!("{rule}.wasm"));
    let bytes = fs::read(&path).map_err(|error| shown(&path, &error))?;
    Ok(hex::encode(Sha256::digest(bytes)))
}

fn shown(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_and_components_are_the_locked_ones() {
        let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let lock = read(&plugins.join("rules.lock")).expect("plugins/rules.lock can be read");
        let rules: Vec<&str> = lock.rules.keys().map(String::as_str).collect();
        assert_eq!(
            rules,
            ["case-deductions", "case-rates", "standard", "target-floor"],
            "every rule is locked"
        );
        for (rule, entry) in &lock.rules {
            let sources = source_digest(&plugins, rule).expect("the sources can be read");
            assert_eq!(
                entry.sources, sources,
                "the sources of {rule} changed: run plugins/build {rule}"
            );
            let component = component_digest(&plugins, rule).expect("the component can be read");
            assert_eq!(
                entry.component, component,
                "{rule}.wasm is not the locked one: run plugins/build {rule}"
            );
        }
    }
}
