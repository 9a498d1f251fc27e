//! What tests of every service need: a database that is a file, or, in a run that says so, one of a PostgreSQL server that
//! the tests themselves started.
//!
//! A crate has one test that calls `again_on_postgres`: it starts a server and runs the crate's tests once more with
//! `TEST_POSTGRES` set, so that each of them, without a word of its own, runs on both.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, Database};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::db::{Db, Server};

/// Where the server of this run is, as a URL without a database.
const VARIABLE: &str = "TEST_POSTGRES";
/// Who runs the server where the tests run as root, which it refuses.
const USERS: [&str; 2] = ["postgres", "nobody"];
const START: Duration = Duration::from_secs(30);

/// Opens the test's database in the folder, which is the same one whenever the folder is.
pub async fn open(folder: &Path) -> Db {
    match postgres(folder).await {
        Some(server) => Db::connect(&server).await.unwrap(),
        None => Db::open(&folder.join("tidyward.sqlite"), 4).await.unwrap(),
    }
}

/// Whether this is the run on PostgreSQL, in which tests that bring a database of their own have nothing to add.
pub fn is_again() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// In a run on PostgreSQL the database that belongs to the folder, made where it is not there.
pub async fn postgres(folder: &Path) -> Option<Server> {
    let address = std::env::var(VARIABLE).ok()?;
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let name = format!("test_{}", hex::encode(&digest[..8]));
    let all = Database::connect(format!("{address}/postgres"))
        .await
        .unwrap();
    let made = all
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await;
    if let Err(error) = made {
        assert!(error.to_string().contains("already exists"), "{error}");
    }
    all.close().await.unwrap();
    Some(Server {
        url: format!("{address}/{name}"),
        readers: 4,
        longest_query: Duration::from_secs(60),
    })
}

/// Runs statements as they stand.
pub async fn run_text(db: &Db, text: &str) {
    db.read().execute_unprepared(text).await.unwrap();
}

/// Runs those tests of this binary again whose names contain one of `filters`, on PostgreSQL.
pub fn again_on_postgres(filters: &[&str]) {
    if is_again() {
        return;
    }
    let server = match Postgres::start(&[
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
    ]) {
        Ok(server) => server,
        Err(why) => return println!("skipped: {why}"),
    };
    let binary = std::env::current_exe().unwrap();
    let again = Command::new(binary)
        .args(filters)
        .args(["--skip", "again_on_postgres"])
        .env(VARIABLE, &server.url)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&again.stdout);
    let errors = String::from_utf8_lossy(&again.stderr);
    assert!(again.status.success(), "on PostgreSQL:\n{told}\n{errors}");
    println!(
        "{}",
        told.lines()
            .rfind(|line| line.starts_with("test result"))
            .unwrap_or_default()
    );
    let used = std::fs::read_dir(server.folder.path().join("data/base"));
    // Three come with every server.
    assert!(used.unwrap().count() > 3, "no test has opened a database");
}

/// A server of the tests' own, on loopback, which ends with the value.
#[derive(Debug)]
pub struct Postgres {
    /// Without a database.
    pub url: String,
    pub folder: TempDir,
    arguments: Vec<String>,
    program: PathBuf,
    user: Option<(u32, u32)>,
    child: Child,
}

