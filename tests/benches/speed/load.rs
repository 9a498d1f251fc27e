//! Callers in a closed loop: each calls again when it is answered.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// What so many calls came to.
#[derive(Clone, Debug)]
pub struct Run {
    pub took: Duration,
    /// How long each call took, in order.
    pub each: Vec<Duration>,
}

impl Run {
    pub fn per_second(&self) -> f64 {
        self.each.len() as f64 / self.took.as_secs_f64()
    }

    /// The time within which so many in a thousand were answered, in milliseconds.
    pub fn milliseconds(&self, per_mille: usize) -> f64 {
        let index = (self.each.len() * per_mille / 1_000).min(self.each.len() - 1);
        self.each[index].as_secs_f64() * 1_000.0
    }
}

/// So many callers make so many calls between them. A call that fails ends the bench.
pub async fn closed<C, F>(
    callers: usize,
    calls: usize,
    client: impl Fn(usize) -> C,
    call: impl Fn(C, usize) -> F + Clone + Send + 'static,
) -> Run
where
    C: Clone + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let tasks = (0..callers).map(|caller| {
        let (next, client, call) = (next.clone(), client(caller), call.clone());
        tokio::spawn(async move {
            let mut each = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= calls {
                    return each;
                }
                let began = Instant::now();
                call(client.clone(), number).await;
                each.push(began.elapsed());
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut each = Vec::with_capacity(calls);
    for task in tasks {
        each.extend(task.await.expect("no call fails"));
    }
    let took = began.elapsed();
    each.sort_unstable();
    Run { took, each }
}
