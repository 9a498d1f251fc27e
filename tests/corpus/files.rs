//! Files that are no rule, or more than one.

use tidyward_rules::{builtin::BUILTIN, component::with_manifest};
use wasm_encoder::{
    Component, ComponentSection, CustomSection, NestedComponentSection, RawSection,
};
use wasmparser::{Parser, Payload};

use super::{
    case::{Case, Verdict, accepted, case, refused},
    sheet::{MANIFEST, Sheet, component},
};

/// Those modules in one component, with the manifest.
pub fn around(modules: &[Vec<u8>]) -> Vec<u8> {
    let mut outer = Component::new();
    for module in modules {
        // The section of a module is the module's bytes.
        outer.section(&RawSection {
            id: 1,
            data: module,
        });
    }
    with_manifest(outer.finish(), MANIFEST)
}

pub fn cases() -> Vec<Case> {
    let mut cases = no_rules();
    cases.extend(nested());
    cases.extend(imports());
    cases.extend(sections());
    cases.extend(types());
    cases.extend(cuts());
    cases
}

fn case_rates() -> &'static [u8] {
    let found = BUILTIN.iter().find(|rule| rule.id == "case-rates");
    found.expect("a rule of the server").bytes
}

fn no_rules() -> Vec<Case> {
    let none = "not_web_assembly";
    let compiled = tidyward_rules::compile::here(case_rates(), true).expect("it compiles");
    assert!(compiled.starts_with(b"\x7fELF"));
    let smaller = compiled[..compiled.len().min(900_000)].to_vec();
    let mut wrapped = case_rates().to_vec();
    let compiled_section = CustomSection {
        name: "compiled".into(),
        data: compiled[..compiled.len().min(500_000)].into(),
    };
    compiled_section.append_to_component(&mut wrapped);
    vec![
        accepted("a rule of the server, as it is", case_rates().to_vec()),
        refused("a compiled artefact", none, smaller),
        accepted(
            "a rule with an artefact in a custom section",
            renamed(&wrapped),
        ),
        refused("a core module", "core_module", Sheet::default().module()),
        refused("one byte", none, vec![0]),
        refused("the text of a manifest", none, MANIFEST.as_bytes().to_vec()),
        refused("a rule behind a byte", none, [&[0], case_rates()].concat()),
        refused(
            "a rule before a byte",
            "malformed",
            [case_rates(), &[0]].concat(),
        ),
        refused("a rule twice", "malformed", case_rates().repeat(2)),
        refused("a megabyte of zeroes", none, vec![0; 1 << 20]),
    ]
}

/// The rule under another id, so that it is not taken for the one that is there.
fn renamed(rule: &[u8]) -> Vec<u8> {
    let mut rule = rule.to_vec();
    let (from, to) = (b"id = \"case-rates\"", b"id = \"rate-cases\"");
    let at = rule.windows(from.len()).position(|part| part == from);
    let at = at.expect("the manifest's id");
    rule[at..at + to.len()].copy_from_slice(to);
    rule
}

/// Components in components, so many deep.
fn nest(depth: usize) -> Vec<u8> {
    let mut inner = Component::new();
    for _ in 0..depth {
        let mut outer = Component::new();
        outer.section(&NestedComponentSection(&inner));
        inner = outer;
    }
    with_manifest(inner.finish(), MANIFEST)
}

fn nested() -> Vec<Case> {
    let modules = |count: usize| around(&vec![wasm_encoder::Module::new().finish(); count]);
    vec![
        refused("components 900 deep", "nested_too_deep", nest(900)),
        // No file of WebAssembly has a thousand components.
        refused("components a thousand deep", "malformed", nest(1_000)),
        refused("components 40,000 deep", "malformed", nest(40_000)),
        refused("900 core modules", "not_one_core_module", modules(900)),
        refused("50,000 core modules", "malformed", modules(50_000)),
        refused(
            "no core module",
            "not_one_core_module",
            component("(component)"),
        ),
        refused(
            "a core module instantiated twice",
            "not_one_core_module",
            component(
                "(component (core module $m (memory 1)) (core instance (instantiate $m)) (core instance (instantiate $m)))",
            ),
        ),
        refused(
            "components that double with each instance",
            "nested_too_deep",
            component(&doubling(12)),
        ),
    ]
}

/// Each component makes two instances of the one before it.
fn doubling(steps: usize) -> String {
    let mut text = String::from("(component (core module (memory 1)) (component $c0)");
    for step in 1..=steps {
        let before = step - 1;
        text += &format!(
            "(component $c{step} (alias outer 1 $c{before} (component $b)) (instance (instantiate $b)) (instance (instantiate $b)))"
        );
    }
    text + &format!("(instance (instantiate $c{steps})))")
}