impl Postgres {
    /// Starts a server with such settings. An error says what is missing.
    pub fn start(settings: &[&str]) -> Result<Postgres, String> {
        let programs = programs().ok_or("the programs of PostgreSQL are not installed")?;
        let user = user()?;
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        if let Some((user, group)) = user {
            for path in [folder.path(), &data] {
                std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
            }
        }
        let made = as_user(Command::new(programs.join("initdb")), user)
            .args([
                "--username=tidyward",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-sync",
            ])
            // Another order than that of bytes, as servers have it that people set up.
            .args([
                "--locale=C.UTF-8",
                "--locale-provider=icu",
                "--icu-locale=en-US",
            ])
            .arg("--pgdata")
            .arg(&data)
            .current_dir(folder.path())
            .output()
            .map_err(|error| format!("initdb of PostgreSQL does not run: {error}"))?;
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut arguments = vec!["-D".to_owned(), data.display().to_string()];
        // Services and their peers hold one another, so a test that has ended leaves its readers' connections open until
        // the process ends: a few for each of some hundred tests.
        for setting in [
            "listen_addresses=127.0.0.1",
            &format!("port={port}"),
            &format!("unix_socket_directories={}", folder.path().display()),
            "max_connections=1000",
            "shared_buffers=64MB",
        ]
        .iter()
        .chain(settings)
        {
            arguments.extend(["-c".to_owned(), (*setting).to_owned()]);
        }
        let program = programs.join("postgres");
        let child = run(&program, &arguments, user);
        let mut server = Postgres {
            url: format!("postgres://tidyward@127.0.0.1:{port}"),
            folder,
            arguments,
            program,
            user,
            child,
        };
        server.wait();
        Ok(server)
    }

    /// The id of the process that listens; its children serve.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends the server as a failure of power would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after `kill`.
    pub fn start_again(&mut self) {
        // The children of the one that was killed hold its memory until they notice.
        let until = Instant::now() + START;
        loop {
            self.child = run(&self.program, &self.arguments, self.user);
            if self.answers(until) {
                return;
            }
            assert!(Instant::now() < until, "PostgreSQL did not start again");
        }
    }

    fn wait(&mut self) {
        assert!(
            self.answers(Instant::now() + START),
            "PostgreSQL did not start"
        );
    }

    /// Whether the child listens before it ends.
    fn answers(&mut self, until: Instant) -> bool {
        let ready = self.program.with_file_name("pg_isready");
        while Instant::now() < until {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            let asked = Command::new(&ready)
                .args(["--quiet", "--dbname", &format!("{}/postgres", self.url)])
                .status();
            if asked.is_ok_and(|status| status.success()) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stop = as_user(
            Command::new(self.program.with_file_name("pg_ctl")),
            self.user,
        )
        .args(["stop", "--silent", "--mode=immediate", "--pgdata"])
        .arg(self.folder.path().join("data"))
        .current_dir(self.folder.path())
        .status();
        if !stop.is_ok_and(|status| status.success()) {
            let _gone = self.child.kill();
        }
        let _ended = self.child.wait();
    }
}

fn run(program: &Path, arguments: &[String], user: Option<(u32, u32)>) -> Child {
    as_user(Command::new(program), user)
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn as_user(mut command: Command, user: Option<(u32, u32)>) -> Command {
    use std::os::unix::process::CommandExt;
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

/// The folder with `initdb`, `postgres` and the others: Debian's newest, or the first of the path.
fn programs() -> Option<PathBuf> {
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path).collect::<Vec<_>>();
    let whole = |folder: &PathBuf| {
        ["initdb", "postgres", "pg_ctl", "pg_isready"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    debian.into_iter().rev().chain(path).find(whole)
}

/// Whom the server runs as: nobody else, or, for root, a user without rights.
fn user() -> Result<Option<(u32, u32)>, String> {
    use std::os::unix::fs::MetadataExt;
    let own = tempfile::NamedTempFile::new().unwrap();
    if own.as_file().metadata().unwrap().uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let of = |wanted: &str| {
        let mut fields = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let fields = fields.find(|fields| fields.len() > 3 && fields[0] == wanted)?;
        Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
    };
    let found = USERS.iter().find_map(|name| of(name));
    found
        .map(Some)
        .ok_or_else(|| "PostgreSQL does not run as root and there is no other user".to_owned())
}

#[cfg(test)]
mod tests {
    /// Every test here that opens a database, once more on PostgreSQL.
    #[test]
    fn again_on_postgres() {
        super::again_on_postgres(&["db::tests", "upload::", "import::"]);
    }
}
