//! The command line, as a person on the server's machine runs it.

use std::{
    ffi::OsString,
    path::Path,
    process::{Command, ExitCode},
};

use serde_json::Value;
use tidyward_tests::Stack;

use crate::cast::D;

/// Runs it for the district of the stories, and expects it to end with the code.
pub async fn run(stack: &Stack, words: &[impl AsRef<str>], code: u8) {
    let server = format!("http://{}", stack.running.address);
    let data = stack.folder.path().display().to_string();
    let mut arguments = vec!["tidyward"];
    arguments.extend(["--server", &server, "--data", &data, "--district", D]);
    arguments.extend(words.iter().map(AsRef::as_ref));
    let run: Vec<OsString> = arguments.iter().map(Into::into).collect();
    // The command line has a runtime of its own.
    let ran = tokio::task::spawn_blocking(|| tidyward::cli::run(run)).await;
    expect_code(ran.unwrap(), code, &arguments);
}

/// Runs the program as it is: what it does with rules needs it for their compiler.
pub fn run_program(words: &[&str], code: i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidyward-server"));
    let ended = command.args(words).output().expect("the program runs");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(code), "{words:?}: {said}");
}

/// A code of the process shows itself in no other way.
pub fn expect_code(code: ExitCode, expected: u8, words: &[&str]) {
    let expected = format!("{:?}", ExitCode::from(expected));
    assert_eq!(format!("{code:?}"), expected, "{words:?}");
}

/// The words of a line as a shell has them: what stands between single quotes is one word.
pub fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    words.map(str::to_owned).collect()
}

/// Runs it and gives what it says to programs.
pub async fn said(stack: &Stack, folder: &Path, words: &[String]) -> Value {
    let path = folder.join("said.json");
    let mut words = words.to_vec();
    words.extend(["--out".to_owned(), path.display().to_string()]);
    run(stack, &words, 0).await;
    let text = std::fs::read_to_string(path).expect("what it said");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}: {text}"))
}
