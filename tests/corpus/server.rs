//! The server in a process of its own, so that what it takes can be told from what the test takes.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use tonic::transport::Channel;

/// A server that serves as long as the value lives.
pub struct Process {
    child: Child,
    address: String,
}

impl Process {
    /// Starts it over a folder and waits until it listens.
    pub fn over(folder: &Path) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidyward-server"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "off"]);
        command.arg("--data").arg(folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let told = child.stdout.take().expect("what it says");
        let mut process = Process {
            child,
            address: String::new(),
        };
        let mut line = String::new();
        let heard = BufReader::new(told).read_line(&mut line);
        heard.expect("a line of text");
        let address = line.trim().strip_prefix("listening on ");
        process.address = address.expect("where it listens").to_owned();
        process
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(self.address.clone());
        endpoint.expect("an address").connect_lazy()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ended_before = self.child.kill();
        let _reaped = self.child.wait();
    }
}
