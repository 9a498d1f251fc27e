//! `plugins/README.md` shows whole rules, file by file. Here they are taken out of it and tested as their reader would: a
//! block of TOML begins a rule, those of Rust behind it are its `src/lib.rs`, and one of CSV is its golden table.

use std::{env, fs, path::Path, process::Command};

use tidyward_kit::fact;
use tidyward_rules::manifest::Manifest;

const README: &str = include_str!("../../plugins/README.md");

#[derive(Default)]
struct Shown {
    manifest: String,
    code: String,
    golden: Option<String>,
}

/// The blocks with their languages.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let inside = text.split("```").skip(1).step_by(2);
    inside.filter_map(|block| block.split_once('\n')).collect()
}

fn rules() -> Vec<Shown> {
    let mut rules: Vec<Shown> = Vec::new();
    for (language, text) in blocks(README) {
        if language == "toml" {
            rules.push(Shown::default());
        }
        let Some(rule) = rules.last_mut() else {
            continue;
        };
        match language {
            "toml" => rule.manifest = text.to_owned(),
            "rust" => rule.code.push_str(text),
            "csv" => rule.golden = Some(text.to_owned()),
            _ => {}
        }
    }
    rules
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
    fs::write(path, text).expect("the file is written");
}

/// The crate as the document says it is.
fn write_crate(folder: &Path, id: &str, rule: &Shown) {
    let sdk = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/sdk");
    let cargo = format!(
        "[package]\nname = \"tidyward-rule-{id}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n\n\
         [dependencies]\ntidyward-rule-sdk = {{ path = {sdk:?} }}\n\n\
         [dev-dependencies]\ntidyward-rule-sdk = {{ path = {sdk:?}, features = [\"testing\"] }}\n"
    );
    write(&folder.join("Cargo.toml"), &cargo);
    write(&folder.join("rule.toml"), &rule.manifest);
    write(&folder.join("src/lib.rs"), &rule.code);
    if let Some(golden) = &rule.golden {
        write(&folder.join("golden.csv"), golden);
    }
}

#[test]
fn the_rules_that_the_document_shows_pass_their_tests() {
    let rules = rules();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ten_minutes");
    let mut members = Vec::new();
    for rule in &rules {
        let manifest = Manifest::parse(&rule.manifest, &|name| fact::find(name).is_some());
        let id = manifest.expect("the manifest is one").id;
        write_crate(&folder.join(&id), &id, rule);
        members.push(id);
    }
    assert_eq!(members, ["closing", "no-fraud"]);
    let workspace = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n");
    write(&folder.join("Cargo.toml"), &workspace);
    // The versions of the project, so that nothing has to be fetched.
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    fs::copy(lock, folder.join("Cargo.lock")).expect("the lock is copied");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let ended = Command::new(cargo)
        .args(["test", "--offline", "--workspace", "--lib"])
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("RUSTFLAGS", "--deny warnings")
        .current_dir(&folder)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&ended.stdout);
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}{errors}");
    for passed in ["2 passed", "1 passed"] {
        assert!(said.contains(passed), "{passed}: {said}");
    }
}
