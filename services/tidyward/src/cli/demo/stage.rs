//! Where the demo plays: a folder that goes with it, the real server on a free loopback port, and the way to it.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::super::{
    context::Context,
    failure::Failure,
    output::{Format, Tone, put},
    review,
};
use crate::{
    config::Settings,
    serve::{Running, Server},
};

/// The district of the demo.
pub const DISTRICT: &str = "clearwater";

/// A server with a folder of its own.
pub struct Stage {
    /// As a command of the command line would have it.
    pub context: Context,
    pub folder: tempfile::TempDir,
    /// How long the server took from an empty folder to serving.
    pub started_in: Duration,
    server: Running,
}

impl Stage {
    pub async fn set(context: &Context) -> Result<Stage, Failure> {
        let folder = tempfile::Builder::new().prefix("tidyward-demo-").tempdir();
        let folder = folder.map_err(|error| {
            Failure::new(format!("no folder for the demo can be made: {error}"))
        })?;
        let mut settings = Settings {
            data: folder.path().join("data"),
            listen: ([127, 0, 0, 1], 0).into(),
            ..Settings::default()
        };
        settings.review.compiler = context.settings.review.compiler.clone();
        let began = Instant::now();
        let server = Server::start(&settings, context.clock.clone()).await?;
        let started_in = began.elapsed();
        settings.client.server = format!("http://{}", server.address);
        settings.client.district = DISTRICT.to_owned();
        let mut context = Context {
            settings,
            ..context.clone()
        };
        // The demo is for people; there is no data in it that a program would want.
        context.output.format = Format::Table;
        Ok(Stage {
            context,
            folder,
            started_in,
            server,
        })
    }

    /// Writes a file into the stage's folder.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<PathBuf, Failure> {
        let path = self.folder.path().join(name);
        let written = std::fs::write(&path, bytes);
        written.map_err(|error| {
            Failure::new(format!("`{}` cannot be written: {error}", path.display()))
        })?;
        Ok(path)
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Stops the server and removes the folder.
    pub async fn clear(self) -> Result<(), Failure> {
        self.server.stop().await?;
        let closed = self.folder.close();
        closed.map_err(|error| {
            Failure::new(format!("the demo's folder could not be removed: {error}"))
        })
    }

    /// An act's head.
    pub fn head(&self, title: &str) {
        put(format!(
            "\n{}\n",
            self.context.output.toned(title, Tone::Strong)
        ));
    }

    /// A line of the story.
    pub fn line(&self, text: impl AsRef<str>) {
        put(review::wrapped(
            text.as_ref(),
            self.context.output.columns(),
            "  ",
        ));
    }
}
