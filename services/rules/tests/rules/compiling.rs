//! The compiler in its own process: rules that would take it hours or all memory end with it, in time, and with a reason.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use tidyward_rules::{
    compile::{COMMAND, Compiler, program_of_tests},
    host::{HostError, OWN},
    score::RunSettings,
};

use crate::build::{HOST, MANIFEST, Parts, component, facts, passes};

fn compiler() -> Compiler {
    Compiler::new(HOST.clone(), program_of_tests(), None)
}

/// The most memory that any compiler has had that this process started, in KiB, as the system counts it.
fn peak_while(done: &AtomicBool) -> u64 {
    let mut peak = 0;
    while !done.load(Ordering::Relaxed) {
        for pid in compilers() {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let line = status.lines().find(|line| line.starts_with("VmHWM:"));
            let kib = line.and_then(|line| line.split_whitespace().nth(1));
            peak = peak.max(kib.and_then(|kib| kib.parse().ok()).unwrap_or(0));
        }
        thread::sleep(Duration::from_millis(2));
    }
    peak
}

/// Processes of compilers that this one started.
fn compilers() -> Vec<String> {
    let own = std::process::id().to_string();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_ours = |pid: &String| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat
            .rsplit(')')
            .next()
            .and_then(|rest| rest.split_whitespace().nth(1));
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).into_owned();
        parent == Some(own.as_str()) && command.contains(COMMAND)
    };
    pids.filter(is_ours).collect()
}

#[test]
fn what_another_process_compiles_scores_as_what_this_one_does() {
    let candidate = passes(&component(&Parts::default(), MANIFEST));
    let (there, here) = (
        compiler().compile(OWN, &candidate),
        HOST.compile(&candidate),
    );
    let facts = facts(&[1, -2, 3]);
    let score = |rule: Result<tidyward_rules::host::Rule, HostError>| {
        let rule = rule.expect("the rule compiles");
        rule.score(&[], &facts, &RunSettings::default(), &|_| {})
            .expect("the rule scores")
    };
    assert_eq!(score(there), score(here));
}

/// A function in whose last line every local is read, behind so many loops that each may have changed it.
fn loops(count: usize) -> String {
    let mut text = String::from("(func $bomb (param i32)");
    for _ in 0..990 {
        text.push_str(" (local i64)");
    }
    for _ in 0..count {
        text.push_str(" (loop (br_if 0 (local.get 0)))");
    }
    for local in 1..=990 {
        text.push_str(&format!(" (drop (local.get {local}))"));
    }
    text.push(')');
    text
}

#[test]
fn a_rule_that_takes_too_much_to_compile_is_refused_in_time() {
    let module = loops(100_000);
    let bytes = component(
        &Parts {
            module: &module,
            ..Parts::default()
        },
        MANIFEST,
    );
    let candidate = passes(&bytes);
    let done = AtomicBool::new(false);
    let (error, took, peak) = thread::scope(|scope| {
        let watching = scope.spawn(|| peak_while(&done));
        let began = Instant::now();
        let error = compiler().compile(OWN, &candidate).map(|_| ()).unwrap_err();
        let took = began.elapsed();
        done.store(true, Ordering::Relaxed);
        (error, took, watching.join().unwrap())
    });
    println!(
        "{} bytes: {took:?}, {} MiB: {error}",
        bytes.len(),
        peak / 1_024
    );
    assert!(matches!(error, HostError::Outran(_)), "{error}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!((1..512 * 1_024).contains(&peak), "{peak} KiB");
}
