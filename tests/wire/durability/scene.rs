//! Where it plays: a district of two grids in a folder and a database that outlive every server.

use std::path::PathBuf;

use tidyward::{config::Settings, data::database_file};
use tidyward_kit::{
    caller::{Caller, Role},
    clock::Clock,
    db::testing::Postgres,
    key,
    token::Tokens,
};
use tidyward_tests::Stack;

pub const D: &str = "jinhua";
pub const PARENT: &str = "districts/jinhua";

pub struct Scene {
    pub folder: tempfile::TempDir,
    /// Empty for the file in the folder.
    pub database: String,
    tokens: Tokens,
}

impl Scene {
    pub async fn on_sqlite() -> Scene {
        Scene::founded(String::new()).await
    }

    pub async fn on(postgres: &Postgres) -> Scene {
        Scene::founded(format!("{}/postgres", postgres.url)).await
    }

    async fn founded(database: String) -> Scene {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut settings = Settings::default();
        settings.database.url = database.clone();
        let stack = Stack::open_with(folder, Clock::system(), settings).await;
        stack.little_town(D, 2).await;
        let folder = stack.stop().await;
        let key = key::read(&folder.path().join("token.key")).expect("a readable key");
        let tokens = Tokens::new(&key.expect("a key made at start")).expect("a usable key");
        Scene {
            folder,
            database,
            tokens,
        }
    }

    /// Where the tables are.
    pub fn url(&self) -> String {
        if self.database.is_empty() {
            format!("sqlite://{}", self.file().display())
        } else {
            self.database.clone()
        }
    }

    /// Where the store of objects is.
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join("objects")
    }

    fn file(&self) -> PathBuf {
        database_file(self.folder.path())
    }

    /// A token of somebody who may do all that a caller does.
    pub fn token(&self, subject: &str) -> String {
        let caller = Caller {
            subject: subject.to_owned(),
            district: Some(D.to_owned()),
            roles: vec![Role::Operator, Role::Dispatcher, Role::Officer],
            areas: Vec::new(),
        };
        let hour = std::time::Duration::from_secs(3_600);
        let now = Clock::system().now();
        self.tokens.make(&caller, now, hour).expect("a token")
    }
}
