//! When an event takes effect: when it occurred, or, where the period in which it occurred was closed before it was
//! recorded, when it was recorded. Kinds of period are looked at each for itself.

/// One closing of one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// First instant of the period, in microseconds like all here.
    pub start: i64,
    /// First instant after it.
    pub end: i64,
    pub closed_at: i64,
    /// Number of the last event recorded before.
    pub watermark: i64,
}

/// The closings of one kind of period.
#[derive(Clone, Debug, Default)]
pub struct Closings {
    by_start: Vec<Closing>,
    lowest: i64,
}

impl Closings {
    pub fn new(mut closings: Vec<Closing>) -> Closings {
        closings.sort_by_key(|closing| closing.start);
        let lowest = closings.iter().map(|closing| closing.watermark).min();
        Closings {
            by_start: closings,
            lowest: lowest.unwrap_or(i64::MAX),
        }
    }

    pub fn effective(&self, occurred: i64, recorded: i64, number: i64) -> i64 {
        if number <= self.lowest {
            return occurred;
        }
        let mut at = occurred;
        while let Some(closing) = self.closed_before(at, number) {
            // An import that began before the period's end may write after its closing; what it writes then must not
            // fall back into the period. Each turn ends behind the period that it began in.
            let late = closing.closed_at.max(closing.end);
            at = if recorded >= closing.end {
                recorded
            } else {
                late
            };
        }
        at
    }

    fn closed_before(&self, at: i64, number: i64) -> Option<Closing> {
        let after = self.by_start.partition_point(|closing| closing.start <= at);
        let closing = *self.by_start.get(after.checked_sub(1)?)?;
        (at < closing.end && number > closing.watermark).then_some(closing)
    }
}
