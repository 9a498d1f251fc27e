//! The instant until which the caller of the work at hand waits. The front layer sets it, the writer does not begin what
//! nobody waits for, and peers are told what is left of it.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

use crate::error::{Error, Reason};

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Does work that somebody waits for until the deadline. What the work spawns is nobody's call and has none.
pub async fn within<F: Future>(deadline: Instant, work: F) -> F::Output {
    DEADLINE.scope(deadline, work).await
}

/// The deadline of the call that is worked on. Nothing where it is the server's own work.
pub fn current() -> Option<Instant> {
    DEADLINE.try_with(|deadline| *deadline).ok()
}

/// Whether it is too late.
pub fn passed(deadline: Instant) -> bool {
    deadline <= Instant::now()
}

/// What is left of the deadline of the call that is worked on, as the header `grpc-timeout` has it: at most 8 digits.
pub fn header() -> Option<String> {
    let left = current()?.saturating_duration_since(Instant::now());
    let most = 99_999_999;
    Some(format!("{}m", left.as_millis().clamp(1, most)))
}

/// What a call is answered whose time was over before its work was begun.
pub fn error() -> Error {
    Error::new(
        Reason::Deadline,
        "the call's time was over before its turn came, and nothing was done; give it more time, or try again later",
    )
}

/// Reads the header `grpc-timeout`: up to 8 digits and a unit.
pub fn read(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let digits = number.len() <= 8 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits.then(|| number.parse().ok()).flatten()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3_600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_grpc_writes_them() {
        assert_eq!(read("250m"), Some(Duration::from_millis(250)));
        assert_eq!(read("2S"), Some(Duration::from_secs(2)));
        for wrong in ["", "S", "123456789S", "1x", "-1S", "+1S"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[tokio::test]
    async fn what_is_left_goes_on_to_peers_and_spawned_work_has_no_deadline() {
        let hour = Duration::from_secs(3_600);
        within(Instant::now() + hour, async {
            let left = read(&header().unwrap()).unwrap();
            assert!(left <= hour && left > hour / 2, "{left:?}");
            assert_eq!(tokio::spawn(async { current() }).await.unwrap(), None);
        })
        .await;
        within(Instant::now(), async {
            assert!(current().is_some_and(passed));
            assert_eq!(
                header().as_deref(),
                Some("1m"),
                "none at all would be no bound"
            );
        })
        .await;
        assert_eq!(header(), None);
    }
}