fn imports() -> Vec<Case> {
    let of = |name: &str, import: &str| {
        let text = format!("(component (import \"{import}\" (instance)))");
        refused(name, "has_import", component(&text))
    };
    let core = |name: &str, module: &str, field: &str| {
        let text = format!("(component (core module (import \"{module}\" \"{field}\" (func))))");
        refused(name, "has_import", component(&text))
    };
    vec![
        of("import of the clock", "wasi:clocks/wall-clock@0.2.0"),
        of("import of random numbers", "wasi:random/random@0.2.0"),
        of("import of files", "wasi:filesystem/types@0.2.0"),
        core(
            "core import of the clock",
            "wasi_snapshot_preview1",
            "clock_time_get",
        ),
        core(
            "core import with escapes in its name",
            "\\1b[2J\\1b[31m",
            "\\e2\\80\\ae{0}{}\\07",
        ),
        core(
            "core import with a name of 90,000 letters",
            &"n".repeat(90_000),
            "f",
        ),
    ]
}

fn sections() -> Vec<Case> {
    let padded = |bytes: usize| {
        let mut rule = Sheet::default().rule();
        let section = CustomSection {
            name: "padding".into(),
            data: vec![7; bytes].into(),
        };
        section.append_to_component(&mut rule);
        rule
    };
    let mut promised = Sheet::default().rule();
    // The head of a custom section that says how long it is, and ends there.
    promised.push(0);
    promised.extend([0x80, 0xc2, 0xd7, 0x2f]);
    promised.extend([7, b'p', b'a', b'd', b'd', b'i', b'n', b'g']);
    vec![
        case(
            "custom section of 100 MB",
            padded(100_000_000),
            Verdict::NotTaken("FIELDS_INVALID"),
        ),
        refused("custom section of 10 MB", "too_large", padded(10_000_000)),
        refused(
            "custom section of 100 MB that is not there",
            "malformed",
            promised,
        ),
        accepted("custom section of 900,000 bytes", padded(900_000)),
        refused(
            "no manifest",
            "no_manifest",
            wasm_encoder::Component::new().finish(),
        ),
        refused(
            "two manifests",
            "two_manifests",
            with_manifest(Sheet::default().rule(), MANIFEST),
        ),
    ]
}

fn types() -> Vec<Case> {
    let exports: String = (0..20_000)
        .map(|number| format!("(export \"a-quite-long-name-n{number}\" (type $t))"))
        .collect();
    let many = format!("(component (core module (memory 1)) (type $t u32) {exports})");
    // Each record has eight fields of the one before it.
    let mut text = String::from(
        "(component (core module $m (memory (export \"m\") 1) (func (export \"f\") (result i32) i32.const 0))
        (core instance $i (instantiate $m)) (type $r0 (record (field \"a\" u32)))",
    );
    for step in 1..6 {
        let fields: String = (0..8)
            .map(|field| format!("(field \"f{field}\" $e{})", step - 1))
            .collect();
        let exported = step - 1;
        text += &format!(
            "(export $e{exported} \"r{exported}\" (type $r{exported})) (type $r{step} (record {fields}))"
        );
    }
    text += "(export $e5 \"r5\" (type $r5))
        (alias core export $i \"m\" (core memory $m))
        (func $f (result (list $e5)) (canon lift (core func $i \"f\") (memory $m)))
        (instance $s (export \"score\" (func $f)))
        (export \"tidyward:rules/scoring@1.0.0\" (instance $s)))";
    vec![
        refused(
            "20,000 exports, none of them the rule",
            "no_scoring",
            component(&many),
        ),
        refused("a type of 32,768 fields", "wrong_type", component(&text)),
    ]
}

/// A real rule cut wherever a section ends, on every level.
fn cuts() -> Vec<Case> {
    let rule = case_rates();
    let mut ends: Vec<usize> = Parser::new(0)
        .parse_all(rule)
        .flatten()
        .filter_map(|payload| match payload {
            Payload::Version { range, .. } => usize::try_from(range.end).ok(),
            other => other
                .as_section()
                .and_then(|(_, range)| usize::try_from(range.end).ok()),
        })
        .filter(|end| *end < rule.len())
        .collect();
    ends.sort_unstable();
    ends.dedup();
    let cut = |end: usize| {
        case(
            format!("a rule cut off behind byte {end}"),
            rule[..end].to_vec(),
            // Between two sections a file is whole, and lacks what comes after.
            Verdict::Either("malformed", "no_manifest"),
        )
    };
    ends.into_iter().map(cut).collect()
}
