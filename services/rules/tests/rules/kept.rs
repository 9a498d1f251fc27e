//! What was released is run for ever: of each interface one component, as its release built it, gives what it gave then. The
//! files under `kept/` never change; a new interface adds one.

use sha2::{Digest, Sha256};
use tidyward_rules::score::Facts;

use crate::{
    build::compile,
    golden::{check_rows, score},
};

/// `target-floor` as it came with interface 1.0.0: parameters, decimals, notes.
const SCORING_1_0_0: &[u8] = include_bytes!("kept/scoring-1.0.0.wasm");
const SHA256: &str = "f758ee866f5772810c01cbfc6b9e3fa7f5e606b9780ce4fa80808916c45efb34";

#[test]
fn the_component_of_interface_1_0_0_gives_what_it_gave() {
    assert_eq!(hex(&Sha256::digest(SCORING_1_0_0)), SHA256);
    let rule = compile(SCORING_1_0_0);
    check_rows(&rule, include_str!("kept/scoring-1.0.0.csv"), 7);
    // One point short of either target: half a point and one point lost, and both are said.
    let facts = Facts {
        rows: 1,
        inputs: vec![970_000, 940_000],
        ..Facts::default()
    };
    let scores = score(&rule, &[980_000, 950_000], &facts);
    assert_eq!(scores.items, [245_000, 190_000]);
    let said: Vec<_> = scores
        .notes
        .iter()
        .map(|note| {
            (
                note.row,
                note.criterion,
                note.message,
                note.value,
                note.issue,
            )
        })
        .collect();
    assert_eq!(said, [(0, 0, 0, 10_000, None), (0, 1, 0, 10_000, None)]);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
