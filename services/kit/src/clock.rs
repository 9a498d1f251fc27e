//! Time and fresh ids, handed from the edge, so that a test can stand at a quarter's last minute.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use jiff::Timestamp;
use uuid::Uuid;

/// Fills what it is given with bytes.
type Randomness = dyn Fn(&mut [u8]) + Send + Sync;

/// Gives the present and ids that nobody else has.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    randomness: Arc<Randomness>,
}

impl Clock {
    /// The machine's clock and its source of randomness.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the edge that the others take the time from"
    )]
    pub fn system() -> Clock {
        Clock {
            now: Arc::new(Timestamp::now),
            randomness: Arc::new(|bytes| {
                getrandom::fill(bytes).expect("the system gives random bytes");
            }),
        }
    }

    /// A clock that says what it is told, and ids that count from one.
    pub fn told(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        let count = AtomicU64::new(1);
        Clock {
            now: Arc::new(now),
            randomness: Arc::new(move |bytes| {
                let next = count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
                for (byte, told) in bytes.iter_mut().rev().zip(next.iter().rev()) {
                    *byte = *told;
                }
            }),
        }
    }

    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// A UUIDv7: in the order of time, to the millisecond.
    pub fn id(&self) -> Uuid {
        let millis = u64::try_from(self.now().as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.random()).into_uuid()
    }

    /// Bytes that nobody can guess; of a told clock they count from one, as its ids do.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.randomness)(&mut bytes);
        bytes
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Clock({})", self.now())
    }
}

/// On the wire.
pub fn to_wire(instant: Timestamp) -> prost_types::Timestamp {
    let micros = instant.as_microsecond();
    prost_types::Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or(0),
    }
}

/// From the wire, to the microsecond; nothing where it is no instant.
pub fn from_wire(instant: &prost_types::Timestamp) -> Option<Timestamp> {
    if !(0..1_000_000_000).contains(&instant.nanos) {
        return None;
    }
    let micros = instant
        .seconds
        .checked_mul(1_000_000)?
        .checked_add(i64::from(instant.nanos) / 1_000)?;
    Timestamp::from_microsecond(micros).ok()
}
