//! Callers that go away in the middle, for tests of what they leave behind.

use std::{
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

/// Polls the call so many times at most and then drops it, as a server does with the call of somebody who went away. By
/// counting up, a test comes past every place where a call can be cut off. Gives the answer where it came before.
pub async fn cut_after<F: Future>(polls: usize, call: F) -> Option<F::Output> {
    let mut call = pin!(call);
    let mut left = polls;
    std::future::poll_fn(move |context| match call.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => {
            left -= 1;
            if left == 0 {
                Poll::Ready(None)
            } else {
                Poll::Pending
            }
        }
    })
    .await
}

/// Waits until it holds.
pub async fn in_the_end(what: &str, holds: impl AsyncFn() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !holds().await {
        assert!(Instant::now() < until, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
