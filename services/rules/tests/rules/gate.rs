//! What the gate refuses: each file with its reason, its words and its place.

use tidyward_rules::component::with_manifest;
use tidyward_rules::gate::{GateLimits, RefusalReason, inspect};

use crate::build::{
    MANIFEST, Parts, component, component_of, core_module, known_fact, passes, refused,
};

/// The file is refused for this reason, with these words, at this place.
pub fn check(bytes: &[u8], reason: RefusalReason, words: &str, place: Option<&str>) {
    let refusal = refused(bytes);
    assert_eq!(refusal.reason, reason, "{refusal}");
    assert!(
        refusal.message.contains(words),
        "{words:?} is not in {:?}",
        refusal.message
    );
    match place {
        Some(part) => assert!(
            refusal.place.as_deref().unwrap_or_default().contains(part),
            "{part:?} is not in {:?}",
            refusal.place
        ),
        None => assert_eq!(refusal.place, None),
    }
}

fn good() -> Vec<u8> {
    component(&Parts::default(), MANIFEST)
}

#[test]
fn a_good_rule_passes_and_is_known_by_its_digest() {
    let bytes = good();
    let candidate = passes(&bytes);
    assert_eq!(candidate.manifest.id, "test");
    assert_eq!(candidate.manifest.source, MANIFEST);
    assert_eq!(&candidate.bytes[..], &bytes[..]);
    assert_eq!(candidate.digest, passes(&bytes).digest);
}

#[test]
fn the_file_itself() {
    check(
        b"",
        RefusalReason::NotWebAssembly,
        "is not WebAssembly",
        Some("byte offset 0x0"),
    );
    check(
        b"id = \"jinhua\"",
        RefusalReason::NotWebAssembly,
        "upload the built .wasm",
        Some("byte offset 0x0"),
    );
    check(
        b"(component)",
        RefusalReason::NotWebAssembly,
        "is not WebAssembly",
        Some("byte offset 0x0"),
    );
    check(
        &core_module(&Parts::default()),
        RefusalReason::CoreModule,
        "a core WebAssembly module, not a component",
        None,
    );
    let small = GateLimits {
        bytes: 100,
        ..GateLimits::default()
    };
    let refusal = inspect(&good(), &small, &known_fact).expect_err("it is too large");
    assert_eq!(refusal.reason, RefusalReason::TooLarge);
    assert!(refusal.message.contains("a rule may have 100"), "{refusal}");
}

#[test]
fn a_cut_file_is_refused_wherever_it_is_cut() {
    let bytes = good();
    for end in 8..bytes.len() {
        let refusal = refused(&bytes[..end]);
        // Cut between two sections, a file is whole but lacks what follows.
        let expected = [RefusalReason::Malformed, RefusalReason::NoManifest];
        assert!(
            expected.contains(&refusal.reason),
            "cut at {end}: {refusal}"
        );
    }
    check(
        &bytes[..bytes.len() - 1],
        RefusalReason::Malformed,
        "not a valid component",
        Some("byte offset"),
    );
}

#[test]
fn the_manifest_section() {
    let component = wat::parse_str("(component)").expect("valid text");
    check(
        &component,
        RefusalReason::NoManifest,
        "has no custom section tidyward:manifest",
        None,
    );
    let twice = with_manifest(good(), MANIFEST);
    check(
        &twice,
        RefusalReason::TwoManifests,
        "has 2 custom sections tidyward:manifest",
        Some("byte offset"),
    );
    let inside = "(component (core module (@custom \"tidyward:manifest\" \"id\")))";
    let inside = wat::parse_str(inside).expect("valid text");
    check(
        &inside,
        RefusalReason::NoManifest,
        "has no custom section",
        None,
    );
}

#[test]
fn the_manifest_itself() {
    let with = |from: &str, to: &str| component(&Parts::default(), &MANIFEST.replace(from, to));
    let broken = with("id = \"test\"", "id = ");
    check(
        &broken,
        RefusalReason::ManifestInvalid,
        "line 2 is not TOML",
        Some("rule.toml line 2"),
    );
    let bytes = with("metric.value", "issues.imagined");
    check(
        &bytes,
        RefusalReason::UnknownFact,
        "there is no fact issues.imagined",
        Some("rule.toml line 7 inputs[0]"),
    );
    let both = with("metric.value", "issues.imagined\", \"Metric");
    let refusal = refused(&both);
    assert_eq!(refusal.reason, RefusalReason::ManifestInvalid);
    assert_eq!(refusal.problems.len(), 2);
    assert!(
        refusal
            .message
            .contains("has 2 problems; the first: inputs[0] (line 7)"),
        "{refusal}"
    );
}

#[test]
fn imports() {
    let import = r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#;
    check(
        &component_of(import, MANIFEST),
        RefusalReason::HasImport,
        "imports wasi:clocks/wall-clock@0.2.0",
        Some("byte offset"),
    );
    let core = r#"(component (core module (import "env" "now" (func))))"#;
    check(
        &component_of(core, MANIFEST),
        RefusalReason::HasImport,
        "imports now from env",
        Some("byte offset"),
    );
    // What a terminal would act on is written out.
    let acting = r#"(component (core module (import "\1b[2J" "\e2\80\aenow" (func))))"#;
    check(
        &component_of(acting, MANIFEST),
        RefusalReason::HasImport,
        "imports \\u{202e}now from \\u{1b}[2J;",
        Some("byte offset"),
    );
}

#[test]
fn the_exported_interface() {
    let replaced = |from: &str, to: &str| -> Vec<u8> {
        let mut bytes = good();
        let starts: Vec<usize> = (0..bytes.len())
            .filter(|at| bytes[*at..].starts_with(from.as_bytes()))
            .collect();
        for start in starts {
            bytes[start..start + to.len()].copy_from_slice(to.as_bytes());
        }
        bytes
    };
    check(
        &replaced("scoring@1.0.0", "scoring@1.1.0"),
        RefusalReason::OtherVersion,
        "exports tidyward:rules/scoring@1.1.0, and this release runs tidyward:rules/scoring@1.0.0",
        Some("scoring@1.1.0"),
    );
    check(
        &replaced("scoring@1.0.0", "ranking@1.0.0"),
        RefusalReason::NoScoring,
        "must export tidyward:rules/scoring@1.0.0",
        None,
    );
    let typed = |export: &str| {
        let text = format!(
            "(component (core module $m (memory (export \"m\") 1) (func (export \"f\") (result i32) i32.const 1))
              (core instance $i (instantiate $m))
              (func $f (result u32) (canon lift (core func $i \"f\")))
              (instance $s (export \"{export}\" (func $f)))
              (export \"tidyward:rules/scoring@1.0.0\" (instance $s)))"
        );
        component_of(&text, MANIFEST)
    };
    check(
        &typed("score"),
        RefusalReason::WrongType,
        "It is func() -> u32, and must be func(parameters: list<s64>",
        Some("score"),
    );
    check(
        &typed("rank"),
        RefusalReason::WrongType,
        "exports no function score",
        Some("scoring@1.0.0"),
    );
    let nothing = component_of("(component (core module (memory 1)))", MANIFEST);
    check(&nothing, RefusalReason::NoScoring, "exports nothing", None);
}

#[test]
fn no_changed_byte_makes_the_gate_panic() {
    let bytes = good();
    for index in 8..bytes.len() {
        let mut changed = bytes.clone();
        changed[index] ^= 0x55;
        // Whether it is refused depends on the byte; that the gate answers does not.
        drop(inspect(&changed, &GateLimits::default(), &known_fact));
    }
}
