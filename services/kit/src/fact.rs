//! The facts that a rule may ask for: one table, which docs, manifest check, `facts list` and tests read.

/// What stands for no data in a column of integers, on the wire and in a rule.
pub const ABSENT: i64 = i64::MIN;

/// How the values of areas give the value of the area above them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addition {
    /// The sum of the children's present values.
    Sum,
    /// Recomputed from the area's own events.
    Recompute,
    /// Each area has its own or none.
    None,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Fact {
    /// In a family's row, `<category>` and its kin stand for one part, and `*` for the end of another row's name.
    pub name: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    pub unit: &'static str,
    /// Decimal places that the integer stands for.
    pub scale: u8,
    pub meaning: &'static str,
    pub example: &'static str,
    pub addition: Addition,
}

const fn count(
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    meaning: &'static str,
    example: &'static str,
) -> Fact {
    Fact {
        name,
        zh,
        en,
        unit: "count",
        scale: 0,
        meaning,
        example,
        addition: Addition::Sum,
    }
}

const fn other(row: Fact, unit: &'static str, scale: u8, addition: Addition) -> Fact {
    Fact {
        unit,
        scale,
        addition,
        ..row
    }
}

/// Every fact, in the order in which people read them.
#[rustfmt::skip]
pub const TABLE: &[Fact] = &[
    other(count("grid.days", "存续天数", "Days", "days of the period on which the area existed", "92"), "days", 0, Addition::None),
    other(count("grid.area", "面积", "Size", "size at the period's end", "10250"), "m2", 0, Addition::Sum),
    other(count("grid.roads", "道路长度", "Roads", "length of roads at the period's end", "420"), "m", 0, Addition::Sum),
    count("grid.households", "户数", "Households", "households at the period's end", "310"),
    count("grid.population", "人口", "Population", "population at the period's end", "870"),

    count("issues.reported", "上报数", "Reported", "issues reported in the period", "42"),
    count("issues.verified", "核实数", "Verified", "issues verified in the period", "40"),
    count("issues.rejected", "不予立案数", "Rejected", "issues rejected in the period", "2"),
    count("issues.merged", "并案数", "Merged", "issues merged into another in the period", "1"),
    count("issues.on_spot", "自行处置数", "Settled on the spot", "issues settled on the spot in the period", "5"),
    count("issues.filed", "立案数", "Filed", "rounds filed in the period", "39"),
    count("issues.accepted", "签收数", "Accepted", "acceptances by an assignee in the period", "39"),
    count("issues.accepted_on_time", "按期签收数", "Accepted on time", "of those accepted, within the filing condition's accept limit", "38"),
    count("issues.due", "应结案数", "Due", "rounds that became accountable in the period, plus those of `due_suspended`", "40"),
    count("issues.due_suspended", "缓办数", "Due but suspended", "rounds that are suspended at the end, are not accountable, and whose deadline, when they were suspended, lay in the period; such a round is due again when it has gone on and becomes accountable", "1"),
    count("issues.handled_on_time", "按期处置数", "Handled on time", "of those due, the hand-in that passed came at or before the handling deadline; absent where a round that was due and dispatched had none", "36"),
    count("issues.closed", "结案数", "Closed", "of those due, the check passed before the period's end", "38"),
    count("issues.closed_on_time", "按期结案数", "Closed on time", "of those closed, at or before the total deadline; absent where a round that was due had none", "35"),
    count("issues.overdue_open", "超期未结案数", "Overdue and open", "of those due, the clock ran out in the period and the round is open at its end", "1"),
    count("issues.backlog_start", "期初积压数", "Backlog at the start", "rounds whose clock ran out before the period and that were open at its start", "3"),
    count("issues.backlog_closed", "积压结案数", "Backlog closed", "of the backlog at the start, the check passed in the period", "2"),
    count("issues.backlog_open", "期末积压数", "Backlog still open", "of the backlog at the start, still open at the period's end", "1"),
    count("issues.checks", "核查次数", "Checks", "checks in the period that passed or failed; one that could not be made is none", "44"),
    count("issues.checks_failed", "核查未通过次数", "Checks failed", "checks that failed in the period, fraud among them", "3"),
    count("issues.rework_cases", "返工案件数", "Rework", "rounds whose first failed check came in the period", "3"),
    count("issues.rework_cases_3", "多次返工案件数", "Repeated rework", "rounds whose third failed check came in the period", "0"),
    count("issues.reopened", "重新立案数", "Reopened", "rounds begun by reopening in the period", "1"),
    count("issues.rebound", "反弹数", "Rebound", "closings followed by an external report of the same category nearby within its window; counted when that report came, where the closing was", "1"),
    count("issues.extended", "延期数", "Extended", "extensions approved in the period", "2"),
    count("issues.suspended", "缓办次数", "Suspended", "suspensions approved in the period", "1"),
    count("issues.forced", "强制结案数", "Closed by force", "rounds closed by force in the period", "0"),
    count("issues.returned", "回退数", "Returned", "rounds returned by their assignee in the period", "2"),
    count("issues.refused", "推诿数", "Refused", "returns that were overruled in the period", "1"),
    count("issues.fraud", "弄虚作假数", "Fraud", "checks in the period that found fraud", "0"),
    count("issues.false_close", "虚假结案数", "False closings", "closings found false in the period: reopened as not solved, or settled on the spot and found otherwise at a second look", "0"),
    count("issues.independent", "独立发现数", "Found independently", "issues filed from drawn inspections in the period", "10"),
    count("issues.missed", "漏报数", "Missed", "of those found independently, with no earlier own report open", "2"),
    other(count("issues.handle_minutes_p50", "处置时长中位数", "Median handling time", "dispatch to the hand-in that passed, less suspensions, of rounds whose check passed in the period; nearest rank over all of them in the area; absent below five", "310"), "working minutes", 0, Addition::Recompute),
    other(count("issues.handle_minutes_p90", "处置时长九十分位数", "Long handling time", "the same at the ninetieth percentile", "1440"), "working minutes", 0, Addition::Recompute),

    count("issues.urgent.*", "紧急案件", "Urgent rounds", "any count of `issues` for urgent rounds alone", "issues.urgent.due = 4"),
    count("issues.<category>.*", "分类案件", "By category", "any count of `issues` for a category with its descendants, as filed", "issues.litter.due = 12"),
    count("issues.own.*", "自主上报案件", "Own reports", "any count of `issues` for those reported by the area's own duty-holders", "issues.own.due = 9"),
    count("issues.external.*", "外部上报案件", "External reports", "any count of `issues` for those reported by everybody else", "issues.external.due = 31"),
    count("issues.duty.*", "责任人案件", "Dispatched to duty-holders", "any count of `issues` for rounds dispatched to the area's own duty-holders, from that dispatch on", "issues.duty.due = 20"),

    count("callback.contactable", "可回访数", "Contactable", "closings in the period of issues of residents and the hotline with somebody to call", "12"),
    count("callback.asked", "回访数", "Asked", "such closings that were called for the first time in the period", "10"),
    count("callback.answered", "回访成功数", "Answered", "of those asked, reached by the last call of the period", "8"),
    count("callback.solved", "已解决数", "Solved", "of those answered, solved in their eyes", "7"),
    count("callback.satisfied", "满意数", "Satisfied", "of those answered, satisfied", "6"),

    count("inspections.planned", "计划检查数", "Planned inspections", "inspections drawn for the period", "4"),
    count("inspections.count", "检查数", "Inspections", "valid inspections in the period", "4"),
    other(count("inspections.sum", "检查得分", "Points given", "points given by valid inspections", "92.5"), "points", 4, Addition::Sum),
    other(count("inspections.max", "检查满分", "Points to give", "points that valid inspections could give", "100"), "points", 4, Addition::Sum),
    count("inspections.covert.*", "暗访", "Covert inspections", "the same for covert inspections alone", "inspections.covert.count = 2"),
    count("inspections.<criterion>.*", "分项检查", "By criterion", "the same for one criterion of the standard", "inspections.litter.sum = 18.5"),

    count("crew.planned", "计划作业数", "Planned work", "crew reports planned for the period", "180"),
    count("crew.attended", "到岗数", "Attended", "of those, signed in", "176"),
    count("crew.done", "完成作业数", "Done", "of those, accepted by the desk", "171"),

    other(count("previous.score", "上期得分", "Last score", "score of the last final review of the same kind", "91.25"), "points", 4, Addition::None),
    other(count("previous.rank", "上期名次", "Last place", "place in the last final review of the same kind", "3"), "place", 0, Addition::None),

    other(count("metric.<name>", "其他指标", "Recorded metric", "anything recorded by area and period, with its own unit, scale and way to add up", "metric.survey_visited = 120"), "as declared", 0, Addition::None),
];

