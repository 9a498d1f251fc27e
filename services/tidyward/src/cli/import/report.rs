//! What an import came to: its counts, and its problems by kind.

use tidyward_kit::status::reason_name;
use tidyward_proto::v1::{Import, ImportProblem, ImportProblemKind, ImportState};

use super::Kind;
use crate::cli::{
    district::last,
    output::{Cell, Output, Table, Tone, number, text},
    review::wrapped,
};

/// Groups of problems that a summary shows.
const SHOWN: usize = 5;

/// Problems of one sort.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    count: usize,
    first: ImportProblem,
}

/// The counts as a record. Those that are zero because the import has no such thing are for programs alone.
pub fn counts(import: &Import) -> Table {
    let state = match import.state() {
        ImportState::Done => "done",
        ImportState::Failed => "failed",
        ImportState::Running => "running",
        ImportState::Unspecified => "",
    };
    let numbers = [
        ("rows_read", "Read", import.rows_read),
        ("rows_added", "Added", import.rows_added),
        ("rows_unchanged", "Unchanged", import.rows_unchanged),
        ("rows_conflicting", "Conflicting", import.rows_conflicting),
        ("rows_rejected", "Rejected", import.rows_rejected),
        ("rows_duplicate", "Duplicates", import.rows_duplicate),
        (
            "rows_without_position",
            "Without position",
            import.rows_without_position,
        ),
        ("rows_outside", "Outside every area", import.rows_outside),
    ];
    let mut columns = vec![text("import", "Import"), text("state", "State")];
    let mut row = vec![Cell::text(last(&import.name)), Cell::text(state)];
    for (index, (key, title, value)) in numbers.into_iter().enumerate() {
        let seen = index < 2 || value != 0;
        columns.push(number(key, if seen { title } else { "" }));
        row.push(Cell::Integer(value));
    }
    let mut table = Table::new(columns);
    table.rows.push(row);
    table
}

/// The problems by kind, reason and column, the most frequent first.
fn grouped(problems: &[ImportProblem]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let sort = |problem: &ImportProblem| (problem.kind, problem.reason, problem.column.clone());
    for problem in problems {
        match groups
            .iter_mut()
            .find(|group| sort(&group.first) == sort(problem))
        {
            Some(group) => group.count += 1,
            None => groups.push(Group {
                count: 1,
                first: problem.clone(),
            }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}

/// What people are told of the problems, with the command to see every one. Empty where there are none.
pub fn summary(output: &Output, kind: Kind, import: &Import, problems: &[ImportProblem]) -> String {
    let mut lines = problem_lines(output, problems);
    if !problems.is_empty() {
        let import = last(&import.name);
        lines.push_str(&format!(
            "every one: tidyward import problems {} {import}\n",
            kind.word()
        ));
    }
    lines
}

/// The problems by sort, with the first of each.
pub fn problem_lines(output: &Output, problems: &[ImportProblem]) -> String {
    let groups = grouped(problems);
    let mut lines = String::new();
    for group in groups.iter().take(SHOWN) {
        let first = &group.first;
        let reason = reason_name(first.reason());
        let head = format!(
            "{:>7} x {} {}",
            group.count,
            kind_word(first.kind()),
            reason
        );
        let column = if first.column.is_empty() {
            String::new()
        } else {
            format!(", {}", first.column)
        };
        lines.push_str(&format!("{}\n", output.toned(&head, Tone::Warning)));
        let words = format!("first in line {}{column}: {}", first.line, first.message);
        lines.push_str(&wrapped(&words, output.columns(), "          "));
    }
    if groups.len() > SHOWN {
        lines.push_str(&format!(
            "          and {} other sorts\n",
            groups.len() - SHOWN
        ));
    }
    lines
}

/// Every problem, for `import problems`.
pub fn listed(problems: &[ImportProblem]) -> Table {
    let mut table = Table::new(vec![
        number("line", "Line"),
        text("kind", "Kind"),
        text("column", "Column"),
        text("reason", "Reason"),
        text("message", "What to do"),
    ]);
    table.when_empty = "the import had no problems".to_owned();
    table.rows = problems
        .iter()
        .map(|problem| {
            vec![
                Cell::Integer(problem.line),
                Cell::text(kind_word(problem.kind())),
                Cell::text(&problem.column),
                Cell::text(reason_name(problem.reason())),
                Cell::text(&problem.message),
            ]
        })
        .collect();
    table
}

fn kind_word(kind: ImportProblemKind) -> &'static str {
    match kind {
        ImportProblemKind::Conflict => "conflicting",
        _ => "rejected",
    }
}

#[cfg(test)]
mod tests {
    use tidyward_kit::Reason;

    use super::*;
    use crate::cli::output::Format;

    fn problem(line: i64, column: &str, reason: Reason) -> ImportProblem {
        ImportProblem {
            kind: ImportProblemKind::Rejected as i32,
            line,
            column: column.to_owned(),
            reason: reason as i32,
            message: "`x` is no time".to_owned(),
        }
    }

    #[test]
    fn problems_are_told_by_sort_with_the_first_of_each() {
        let problems = [
            problem(3, "Reported", Reason::TimeInvalid),
            problem(5, "", Reason::PositionInvalid),
            problem(9, "Reported", Reason::TimeInvalid),
        ];
        let import = Import {
            name: "districts/d/imports/7".to_owned(),
            ..Import::default()
        };
        let output = Output {
            format: Format::Table,
            colours: false,
            width: None,
        };
        assert_eq!(
            summary(&output, Kind::Issues, &import, &problems),
            concat!(
                "      2 x rejected TIME_INVALID\n",
                "          first in line 3, Reported: `x` is no time\n",
                "      1 x rejected POSITION_INVALID\n",
                "          first in line 5: `x` is no time\n",
                "every one: tidyward import problems issues 7\n",
            )
        );
        assert_eq!(summary(&output, Kind::Issues, &import, &[]), "");
    }

    #[test]
    fn counts_that_are_zero_stay_for_programs() {
        let import = Import {
            rows_read: 4,
            rows_rejected: 1,
            ..Import::default()
        };
        let table = counts(&import);
        let seen: Vec<&str> = table
            .columns
            .iter()
            .filter(|column| !column.title.is_empty())
            .map(|column| column.key.as_str())
            .collect();
        assert_eq!(
            seen,
            [
                "import",
                "state",
                "rows_read",
                "rows_added",
                "rows_rejected"
            ]
        );
        assert_eq!(table.rows[0].len(), 10);
    }
}
