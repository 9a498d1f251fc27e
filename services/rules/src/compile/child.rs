//! The compiler's process: the component on its standard input, the artefact on its standard output. It takes its limits
//! from itself before it reads a byte, and whoever started it kills it when the time is over.

use std::{
    io::{Read, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    panic::catch_unwind,
    path::Path,
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::COMMAND;
use crate::host::HostError;

/// What compiling one rule may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From start to end.
    pub time: Duration,
    /// Of all cores together.
    pub processor: Duration,
    pub memory_bytes: u64,
    /// Of what comes out.
    pub artefact_bytes: usize,
}

/// What strangers' rules get.
pub const LIMITS: Limits = Limits {
    time: Duration::from_secs(8),
    processor: Duration::from_secs(10),
    memory_bytes: 384 * 1024 * 1024,
    artefact_bytes: 128 * 1024 * 1024,
};

/// Whoever had less of a processor than this part of the time has not shown that a rule takes too long: the machine is too
/// busy.
const ENOUGH: u32 = 8;
/// The exit code that says that the engine refuses the rule, in the words on standard error.
const REFUSED: u8 = 65;
/// Of what the compiler says, so much is heard.
const WORDS_BYTES: usize = 2_000;
/// Threads that compile.
const THREADS: &str = "4";
/// How far it stands back for others on the machine, of 19.
const NICE: i32 = 10;
/// The largest component that a process takes in; the gate has a limit of its own.
const COMPONENT_BYTES: u64 = 64 * 1024 * 1024;

/// Is the compiler: what the program does when it is told [`COMMAND`].
pub fn run() -> ExitCode {
    let (words, code) = match component() {
        // The machine's fault, and none of the rule's.
        Err(error) => (error.to_string(), ExitCode::FAILURE),
        // A rule on which the engine panics is none that it takes.
        Ok(component) => match catch_unwind(|| super::here(&component, true)) {
            Err(_) => ("the engine fails on it".to_owned(), ExitCode::from(REFUSED)),
            Ok(Err(words)) => (words, ExitCode::from(REFUSED)),
            Ok(Ok(artefact)) => match std::io::stdout().lock().write_all(&artefact) {
                Err(error) => (error.to_string(), ExitCode::FAILURE),
                Ok(()) => return ExitCode::SUCCESS,
            },
        },
    };
    let _nobody_listens = std::io::stderr().lock().write_all(words.as_bytes());
    code
}

/// What there is to compile, taken in by a process that is bounded.
fn component() -> std::io::Result<Vec<u8>> {
    bound(&LIMITS)?;
    // Where there is no room for threads, the engine panics, which is no fault of a rule.
    thread::Builder::new()
        .spawn(|| ())?
        .join()
        .map_err(|_| std::io::Error::other("a thread cannot run"))?;
    let mut component = Vec::new();
    let mut input = std::io::stdin().lock().take(COMPONENT_BYTES);
    input.read_to_end(&mut component)?;
    Ok(component)
}

/// Takes from this process what compiling does not need. What it writes to, it was given open.
fn bound(limits: &Limits) -> rustix::io::Result<()> {
    // Whoever waits for the server goes before whoever waits for a compiler. Where the system says no, it is only slower.
    let _as_before = rustix::process::nice(NICE);
    let seconds = limits.processor.as_secs();
    for (resource, most) in [
        (Resource::Cpu, seconds),
        (Resource::Data, limits.memory_bytes),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, 64),
    ] {
        let most = Some(most);
        let limit = Rlimit {
            current: most,
            maximum: most,
        };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

/// Has the program compile the component.
pub(super) fn compile(
    program: &Path,
    component: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, HostError> {
    let cannot = |error: std::io::Error| {
        let program = program.display();
        HostError::Compiler(format!("{program}: {error}"))
    };
    let until = Instant::now() + limits.time;
    let mut child = Command::new(program)
        .arg0("tidyward")
        .arg(COMMAND)
        .env_clear()
        // An allocator that takes room ahead of need would run into the limit at once.
        .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
        // Each thread has a stack, and on a machine of many cores these alone would come to the limit.
        .env("RAYON_NUM_THREADS", THREADS)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    let heard = talk(&mut child, component, limits, until);
    match (
        ended(&mut child, until, limits.time).map_err(cannot)?,
        heard,
    ) {
        (Ended::ByItself(status), Some((artefact, words))) => {
            told(program, status, artefact, &words, limits)
        }
        (Ended::Killed { had }, _) => {
            let seconds = limits.time.as_secs();
            let words = format!(
                "takes more than {seconds} s, in which it had {:.1} s of a processor",
                had.as_secs_f64()
            );
            Err(if had < limits.time / ENOUGH {
                HostError::Busy(words)
            } else {
                HostError::Outran(words)
            })
        }
        (Ended::ByItself(status), None) => Err(HostError::Compiler(format!(
            "{} ended with {status} and was not heard to its end",
            program.display()
        ))),
    }
}

/// How the process ended. Either way nothing of it stays behind.
enum Ended {
    ByItself(ExitStatus),
    /// Its time was over, in which it had so much of a processor.
    Killed {
        had: Duration,
    },
}

fn ended(child: &mut Child, until: Instant, time: Duration) -> std::io::Result<Ended> {
    while Instant::now() < until {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended::ByItself(status));
        }
        // It has closed both its ends, which is the last that it does.
        thread::sleep(Duration::from_millis(1));
    }
    let had = processor_time(child.id(), time);
    child.kill()?;
    child.wait()?;
    Ok(Ended::Killed { had })
}

/// What a process has had of processors; where the system does not tell, all that there was.
fn processor_time(process: u32, at_most: Duration) -> Duration {
    let told = std::fs::read_to_string(format!("/proc/{process}/stat"));
    let ticks = told.ok().and_then(|line| {
        // The name, which may hold anything, ends with the last parenthesis; from there the 12th and 13th are the times.
        let (_, behind) = line.rsplit_once(')')?;
        let mut fields = behind.split_whitespace().skip(11);
        let (user, system): (u64, u64) =
            (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(user + system)
    });
    ticks.map_or(at_most, |ticks| {
        let each = rustix::param::clock_ticks_per_second();
        Duration::from_millis(ticks * 1_000 / each.max(1))
    })
}

/// What it wrote to its two ends until both were closed. Nothing where the time was over before.
fn talk(
    child: &mut Child,
    component: &[u8],
    limits: &Limits,
    until: Instant,
) -> Option<(Vec<u8>, Vec<u8>)> {
    let output = listen(child.stdout.take(), limits.artefact_bytes);
    let words = listen(child.stderr.take(), WORDS_BYTES);
    let input = child.stdin.take();
    let component = component.to_vec();
    // Whoever does not read to the end has ended or been killed, and then this ends too.
    thread::spawn(move || input.map(|mut input| input.write_all(&component)));
    Some((output.heard(until)?, words.heard(until)?))
}

/// What comes out of one end of a process.
struct Listener(Receiver<Vec<u8>>);

fn listen(end: Option<impl Read + Send + 'static>, most: usize) -> Listener {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut heard = Vec::new();
        if let Some(mut end) = end {
            // What is beyond the limit is read past: a process that cannot write would wait for ever.
            let _cut_off = end.by_ref().take(most as u64).read_to_end(&mut heard);
            let _cut_off = std::io::copy(&mut end, &mut std::io::sink());
        }
        send.send(heard)
    });
    Listener(receive)
}

impl Listener {
    fn heard(&self, until: Instant) -> Option<Vec<u8>> {
        let left = until.saturating_duration_since(Instant::now());
        match self.0.recv_timeout(left) {
            Ok(heard) => Some(heard),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Vec::new()),
        }
    }
}

fn told(
    program: &Path,
    status: ExitStatus,
    artefact: Vec<u8>,
    words: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, HostError> {
    let words = String::from_utf8_lossy(words);
    let words = words.trim();
    match (status.code(), status.signal()) {
        (Some(0), _) if artefact.len() < limits.artefact_bytes => Ok(artefact),
        (Some(0), _) => {
            let mib = limits.artefact_bytes / (1024 * 1024);
            Err(HostError::Outran(format!("gives more than {mib} MiB")))
        }
        (Some(code), _) if code == i32::from(REFUSED) => Err(HostError::Compile(words.to_owned())),
        (None, Some(_)) => Err(HostError::Outran(format!(
            "takes more than {} s of processor time or {} MiB of memory",
            limits.processor.as_secs(),
            limits.memory_bytes / (1024 * 1024)
        ))),
        _ => Err(HostError::Compiler(format!(
            "{} ended with {status}: {words}",
            program.display()
        ))),
    }
}