/// First parts of `issues.<x>.*` that are no category.
const ISSUE_FAMILIES: [&str; 4] = ["urgent", "own", "external", "duty"];

/// The row for a fact's full name; of `issues.litter.due` it is the row of `issues.due`. Nothing where no such fact is.
pub fn find(name: &str) -> Option<&'static Fact> {
    if name.contains(['<', '*']) {
        return None;
    }
    if let Some(row) = TABLE.iter().find(|row| row.name == name) {
        return Some(row);
    }
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["metric", id] if is_id(id) => TABLE.iter().find(|row| row.name == "metric.<name>"),
        [family @ ("issues" | "inspections"), id, last] if is_id(id) => {
            let base = format!("{family}.{last}");
            let row = TABLE.iter().find(|row| row.name == base)?;
            (row.addition == Addition::Sum).then_some(row)
        }
        _ => None,
    }
}

/// Whether a name is that of a metric that belongs to nobody but the district.
pub fn is_metric(name: &str) -> bool {
    name.strip_prefix("metric.").is_some_and(is_id)
}

/// Whether a category may have this code: 1 to 40 of a-z, 0-9 and underscore, beginning with a letter, and none of the
/// words that families of facts have.
pub fn is_category_code(code: &str) -> bool {
    is_id(code) && !ISSUE_FAMILIES.contains(&code)
}

