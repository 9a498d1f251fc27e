//! A delivery: one notice on its way to one webhook, and what becomes of it after each attempt.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tidyward_kit::webhook::Sent;
use uuid::Uuid;

/// Where a delivery stands; the proto's table.
pub use tidyward_proto::v1::DeliveryState;

/// Attempts before it is given up; with the delays between them about eight hours.
pub const MOST_ATTEMPTS: i32 = 12;
/// Before the second attempt; each delay after it is four times as long, up to the longest.
const FIRST_DELAY_MS: u64 = 10_000;
const LONGEST_DELAY_MS: u64 = 3_600_000;
/// A delay is longer by up to its fifth part, so that a receiver that comes back is not run over.
const JITTER: u64 = 5;
/// The receiver says that it is gone for good.
const GONE: u16 = 410;

/// One notice on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub notice: Uuid,
    pub webhook: Uuid,
    pub state: DeliveryState,
    pub attempts: i32,
    pub next_at: Option<Timestamp>,
    pub last_result: String,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl Delivery {
    /// `{notice}.{webhook}`.
    pub fn id(&self) -> String {
        format!("{}.{}", self.notice, self.webhook)
    }

    /// What becomes of it after an attempt.
    #[must_use]
    pub fn after(self, sent: &Sent, now: Timestamp) -> Delivery {
        let attempts = self.attempts + 1;
        let (delivered, last_result) = match sent {
            Sent::Answered(status) => ((200..300).contains(status), format!("status {status}")),
            Sent::Failed(words) => (false, words.clone()),
        };
        let state = match (delivered, attempts) {
            (true, _) => DeliveryState::Delivered,
            (false, MOST_ATTEMPTS..) => DeliveryState::Dead,
            (false, _) => DeliveryState::Waiting,
        };
        let waits = state == DeliveryState::Waiting;
        let next_at = waits
            .then(|| now.saturating_add(delay(&self.id(), attempts)).ok())
            .flatten();
        Delivery {
            state,
            attempts,
            next_at,
            last_result,
            ended_at: (!waits).then_some(now),
            ..self
        }
    }

    /// Waiting again with all its attempts, as an admin asks.
    #[must_use]
    pub fn again(self, now: Timestamp) -> Delivery {
        Delivery {
            state: DeliveryState::Waiting,
            attempts: 0,
            next_at: Some(now),
            ended_at: None,
            ..self
        }
    }
}

/// Whether the receiver asked to be called no more.
pub fn gone(sent: &Sent) -> bool {
    *sent == Sent::Answered(GONE)
}

/// How long to wait after so many attempts; for the same delivery always the same.
fn delay(id: &str, attempts: i32) -> SignedDuration {
    let steps = u32::try_from(attempts - 1).unwrap_or(0);
    let factor = 4_u64.checked_pow(steps).unwrap_or(u64::MAX);
    let delay = FIRST_DELAY_MS.saturating_mul(factor).min(LONGEST_DELAY_MS);
    let digest = Sha256::new()
        .chain_update(id.as_bytes())
        .chain_update(attempts.to_le_bytes())
        .finalize();
    let mut drawn = [0; 8];
    drawn.copy_from_slice(&digest[..8]);
    let jitter = u64::from_le_bytes(drawn) % (delay / JITTER + 1);
    SignedDuration::from_millis(i64::try_from(delay + jitter).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> Delivery {
        Delivery {
            notice: Uuid::from_u128(1),
            webhook: Uuid::from_u128(2),
            state: DeliveryState::Waiting,
            attempts: 0,
            next_at: None,
            last_result: String::new(),
            created_at: Timestamp::UNIX_EPOCH,
            ended_at: None,
        }
    }

    #[test]
    fn delays_grow_up_to_an_hour_and_the_last_attempt_is_about_eight_hours_on() {
        for id in ["a", "b", "c.d"] {
            let delays: Vec<i128> = (1..MOST_ATTEMPTS)
                .map(|attempts| delay(id, attempts).as_millis())
                .collect();
            let least = [
                10, 40, 160, 640, 2_560, 3_600, 3_600, 3_600, 3_600, 3_600, 3_600,
            ];
            for (delay, least) in delays.iter().zip(least) {
                let least = least * 1_000;
                assert!((least..=least + least / 5).contains(delay), "{delays:?}");
            }
            let hours = delays.iter().sum::<i128>() / 3_600_000;
            assert!((6..=8).contains(&hours), "{delays:?}");
        }
        assert_eq!(delay("a", 3), delay("a", 3));
        assert_ne!(delay("a", 3), delay("b", 3));
    }

    #[test]
    fn only_a_status_of_the_two_hundreds_is_a_delivery() {
        let now: Timestamp = "2026-02-24T01:00:00Z".parse().unwrap();
        for (status, delivered) in [
            (199, false),
            (200, true),
            (204, true),
            (299, true),
            (300, false),
            (307, false),
            (404, false),
            (410, false),
            (500, false),
        ] {
            let after = waiting().after(&Sent::Answered(status), now);
            assert_eq!(
                after.state == DeliveryState::Delivered,
                delivered,
                "{status}"
            );
            assert_eq!(after.next_at.is_none(), delivered, "{status}");
            assert_eq!(after.ended_at.is_some(), delivered, "{status}");
            assert_eq!(after.last_result, format!("status {status}"));
            assert_eq!(gone(&Sent::Answered(status)), status == 410);
        }
    }

    #[test]
    fn the_twelfth_failure_is_the_last_and_asking_again_gives_all_attempts_back() {
        let now: Timestamp = "2026-02-24T01:00:00Z".parse().unwrap();
        let failed = Sent::Failed("no connection: refused".to_owned());
        let mut delivery = waiting();
        for attempt in 1..=MOST_ATTEMPTS {
            assert_eq!(
                delivery.state,
                DeliveryState::Waiting,
                "before attempt {attempt}"
            );
            delivery = delivery.after(&failed, now);
        }
        assert_eq!(
            (delivery.state, delivery.attempts),
            (DeliveryState::Dead, 12)
        );
        assert_eq!((delivery.next_at, delivery.ended_at), (None, Some(now)));
        let again = delivery.again(now);
        assert_eq!((again.state, again.attempts), (DeliveryState::Waiting, 0));
        assert_eq!((again.next_at, again.ended_at), (Some(now), None));
        assert_eq!(again.last_result, "no connection: refused");
    }
}
