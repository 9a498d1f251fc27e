//! The server as a process of its own, which can be killed.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tonic::transport::Channel;

use super::scene::Scene;

const SERVER: &str = env!("CARGO_BIN_EXE_tidyward-server");
const FILLER: &str = "filler";
/// Mounts a disk of its own over a folder, fills it, and becomes the program of the other words.
const ON_A_FULL_DISK: &str = "mount -t tmpfs -o size=64k none \"$0\" || exit 1; \
    head -c 1M /dev/zero > \"$0/$1\" 2> /dev/null; shift; exec \"$@\"";

/// A server that serves until it is killed, at the latest with the value.
pub struct Process {
    child: Child,
    address: String,
}

impl Process {
    /// Starts it over what is there and waits until it listens.
    pub fn start(scene: &Scene) -> Process {
        Process::begin(Command::new(SERVER), scene).expect("it listens")
    }

    /// Starts it with the objects on a full disk of their own, or says why the system has none for us. What is stored there
    /// goes with the process.
    pub fn start_on_a_full_disk(scene: &Scene) -> Result<Process, String> {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
        command.args([ON_A_FULL_DISK, scene.objects().to_str().expect("UTF-8")]);
        command.args([FILLER, SERVER]);
        Process::begin(command, scene)
    }

    /// Room on that disk.
    pub fn makes_room(&self, scene: &Scene) {
        std::fs::remove_file(self.on_its_disk(scene).join(FILLER)).expect("what fills the disk");
    }

    /// Its objects, as this process sees them.
    pub fn on_its_disk(&self, scene: &Scene) -> PathBuf {
        let objects = scene.objects();
        let below = objects.strip_prefix("/").expect("a path from the root");
        Path::new(&format!("/proc/{}/root", self.child.id())).join(below)
    }

    fn begin(mut command: Command, scene: &Scene) -> Result<Process, String> {
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "off"]);
        command.arg("--data").arg(scene.folder.path());
        if !scene.database.is_empty() {
            command.env("TIDYWARD_DATABASE__URL", &scene.database);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let mut line = String::new();
        let told = child.stdout.take().expect("what it says");
        BufReader::new(told)
            .read_line(&mut line)
            .expect("a line of text");
        let address = line.trim().strip_prefix("listening on ").map(str::to_owned);
        // From here on it ends with the value, whatever it said.
        let mut process = Process {
            address: String::new(),
            child,
        };
        process.address = address.ok_or_else(|| format!("the server says `{line}`"))?;
        Ok(process)
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
