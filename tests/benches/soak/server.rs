//! The server as a process of its own, and what the system says of it.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use crate::scene::Scene;

/// A server that serves until the value is dropped.
pub struct Process {
    child: Child,
    pub port: u16,
}

/// The server's program with the settings of the scene, for any of its commands.
pub fn program(scene: &Scene) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidyward-server"));
    command.env("TIDYWARD_DATA", scene.data());
    command.env("TIDYWARD_TLS__CERTIFICATE", scene.certificate.path());
    command.env("TIDYWARD_TLS__KEY", scene.certificate.key());
    // Who says nothing is let go while the soak still looks.
    command.env("TIDYWARD_TLS__HANDSHAKE_SECONDS", "3");
    if !scene.database.is_empty() {
        command.env("TIDYWARD_DATABASE__URL", &scene.database);
    }
    command.stdin(Stdio::null());
    command
}

impl Process {
    /// Starts it over what is there and waits until it listens. What it warns of is on standard error.
    pub fn start(scene: &Scene) -> Process {
        let mut command = program(scene);
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "warn"]);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server's program runs");
        let mut line = String::new();
        let told = child.stdout.take().expect("what it says");
        BufReader::new(told)
            .read_line(&mut line)
            .expect("a line of text");
        let port = line
            .trim()
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("the server says `{line}`"));
        Process { child, port }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A figure of its status, `VmRSS` in kB.
    pub fn status(&self, field: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let figure = line.and_then(|line| line.trim_start_matches(':').split_whitespace().next());
        figure.and_then(|figure| figure.parse().ok()).unwrap_or(0)
    }

    /// What it has open: paths, and the kinds of what has none.
    pub fn open(&self) -> Vec<String> {
        let folder = fs::read_dir(format!("/proc/{}/fd", self.id()));
        let entries = folder.into_iter().flatten().filter_map(Result::ok);
        let links = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
        links.map(|link| link.display().to_string()).collect()
    }

    /// The files that it has open.
    pub fn files(&self) -> Vec<String> {
        let mut open = self.open();
        open.retain(|file| file.starts_with('/'));
        open
    }

    /// How many files it may have open.
    pub fn open_files_limit(&self) -> u64 {
        let limits = fs::read_to_string(format!("/proc/{}/limits", self.id())).unwrap_or_default();
        let line = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max open files"));
        let soft = line.and_then(|line| line.split_whitespace().next());
        let soft = soft.and_then(|soft| soft.parse().ok());
        soft.expect("a limit of open files")
    }

    /// Lets it have no more files open than so many. Those that it has stay open.
    pub fn limit_open_files(&self, most: u64) {
        let limited = Command::new("prlimit")
            .args(["--pid", &self.id().to_string()])
            .arg(format!("--nofile={most}:"))
            .status();
        assert!(
            limited.is_ok_and(|limited| limited.success()),
            "prlimit runs"
        );
    }

    /// Connections of clients, also those that have hung up and were not let go yet.
    pub fn connections(&self) -> usize {
        const ESTABLISHED: &str = "01";
        const CLOSE_WAIT: &str = "08";
        let table = fs::read_to_string(format!("/proc/{}/net/tcp", self.id())).unwrap_or_default();
        let own = format!(":{:04X}", self.port);
        let is_own = |line: &&str| {
            let mut fields = line.split_whitespace().skip(1);
            let local = fields.next().is_some_and(|local| local.ends_with(&own));
            let state = fields.nth(1).unwrap_or_default();
            local && [ESTABLISHED, CLOSE_WAIT].contains(&state)
        };
        table.lines().skip(1).filter(is_own).count()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let asked = Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status();
        if asked.is_ok_and(|asked| asked.success()) {
            for _ in 0..300 {
                if matches!(self.child.try_wait(), Ok(Some(_))) {
                    return;
                }
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
        }
        let _ended_before = self.child.kill();
        let _reaped = self.child.wait();
    }
}
