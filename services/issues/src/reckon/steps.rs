//! The steps of a reckoning as people read them, in Chinese and English. Runs of equal ordinary days are one step, so
//! that a long limit stays short.

use jiff::{Timestamp, civil::Date};

use crate::{
    calendar::Day,
    event::Kind,
    limit::{Limit, Unit},
    timing::{Deadline, Timing, minutes},
};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub start: Timestamp,
    pub end: Timestamp,
    /// Minutes of the limit that it uses up. Nothing where it is not a passing of time.
    pub minutes: Option<i64>,
    pub zh: String,
    pub en: String,
}

impl Step {
    fn at(at: Timestamp, zh: String, en: String) -> Step {
        Step {
            start: at,
            end: at,
            minutes: None,
            zh,
            en,
        }
    }

    pub(super) fn begun(timing: &Timing, kind: Kind, at: Timestamp) -> Step {
        let (zh, en) = match kind {
            Kind::Reported => ("上报", "reported"),
            Kind::Filed => ("立案", "filed"),
            Kind::Dispatched => ("派遣", "dispatched"),
            Kind::HandedIn => ("反馈", "handed in"),
            _ => ("起算", "begun"),
        };
        let when = wall(timing, at);
        Step::at(at, format!("{when} {zh}"), format!("{en} at {when}"))
    }

    pub(super) fn limit(timing: &Timing, limit: Limit, at: Timestamp) -> Step {
        let when = wall(timing, at);
        let (number, unit) = (limit.number(), unit_zh(limit.unit));
        Step::at(
            at,
            format!("自{when}起，时限{number}{unit}"),
            format!("limit {limit} from {when}"),
        )
    }

    pub(super) fn given(timing: &Timing, at: Timestamp, deadline: Timestamp) -> Step {
        let when = wall(timing, deadline);
        Step::at(
            at,
            format!("记录载明截止时间{when}"),
            format!("the record gives the deadline {when}"),
        )
    }

    pub(super) fn stood(
        timing: &Timing,
        kind: Kind,
        (start, end): (Timestamp, Timestamp),
        deadline: Timestamp,
    ) -> Step {
        let when = wall(timing, deadline);
        let (zh, en) = match kind {
            Kind::Resumed => ("缓办", "put off"),
            _ => ("待核查", "waiting for the check"),
        };
        let (from, until) = (wall(timing, start), wall(timing, end));
        Step {
            start,
            end,
            minutes: Some(0),
            zh: format!("{zh}，{from}至{until}停止计时，截止时间为{when}"),
            en: format!("{en}: the clock stood from {from} to {until}; the deadline is {when}"),
        }
    }

    pub(super) fn stands(timing: &Timing, since: Timestamp) -> Step {
        let when = wall(timing, since);
        Step::at(
            since,
            format!("自{when}起停止计时"),
            format!("the clock stands since {when}"),
        )
    }

    pub(super) fn extended(
        timing: &Timing,
        at: Timestamp,
        extra: Limit,
        (before, after): (Timestamp, Timestamp),
    ) -> Step {
        let (before, after) = (wall(timing, before), wall(timing, after));
        let (number, unit) = (extra.number(), unit_zh(extra.unit));
        Step::at(
            at,
            format!("延期{number}{unit}，截止时间由{before}延至{after}"),
            format!("extension of {extra}: the deadline moves from {before} to {after}"),
        )
    }

    pub(super) fn capped(timing: &Timing, at: Timestamp, cap: Timestamp) -> Step {
        let when = wall(timing, cap);
        Step::at(
            at,
            format!("并案，沿用较早的截止时间{when}"),
            format!("merged: the earlier deadline {when} is kept"),
        )
    }

    pub(super) fn deadline(timing: &Timing, deadline: Deadline) -> Step {
        let when = wall(timing, deadline.at);
        let (zh, en) = if deadline.provisional {
            (
                "（工作日历尚未公布，暂定）",
                ", provisional: the calendar is not published so far",
            )
        } else {
            ("", "")
        };
        Step::at(
            deadline.at,
            format!("截止时间{when}{zh}"),
            format!("deadline {when}{en}"),
        )
    }
}

/// The steps of a limit that begins at the instant, of nothing else.
pub fn of_limit(timing: &Timing, from: Timestamp, limit: Limit, deadline: Deadline) -> Vec<Step> {
    let mut steps = vec![Step::limit(timing, limit, from)];
    ran(&mut steps, timing, (from, deadline.at), limit.unit);
    steps.push(Step::deadline(timing, deadline));
    steps
}

