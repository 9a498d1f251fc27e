//! Rules whose manifest is the trouble.

use tidyward_rules::gate::MANIFEST_SECTION;
use wasm_encoder::{ComponentSection, CustomSection};

use super::{
    case::{Case, accepted, refused},
    sheet::{MANIFEST, Sheet},
};

const INVALID: &str = "manifest_invalid";

/// A good rule with that for its manifest.
fn with(manifest: impl AsRef<[u8]>) -> Vec<u8> {
    let whole = Sheet::default().rule();
    let own = CustomSection {
        name: MANIFEST_SECTION.into(),
        data: MANIFEST.as_bytes().into(),
    };
    let mut length = Vec::new();
    own.append_to_component(&mut length);
    let mut rule = whole[..whole.len() - length.len()].to_vec();
    let section = CustomSection {
        name: MANIFEST_SECTION.into(),
        data: manifest.as_ref().into(),
    };
    section.append_to_component(&mut rule);
    rule
}

pub fn cases() -> Vec<Case> {
    let mut cases = large();
    cases.extend(nested());
    cases.extend(texts());
    cases
}

fn invalid(name: &str, manifest: impl AsRef<[u8]>) -> Case {
    refused(name, INVALID, with(manifest))
}

fn large() -> Vec<Case> {
    let comment = format!("{MANIFEST}#");
    let keys = |count: usize| -> String { (0..count).map(|key| format!("k{key}=1\n")).collect() };
    let inputs = |count: usize| {
        let names: Vec<String> = (0..count)
            .map(|input| format!("\"metric.m{input}\""))
            .collect();
        MANIFEST.replace("\"metric.value\"", &names.join(", "))
    };
    let same = vec!["\"metric.value\""; 10_000].join(", ");
    vec![
        refused(
            "manifest of 10 MB",
            "too_large",
            with(comment.clone() + &"x".repeat(10_000_000)),
        ),
        invalid("manifest of 900,000 bytes", comment + &"x".repeat(900_000)),
        invalid("manifest of 30,000 unknown keys", keys(30_000) + MANIFEST),
        invalid(
            "manifest of 120,000 lines that are not TOML",
            "=\n".repeat(120_000),
        ),
        invalid("manifest of 250,000 brackets", "[".repeat(250_000)),
        invalid(
            "manifest of 20,000 empty criteria",
            "[[criteria]]\n".repeat(20_000),
        ),
        invalid("manifest of 10,000 inputs", inputs(10_000)),
        invalid(
            "manifest of 10,000 times one input",
            MANIFEST.replace("\"metric.value\"", &same),
        ),
        invalid(
            "manifest with duplicate keys",
            format!("id = \"twice\"\n{MANIFEST}"),
        ),
        invalid(
            "manifest with duplicate tables",
            format!("{MANIFEST}\n[range]\nmin = \"0\"\n"),
        ),
        invalid("empty manifest", ""),
        invalid(
            "manifest of numbers that are too large",
            MANIFEST.replace("\"1000\"", "\"99999999999999999999999999\""),
        ),
        invalid(
            "manifest with an integer of 200,000 digits",
            MANIFEST.replace(
                "direction",
                &format!("decimals = {}\ndirection", "9".repeat(200_000)),
            ),
        ),
        refused(
            "manifest with a fact that is none",
            "unknown_fact",
            with(MANIFEST.replace("metric.value", "issues.imagined")),
        ),
    ]
}

fn nested() -> Vec<Case> {
    let arrays = |depth: usize| {
        format!(
            "{MANIFEST}\n[x]\ny = {}{}",
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    let tables = |depth: usize| {
        format!(
            "{MANIFEST}\n[x]\ny = {}1{}",
            "{a=".repeat(depth),
            "}".repeat(depth)
        )
    };
    let dotted = |depth: usize| format!("{}a = 1\n{MANIFEST}", "a.".repeat(depth));
    let header = |depth: usize| format!("{MANIFEST}\n[{}a]\n", "a.".repeat(depth));
    vec![
        invalid("manifest of 100,000 nested lists", arrays(100_000)),
        invalid("manifest of 60,000 nested tables", tables(60_000)),
        invalid("manifest of 100,000 dotted keys", dotted(100_000)),
        invalid("manifest of a table 100,000 deep", header(100_000)),
    ]
}

/// Texts that would act on a terminal, a page or a formatter.
fn texts() -> Vec<Case> {
    let clause = |text: &str| MANIFEST.replace("As it comes.", text);
    let message = |text: &str| MANIFEST.replace("{0}", text);
    let mut half = MANIFEST.as_bytes().to_vec();
    half.extend(b"# \xff\xfe\xc3\x28\n");
    vec![
        invalid("manifest that is not UTF-8", half),
        invalid(
            "manifest in UTF-16",
            MANIFEST
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>(),
        ),
        invalid(
            "text with an escape",
            clause("\\u001b[2J\\u001b]0;owned\\u0007"),
        ),
        invalid("text with a raw escape", clause("\u{1b}[31mred")),
        invalid("text with a line break", clause("one\\ntwo")),
        invalid("text with a NUL", clause("one\\u0000two")),
        invalid("text turned around", clause("abc \u{202e}cba\u{202c}")),
        invalid("text with an isolate", clause("abc \u{2067}cba\u{2069}")),
        invalid("text with a mark of direction", clause("abc \u{200f}cba")),
        invalid(
            "text with spaces of no width",
            clause("a\u{200b}b\u{2060}c\u{feff}d"),
        ),
        invalid(
            "text in tags that nobody sees",
            clause("a\u{e0041}\u{e0042}"),
        ),
        invalid("message with {}", message("{}")),
        invalid("message with {0}{1}", message("{0}{1}")),
        invalid("message with {0:x}", message("{0:999999999}")),
        invalid("message with {{0}}", message("{{0}}")),
        accepted(
            "message with %s and ${HOME}",
            with(message("%s %n $HOME `id` <script>")),
        ),
        invalid(
            "key with an escape",
            format!("\"\\u001b[31mred\\u202e\" = 1\n{MANIFEST}"),
        ),
        invalid(
            "id with an escape",
            MANIFEST.replace("\"strange\"", "\"\\u001b[31m\""),
        ),
        invalid(
            "version with an escape",
            MANIFEST.replace("\"1.0.0\"", "\"1.0.0\\u001b[31m\""),
        ),
        invalid(
            "input with an escape",
            MANIFEST.replace("metric.value", "metric.\\u001b[31m"),
        ),
        invalid(
            "number with an escape",
            MANIFEST.replace("\"1000\"", "\"\\u001b[31m\""),
        ),
    ]
}
