//! What the server and the compilers that it starts take of memory, as the system counts it.

use std::{
    collections::HashSet,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tidyward_rules::compile::COMMAND;

/// How often the server's children are looked at. What a process had at most does not go down while it lives.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Looks at a server until it is dropped.
pub struct Memory {
    server: u32,
    children_kib: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The most that was had at one time, in KiB.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peak {
    /// More than the server had before.
    pub server_kib: u64,
    /// Of any one compiler.
    pub child_kib: u64,
}

/// A stretch of time.
pub struct Measured<'m> {
    memory: &'m Memory,
    before_kib: u64,
}

impl Memory {
    pub fn of(server: u32) -> Memory {
        let (children_kib, stop) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let (most, stopped) = (children_kib.clone(), stop.clone());
        let looking = thread::spawn(move || {
            let mut others = HashSet::new();
            while !stopped.load(Ordering::Relaxed) {
                for child in compilers(server, &mut others) {
                    most.fetch_max(peak_kib(child).unwrap_or(0), Ordering::Relaxed);
                }
                thread::sleep(LOOK_EVERY);
            }
        });
        Memory {
            server,
            children_kib,
            stop,
            thread: Some(looking),
        }
    }

    /// Forgets what the server and its children had before.
    pub fn begin(&self) -> Measured<'_> {
        let forget = format!("/proc/{}/clear_refs", self.server);
        fs::write(forget, "5").expect("the system forgets what a process had at most");
        self.children_kib.store(0, Ordering::Relaxed);
        Measured {
            memory: self,
            before_kib: peak_kib(self.server).expect("the server runs"),
        }
    }
}

impl Measured<'_> {
    pub fn end(self) -> Peak {
        let most = peak_kib(self.memory.server).unwrap_or(0);
        Peak {
            server_kib: most.saturating_sub(self.before_kib),
            child_kib: self.memory.children_kib.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

/// The compilers that the server has started and that run. Of `others` it is known that they are none.
fn compilers(server: u32, others: &mut HashSet<u32>) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("processes").flatten();
    let there: HashSet<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    others.retain(|other| there.contains(other));
    let mut found = Vec::new();
    for pid in there.difference(&others.clone()) {
        if parent(*pid) != Some(server) {
            others.insert(*pid);
        // Before it becomes the compiler it is the server, with the server's memory.
        } else if is_compiler(*pid) {
            found.push(*pid);
        }
    }
    found
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let behind_name = stat.rsplit(')').next()?;
    behind_name.split_whitespace().nth(1)?.parse().ok()
}

fn is_compiler(pid: u32) -> bool {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    words
        .split(|byte| *byte == 0)
        .any(|word| word == COMMAND.as_bytes())
}

/// The most that the process has had, in KiB.
fn peak_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
