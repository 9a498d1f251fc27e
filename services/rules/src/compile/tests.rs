//! The compiler with its cache: nothing but what it made itself is run, and without the cache nothing is lost.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::*;
use crate::{
    builtin::BUILTIN,
    gate::{GateLimits, inspect},
    host::{HostSettings, OWN},
};

fn candidate() -> Candidate {
    inspect(BUILTIN[0].bytes, &GateLimits::default(), &|_| true).unwrap()
}

fn host() -> Host {
    Host::new(HostSettings::default()).unwrap()
}

fn cache(folder: &Path) -> Cache {
    Cache::new(folder.join("compiled"), [5; 32])
}

fn with(program: impl Into<PathBuf>, folder: &Path) -> Compiler {
    Compiler::new(host(), program.into(), Some(cache(folder)))
}

fn own() -> PathBuf {
    program_of_tests()
}

fn file(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder.join("compiled")).unwrap();
    let files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// No process is started where the artefact is there.
const NOWHERE: &str = "/no/such/program";

#[test]
fn a_rule_is_compiled_once() {
    let (folder, candidate) = (tempfile::tempdir().unwrap(), candidate());
    with(own(), folder.path()).compile(OWN, &candidate).unwrap();
    let rule = with(NOWHERE, folder.path())
        .compile(OWN, &candidate)
        .unwrap();
    assert_eq!(rule.digest(), candidate.digest);
    let none = Compiler::new(host(), NOWHERE.into(), None).compile(OWN, &candidate);
    assert!(matches!(none, Err(HostError::Compiler(_))), "{none:?}");
}

#[test]
fn an_artefact_that_was_changed_cut_or_lost_is_made_again() {
    let (folder, candidate) = (tempfile::tempdir().unwrap(), candidate());
    with(own(), folder.path()).compile(OWN, &candidate).unwrap();
    let path = file(folder.path());
    let good = fs::read(&path).unwrap();
    let mut changed = good.clone();
    changed[good.len() / 2] ^= 1;
    for bad in [&changed[..], &good[..good.len() - 1], &[]] {
        fs::write(&path, bad).unwrap();
        let none = with(NOWHERE, folder.path()).compile(OWN, &candidate);
        assert!(matches!(none, Err(HostError::Compiler(_))), "{none:?}");
        with(own(), folder.path()).compile(OWN, &candidate).unwrap();
        assert_eq!(fs::read(&path).unwrap(), good);
    }
    fs::remove_dir_all(folder.path().join("compiled")).unwrap();
    with(own(), folder.path()).compile(OWN, &candidate).unwrap();
    assert_eq!(fs::read(&path).unwrap(), good);
}

#[test]
fn what_was_sealed_and_is_no_artefact_of_this_release_is_made_again() {
    let (folder, candidate) = (tempfile::tempdir().unwrap(), candidate());
    with(own(), folder.path()).compile(OWN, &candidate).unwrap();
    let good = fs::read(file(folder.path())).unwrap();
    let configuration = host().configuration();
    cache(folder.path()).put(&candidate.digest, &configuration, b"another release's");
    with(own(), folder.path()).compile(OWN, &candidate).unwrap();
    assert_eq!(fs::read(file(folder.path())).unwrap(), good);
}

#[test]
fn a_program_that_is_no_compiler_is_the_machines_fault_and_leaves_nothing() {
    let (folder, candidate) = (tempfile::tempdir().unwrap(), candidate());
    for program in [NOWHERE, "/bin/true", "/bin/false", "/bin/cat", "/"] {
        let none = with(program, folder.path()).compile(OWN, &candidate);
        let Err(error @ HostError::Compiler(_)) = none else {
            panic!("{program}: {none:?}");
        };
        assert!(error.to_string().contains(program), "{error}");
    }
    assert!(!folder.path().join("compiled").exists());
}

/// A program of the test's own that does what the script says.
fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("program");
    // Written by another process: a file that this one writes could not be run while another test starts a process.
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod 700 \"$0\"";
    let mut shell = std::process::Command::new("sh");
    let written = shell.args(["-c", write]).arg(&path).arg(text).status();
    assert!(written.unwrap().success());
    path
}

const SHORT: Limits = Limits {
    time: Duration::from_millis(500),
    artefact_bytes: 1_000,
    ..LIMITS
};

#[test]
fn a_compiler_that_does_not_end_is_killed_when_its_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    for text in [
        "while :; do :; done",
        "while :; do echo x; done",
        "exec >&- 2>&-; while :; do :; done",
    ] {
        let program = script(folder.path(), text);
        let began = Instant::now();
        let ended = child::compile(&program, &vec![0; 1 << 20], &SHORT);
        // On a machine that is busy itself it may have had next to nothing of it.
        let killed = matches!(ended, Err(HostError::Outran(_) | HostError::Busy(_)));
        assert!(killed, "{ended:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{text}");
    }
}

#[test]
fn a_compiler_that_had_no_time_to_work_says_nothing_of_the_rule() {
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), "exec sleep 5");
    let ended = child::compile(&program, b"rule", &SHORT);
    let Err(HostError::Busy(told)) = ended else {
        panic!("{ended:?}");
    };
    assert!(told.contains("0.0 s of a processor"), "{told}");
}

#[test]
fn what_the_compiler_says_and_how_it_ends_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let ended = |text: &str| child::compile(&script(folder.path(), text), b"rule", &SHORT);
    assert_eq!(ended("cat"), Ok(b"rule".to_vec()));
    let words = "function 7 is too large".to_owned();
    assert_eq!(
        ended(&format!("echo {words} >&2; exit 65")),
        Err(HostError::Compile(words))
    );
    for (text, words) in [
        ("kill -9 $$", "processor time"),
        ("kill -6 $$", "MiB of memory"),
        (
            "i=0; while [ $i -lt 200 ]; do echo 0123456789; i=$((i + 1)); done",
            "gives more than",
        ),
    ] {
        let Err(HostError::Outran(told)) = ended(text) else {
            panic!("{text}");
        };
        assert!(told.contains(words), "{told}");
    }
    assert!(matches!(ended("exit 1"), Err(HostError::Compiler(_))));
}
