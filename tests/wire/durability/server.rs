//! The server as a process of its own, which can be killed.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use tonic::transport::Channel;

use super::scene::Scene;

/// A server that serves until it is killed, at the latest with the value.
pub struct Process {
    child: Child,
    address: String,
}

impl Process {
    /// Starts it over what is there and waits until it listens.
    pub fn start(scene: &Scene) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidyward-server"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "off"]);
        command.arg("--data").arg(scene.folder.path());
        if !scene.database.is_empty() {
            command.env("TIDYWARD_DATABASE__URL", &scene.database);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server's program runs");
        let mut line = String::new();
        let told = child.stdout.take().expect("what it says");
        BufReader::new(told)
            .read_line(&mut line)
            .expect("a line of text");
        let address = line.trim().strip_prefix("listening on ");
        let address = address.unwrap_or_else(|| panic!("the server says `{line}`"));
        Process {
            address: address.to_owned(),
            child,
        }
    }

    pub fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(self.address.clone());
        endpoint.expect("an address").connect_lazy()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ended");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ended_before = self.child.kill();
        let _reaped = self.child.wait();
    }
}
