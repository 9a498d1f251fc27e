//! What every service needs and nothing about any one of them.

pub mod caller;
pub mod clock;
pub mod db;
pub mod deadline;
pub mod dump;
pub mod error;
pub mod etag;
pub mod fact;
pub mod filter;
pub mod front;
pub mod import;
pub mod key;
pub mod mark;
pub mod mask;
pub mod name;
pub mod object;
pub mod page;
pub mod peer;
pub mod period;
pub mod position;
pub mod priority;
pub mod rate;
pub mod request;
pub mod resume;
pub mod serve;
pub mod shared;
pub mod status;
pub mod table;
pub mod telemetry;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod tls;
pub mod token;
pub mod upload;
pub mod webhook;

pub use error::{Error, Reason, Violations};