/// Tells how the clock ran, and where an area's suspension let it stand.
pub(super) fn ran(
    steps: &mut Vec<Step>,
    timing: &Timing,
    (from, until): (Timestamp, Timestamp),
    unit: Unit,
) {
    let (mut at, until) = (from.as_microsecond(), until.as_microsecond());
    for (begins, ends) in timing.stand(at, until).collect::<Vec<_>>() {
        passed(steps, timing, (at, begins), unit);
        at = ends;
        steps.extend(step(
            (begins, ends),
            Some(0),
            (
                "区域暂停计时".to_owned(),
                "the clocks of the area stood".to_owned(),
            ),
        ));
    }
    passed(steps, timing, (at, until), unit);
}

fn passed(steps: &mut Vec<Step>, timing: &Timing, (from, until): (i64, i64), unit: Unit) {
    if until <= from {
        return;
    }
    if !unit.is_working() {
        let words = ("连续计时".to_owned(), "round the clock".to_owned());
        return steps.extend(step((from, until), Some(minutes(until - from)), words));
    }
    let mut rows: Vec<Row<'_>> = Vec::new();
    for day in timing
        .days(from)
        .take_while(|day| day.spans.first().is_none_or(|span| span.0 < until))
    {
        if timing
            .calendar
            .date_of(until)
            .is_none_or(|last| day.date > last)
        {
            break;
        }
        Row::add(&mut rows, day, from, until);
    }
    steps.extend(rows.into_iter().filter_map(Row::into_step));
}

/// A day, or a run of them.
struct Row<'a> {
    first: Date,
    last: Date,
    span: (i64, i64),
    worked: i64,
    days: i64,
    /// The whole of an ordinary day.
    whole: bool,
    day: Day<'a>,
}

impl<'a> Row<'a> {
    fn add(rows: &mut Vec<Row<'a>>, day: Day<'a>, from: i64, until: i64) {
        let worked = day.passed(until) - day.passed(from);
        let is_off = day.total == 0 && day.exception.is_some();
        if worked == 0 && !is_off {
            return;
        }
        let begin = day.spans.first().map_or(from, |span| span.0.max(from));
        let end = day.end().map_or(begin, |end| end.min(until));
        let whole = worked == day.total && day.exception.is_none();
        if let Some(last) = rows.last_mut() {
            let same_day_off = is_off && last.day.exception == day.exception;
            let same_hours = whole && last.whole && last.day.total == day.total;
            if same_day_off || same_hours {
                (last.last, last.span.1) = (day.date, end.max(last.span.1));
                (last.worked, last.days) = (last.worked + worked, last.days + 1);
                return;
            }
        }
        let (first, last, span) = (day.date, day.date, (begin, end));
        rows.push(Row {
            first,
            last,
            span,
            worked,
            days: 1,
            whole,
            day,
        });
    }

    fn into_step(self) -> Option<Step> {
        let title = self.day.exception.map_or("", |exception| &exception.title);
        let (first, last) = (self.first, self.last);
        let (zh_dates, en_dates) = if first == last {
            (first.to_string(), first.to_string())
        } else {
            (format!("{first}至{last}"), format!("{first} to {last}"))
        };
        let worked = minutes(self.worked);
        let (zh, en) = if self.day.total == 0 {
            (format!("{zh_dates} 放假"), format!("{en_dates}: off"))
        } else if self.days > 1 {
            let each = minutes(self.day.total);
            (
                format!("{zh_dates} {}个工作日，每日{each}分钟", self.days),
                format!("{en_dates}: {} working days of {each} minutes", self.days),
            )
        } else {
            (
                format!("{zh_dates} 工作{worked}分钟"),
                format!("{en_dates}: {worked} working minutes"),
            )
        };
        let (zh, en) = match title {
            "" => (zh, en),
            title => (format!("{zh}（{title}）"), format!("{en} ({title})")),
        };
        step(self.span, Some(worked), (zh, en))
    }
}

fn step(
    (start, end): (i64, i64),
    minutes: Option<i64>,
    (zh, en): (String, String),
) -> Option<Step> {
    Some(Step {
        start: Timestamp::from_microsecond(start).ok()?,
        end: Timestamp::from_microsecond(end).ok()?,
        minutes,
        zh,
        en,
    })
}

/// Wall time in the district, to the minute, or the second where there are any.
fn wall(timing: &Timing, at: Timestamp) -> String {
    let zoned = at.to_zoned(timing.calendar.zone().clone());
    let form = if zoned.second() == 0 {
        "%Y-%m-%d %H:%M"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    zoned.strftime(form).to_string()
}

fn unit_zh(unit: Unit) -> &'static str {
    match unit {
        Unit::WorkingHours => "个工作小时",
        Unit::WorkingDays => "个工作日",
        Unit::UrgentHours => "小时（紧急）",
        Unit::UrgentDays => "天（紧急）",
    }
}
