//! What became of each item, in a table that is printed.

use std::time::Duration;

use super::memory::Peak;

/// An item ends in this time, whatever it is.
const LONGEST: Duration = Duration::from_secs(12);
/// A compiler never has more.
const CHILD_KIB: u64 = 512 * 1_024;
/// The server never has so much more for any one item.
const SERVER_KIB: u64 = 256 * 1_024;

pub struct Row {
    pub name: String,
    pub verdict: String,
    pub took: Duration,
    pub peak: Peak,
    /// Why it should not have ended so.
    pub wrong: Option<String>,
}

impl Row {
    /// What is wrong with it: its verdict, or what it took.
    pub fn wrong(&self) -> Option<String> {
        let too_much = self.took > LONGEST
            || self.peak.child_kib >= CHILD_KIB
            || self.peak.server_kib >= SERVER_KIB;
        let why = match (&self.wrong, too_much) {
            (Some(why), _) => why,
            (None, true) => "it took too much",
            (None, false) => return None,
        };
        Some(format!("{}: {why}", self.line()))
    }

    fn line(&self) -> String {
        let Row { name, verdict, .. } = self;
        let millis = self.took.as_millis();
        let mib = |kib: u64| kib.div_ceil(1_024);
        let (server, child) = (mib(self.peak.server_kib), mib(self.peak.child_kib));
        format!("{name:<52} {verdict:<26} {millis:>6} ms {server:>5} MiB {child:>5} MiB")
    }
}

pub fn print(rows: &[Row]) {
    println!("The hostile corpus, item by item");
    let (item, verdict) = ("item", "verdict");
    println!(
        "{item:<52} {verdict:<26} {:>9} {:>9} {:>9}",
        "time", "server", "compiler"
    );
    for row in rows {
        println!("{}", row.line());
    }
}
