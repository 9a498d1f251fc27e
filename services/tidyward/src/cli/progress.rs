//! Progress of long work, on standard error and only where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar in hundredths of a percent.
#[derive(Debug)]
pub struct Progress(ProgressBar);

const WHOLE: u64 = 10_000;

impl Progress {
    /// Begins to show; indicatif hides it where standard error is no terminal.
    pub fn start(what: &str) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(WHOLE), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg:<28} {bar:30} {percent:>3} %  {prefix}");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(bar)
    }

    /// How much is done, 0 to 100, and what else there is to say of it.
    pub fn at(&self, percent: f64, words: String) {
        let hundredths = (percent.clamp(0.0, 100.0) * 100.0).round();
        self.0.set_position(hundredths as u64);
        self.0.set_prefix(words);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
