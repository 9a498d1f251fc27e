//! The demo of the README, to its end: it reads a file, records a sheet, runs two reviews and proves one of them.

use crate::command_line::run_program;

#[test]
fn the_demo_ends_well_and_what_it_keeps_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().display().to_string();
    let bundle = folder.path().join("2026-q3.bundle").display().to_string();
    for words in [
        ["demo", "--keep", &kept].as_slice(),
        ["verify", &bundle].as_slice(),
    ] {
        run_program(words, 0);
    }
}
