//! The invariants of the house that a program can check.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use prost::Message;
use prost_types::FileDescriptorSet;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every Rust source of the project with its path from the root, slashes forward.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                walk(&path, found);
            } else if name.ends_with(".rs") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    for folder in ["proto", "services", "plugins", "tests"] {
        walk(&root().join(folder), &mut paths);
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// Sources that name something outside the places where it belongs.
fn strays(word: &str, belongs: impl Fn(&str) -> bool) -> Vec<String> {
    let named = |text: &str| {
        // What a file's own tests name is their affair.
        let text = text.split("#[cfg(test)]\nmod").next().unwrap_or("");
        text.lines().any(|line| {
            let code = line.split("//").next().unwrap_or("");
            code.contains(&format!("{word}::")) || code.contains(&format!("use {word}"))
        })
    };
    let mut strays = sources();
    strays.retain(|(name, text)| {
        let is_tests = name.ends_with("/tests.rs") || name.contains("/tests/");
        name.starts_with("services/") && !is_tests && !belongs(name) && named(text)
    });
    strays.into_iter().map(|(name, _)| name).collect()
}

fn is_store(name: &str) -> bool {
    name.contains("/store/") || name.ends_with("/store.rs")
}

#[test]
fn the_database_is_named_only_in_stores() {
    let kit = ["db.rs", "request.rs", "status.rs"];
    let strays = strays("sea_orm", |name| {
        is_store(name)
            || name.starts_with("services/kit/src/db/")
            || kit
                .iter()
                .any(|file| name == format!("services/kit/src/{file}"))
    });
    assert_eq!(strays, [""; 0], "move what they do into a store");
}

#[test]
fn the_transport_is_named_only_at_the_edge() {
    let strays = strays("tonic", |name| {
        let edge = ["services/kit/", "services/tidyward/"];
        edge.iter().any(|edge| name.starts_with(edge))
            || name.contains("/rpc/")
            || name.ends_with("/rpc.rs")
            || name.ends_with("/src/lib.rs")
    });
    assert_eq!(
        strays, [""; 0],
        "give them plain types and let rpc do the rest"
    );
}

#[test]
fn the_engine_is_named_only_by_the_rule_host() {
    let strays = strays("wasmtime", |name| name.starts_with("services/rules/"));
    assert_eq!(strays, [""; 0]);
}

#[test]
fn services_do_not_depend_on_one_another() {
    let services = ["grids", "issues", "evaluations"];
    for service in services {
        let manifest = root().join("services").join(service).join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        for other in services {
            let named = manifest.contains(&format!("tidyward-{other} ="));
            assert!(
                !named,
                "{service} depends on {other}; let it call the generated client"
            );
        }
    }
    let rules = fs::read_to_string(root().join("services/rules/Cargo.toml")).unwrap();
    assert!(!rules.contains("tidyward-kit") && !rules.contains("tidyward-proto"));
}

/// A rule is built without the ledger's crates, so the numbers stand in the SDK once more, and in words in both contracts.
#[test]
fn what_marks_a_round_is_said_alike_by_ledger_sdk_and_contracts() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    let constants = |file: &str| -> Vec<(String, u32)> {
        let text = read(file);
        let lines = text.lines().filter_map(|line| {
            let (name, number) = line
                .trim()
                .strip_prefix("pub const ")?
                .split_once(": u32 = ")?;
            Some((name.to_owned(), number.strip_suffix(';')?.parse().ok()?))
        });
        lines.collect()
    };
    let marks = constants("services/kit/src/mark.rs");
    assert_eq!(marks, constants("plugins/sdk/src/issues.rs"));
    let numbers: Vec<u32> = marks.iter().map(|mark| mark.1).collect();
    assert_eq!(numbers, [1, 2, 4, 8, 16, 32, 64, 128, 256]);
    for (file, begin, end) in [
        ("plugins/wit/rules.wit", "Bits: ", "The other bits"),
        (
            "proto/tidyward/v1/issue_service.proto",
            "bits of their own: ",
            "uint32 marks",
        ),
    ] {
        let text = read(file);
        let told = text
            .split_once(begin)
            .and_then(|rest| rest.1.split_once(end));
        let told = told
            .unwrap_or_else(|| panic!("{file} says nothing of marks"))
            .0;
        let told: Vec<u32> = told
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        assert_eq!(told, numbers, "{file}");
    }
}

#[test]
fn every_file_opens_by_saying_what_is_true_of_it() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(silent, [""; 0], "begin each with `//!`");
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    let bare = ["#[", "#!["].map(|open| format!("{open}allow("));
    let allowing: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| bare.iter().any(|bare| text.contains(bare.as_str())))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(allowing, [""; 0], "use #[expect(lint, reason = \"...\")]");
}

#[test]
fn the_top_level_is_what_the_readme_maps() {
    // What git is told to ignore, a build and a newcomer's server leave behind.
    let ignored = fs::read_to_string(root().join(".gitignore")).unwrap();
    let is_ignored = |name: &str| ignored.lines().any(|line| line.trim_matches('/') == name);
    let mut names: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !is_ignored(name))
        .collect();
    names.sort();
    let fixed = [
        "Cargo.lock",
        "Cargo.toml",
        "README.md",
        "deploy",
        "plugins",
        "proto",
        "services",
        "tests",
    ];
    let extra: Vec<&String> = names
        .iter()
        .filter(|name| !fixed.contains(&name.as_str()))
        .collect();
    assert!(extra.is_empty(), "{extra:?} has no place at the top");
    assert_eq!(names.len(), fixed.len(), "{names:?}");
}

#[test]
fn every_method_has_its_row_in_the_table_of_rights() {
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    let tables = [
        tidyward_grids::ACCESS,
        tidyward_issues::ACCESS,
        tidyward_evaluations::ACCESS,
    ];
    for (method, roles) in tables.iter().flat_map(|table| table.iter()) {
        assert!(!roles.is_empty(), "{method} can be called by nobody");
        *rows.entry(method).or_default() += 1;
    }
    let set = FileDescriptorSet::decode(tidyward_proto::DESCRIPTORS).unwrap();
    let mut methods = 0;
    for file in set
        .file
        .iter()
        .filter(|file| file.package() == "tidyward.v1")
    {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/tidyward.v1.{}/{}", service.name(), method.name());
                assert_eq!(rows.get(path.as_str()), Some(&1), "{path}");
                methods += 1;
            }
        }
    }
    assert_eq!(
        rows.len(),
        methods,
        "a row is about a method that is not there"
    );
}