fn is_id(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Gives each area without a value of its own the sum of its children's present values, from the bottom up.
///
/// `depths` says how deep each area is (a child is deeper than its parent), `parents` the index of the area above.
pub fn roll_up(depths: &[u8], parents: &[Option<usize>], values: &mut [i64]) {
    let own: Vec<bool> = values.iter().map(|value| *value != ABSENT).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(depths[index]));
    for index in order {
        let Some(parent) = parents[index].filter(|&parent| !own[parent]) else {
            continue;
        };
        if values[index] != ABSENT {
            let sum = if values[parent] == ABSENT {
                0
            } else {
                values[parent]
            };
            values[parent] = sum.saturating_add(values[index]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_alone_and_in_families() {
        let check = |name: &str, row: Option<&str>| {
            assert_eq!(find(name).map(|fact| fact.name), row, "{name}");
        };
        check("issues.due", Some("issues.due"));
        check("issues.litter.due", Some("issues.due"));
        check(
            "issues.external.handled_on_time",
            Some("issues.handled_on_time"),
        );
        check("inspections.covert.sum", Some("inspections.sum"));
        check("metric.survey_visited", Some("metric.<name>"));
        check("metric.Survey", None);
        check("metric.", None);
        check("issues.<category>.*", None);
        check("issues.litter.nothing", None);
        check("issues.litter.handle_minutes_p50", None);
        check("nothing", None);
    }

    #[test]
    fn every_row_is_there_once_and_says_all() {
        for (index, row) in TABLE.iter().enumerate() {
            assert!(
                TABLE[..index].iter().all(|other| other.name != row.name),
                "{}",
                row.name
            );
            for text in [row.zh, row.en, row.unit, row.meaning, row.example] {
                assert!(!text.is_empty(), "{}", row.name);
            }
        }
    }

    #[test]
    fn parents_get_the_sum_of_what_is_there_and_keep_what_they_have() {
        // 0 above 1 and 2; 1 above 3 and 4; 2 above 5; 6 above 7 has its own.
        let depths = [1, 2, 2, 3, 3, 3, 1, 3];
        let parents = [
            None,
            Some(0),
            Some(0),
            Some(1),
            Some(1),
            Some(2),
            None,
            Some(6),
        ];
        let mut values = [ABSENT, ABSENT, ABSENT, 4, ABSENT, ABSENT, 50, 7];
        roll_up(&depths, &parents, &mut values);
        assert_eq!(values, [4, 4, ABSENT, 4, ABSENT, ABSENT, 50, 7]);
    }
}
