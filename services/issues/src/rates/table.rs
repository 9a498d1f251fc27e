//! The table of rates, and the figures that they and plain counts give.

use tidyward_kit::fact;

use crate::facts::measure::{
    Counts,
    Measure::{self, *},
    TABLE,
};

/// Measures added up, or taken away.
type Sum = &'static [(i64, Measure)];

/// One rate.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub name: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    above: Sum,
    below: Sum,
}

const fn rate(
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    above: Sum,
    below: Sum,
) -> Rate {
    Rate {
        name,
        zh,
        en,
        above,
        below,
    }
}

/// Rounds that were due, but for those that are suspended.
const ANSWERED_FOR: Sum = &[(1, Due), (-1, DueSuspended)];

/// Every rate. Whether a round was on time cannot be told where it had no deadline, so its base leaves such rounds out.
#[rustfmt::skip]
pub const RATES: [Rate; 14] = [
    rate("close_rate", "结案率", "Closed", &[(1, Closed)], ANSWERED_FOR),
    rate("on_time_close_rate", "按期结案率", "Closed on time", &[(1, ClosedOnTime)], &[(1, Due), (-1, DueSuspended), (-1, Untotalled)]),
    rate("handled_on_time_rate", "按期处置率", "Handled on time", &[(1, HandledOnTime)], &[(1, Due), (-1, DueSuspended), (-1, Unhandled)]),
    rate("accept_on_time_rate", "按期签收率", "Accepted on time", &[(1, AcceptedOnTime)], &[(1, Accepted)]),
    rate("rework_rate", "返工率", "Checks failed", &[(1, ChecksFailed)], &[(1, Checks)]),
    rate("rebound_rate", "反弹率", "Rebounds", &[(1, Rebound)], &[(1, Closed)]),
    rate("reopen_rate", "重新立案率", "Reopened", &[(1, Reopened)], &[(1, Closed)]),
    rate("false_close_rate", "虚假结案率", "False closings", &[(1, FalseClose)], &[(1, Closed), (1, OnSpot)]),
    rate("backlog_close_rate", "积压结案率", "Backlog closed", &[(1, BacklogClosed)], &[(1, BacklogStart)]),
    rate("callback_rate", "回访率", "Called back", &[(1, Asked)], &[(1, Contactable)]),
    rate("answer_rate", "回访成功率", "Answered", &[(1, Answered)], &[(1, Asked)]),
    rate("solved_rate", "解决率", "Solved", &[(1, Solved)], &[(1, Answered)]),
    rate("satisfaction_rate", "满意率", "Satisfied", &[(1, Satisfied)], &[(1, Answered)]),
    rate("own_share", "自主上报率", "Own reports", &[(1, OwnReported)], &[(1, Reported)]),
];

/// What a column of the answer holds.
#[derive(Clone, Copy, Debug)]
pub enum Column {
    Rate(&'static Rate),
    Count(&'static crate::facts::measure::Row),
}

/// Counts and their ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    pub numerator: i64,
    /// Nothing for a plain count.
    pub denominator: Option<i64>,
    /// In 1/10,000, half away from zero. Nothing where the base is zero.
    pub rate: Option<i64>,
}

impl Column {
    /// A rate by its name, or a count by the last part of its fact's.
    pub fn find(name: &str) -> Option<Column> {
        let rate = RATES.iter().find(|rate| rate.name == name);
        let count = || TABLE.iter().find(|row| row.last() == name);
        rate.map(Column::Rate)
            .or_else(|| count().map(Column::Count))
    }

    pub fn name(&self) -> &'static str {
        match self {
            Column::Rate(rate) => rate.name,
            Column::Count(row) => row.last(),
        }
    }

    /// In Chinese and English.
    pub fn title(&self) -> (&'static str, &'static str) {
        match self {
            Column::Rate(rate) => (rate.zh, rate.en),
            Column::Count(row) => fact::find(row.fact).map_or(("", ""), |fact| (fact.zh, fact.en)),
        }
    }

    /// What stands above the line.
    pub fn numerator(&self) -> String {
        match self {
            Column::Rate(rate) => written(rate.above),
            Column::Count(row) => row.last().to_owned(),
        }
    }

    /// What stands below it; nothing for a plain count.
    pub fn denominator(&self) -> Option<String> {
        match self {
            Column::Rate(rate) => Some(written(rate.below)),
            Column::Count(_) => None,
        }
    }

    pub fn figure(&self, counts: &Counts) -> Figure {
        let sum =
            |terms: Sum| -> i64 { terms.iter().map(|(sign, of)| sign * counts.of(*of)).sum() };
        match self {
            Column::Rate(rate) => {
                let (above, below) = (sum(rate.above), sum(rate.below));
                Figure {
                    numerator: above,
                    denominator: Some(below),
                    rate: ratio(above, below),
                }
            }
            Column::Count(row) => Figure {
                numerator: counts.of(row.measure),
                denominator: None,
                rate: None,
            },
        }
    }
}

/// In 1/10,000. Counts are never negative.
fn ratio(above: i64, below: i64) -> Option<i64> {
    if below <= 0 {
        return None;
    }
    let (above, below) = (i128::from(above), i128::from(below));
    i64::try_from((above * 20_000 + below) / (below * 2)).ok()
}

fn written(terms: Sum) -> String {
    let mut text = String::new();
    for (index, (sign, measure)) in terms.iter().enumerate() {
        if index > 0 {
            text.push_str(if *sign < 0 { " - " } else { " + " });
        }
        text.push_str(called(*measure));
    }
    text
}

fn called(measure: Measure) -> &'static str {
    match measure {
        Unhandled => "due_without_handling_deadline",
        Untotalled => "due_without_total_deadline",
        OwnReported => "own.reported",
        measure => {
            let row = TABLE.iter().find(|row| row.measure == measure);
            row.map_or("", |row| row.last())
        }
    }
}
