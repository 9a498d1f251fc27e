//! The ledger as it lies in the database, read past every server: whether it is whole, and whether what callers were told
//! is in it.

use std::{collections::HashMap, path::Path};

use sha2::{Digest, Sha256};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement};

use tidyward_kit::clock;
use tidyward_proto::v1::Issue;

use super::{
    caller::{self, Caller},
    scene::D,
    watcher::Told,
};

/// What must find nothing, each with what it is that it would find.
const NEVER: &[(&str, &str)] = &[
    (
        "numbers of events that repeat, or a hole between them",
        "SELECT * FROM (SELECT COUNT(*) AS n, COUNT(DISTINCT number) AS distinct_n, MIN(number) AS first, \
         MAX(number) AS last FROM issue_event) AS numbers WHERE n <> distinct_n OR n > 0 AND (first <> 1 OR last <> n)",
    ),
    (
        "a count of events that is not their number",
        "SELECT * FROM issue_ledger WHERE last_number <> (SELECT COUNT(*) FROM issue_event)",
    ),
    (
        "an issue whose events are not numbered from 1 on",
        "SELECT issue_number FROM issue_event GROUP BY issue_number \
         HAVING MIN(sequence) <> 1 OR MAX(sequence) <> COUNT(*) OR COUNT(DISTINCT sequence) <> COUNT(*)",
    ),
    (
        "an event of no issue",
        "SELECT e.number FROM issue_event e LEFT JOIN issue i ON i.district = e.district AND i.number = e.issue_number \
         WHERE i.issue IS NULL",
    ),
    (
        "an issue without its last event",
        "SELECT i.issue FROM issue i LEFT JOIN issue_event e \
         ON e.district = i.district AND e.issue_number = i.number AND e.sequence = i.last_sequence \
         WHERE e.number IS NULL \
         OR i.last_sequence <> (SELECT COUNT(*) FROM issue_event o WHERE o.district = i.district AND o.issue_number = i.number)",
    ),
    // Reported, filed, dispatched, accepted, handed in: each leads to one state, and filing begins the round.
    (
        "an issue whose row is not what its events come to",
        "SELECT i.issue, i.state, e.kind FROM issue i JOIN issue_event e \
         ON e.district = i.district AND e.issue_number = i.number AND e.sequence = i.last_sequence \
         WHERE i.state <> CASE e.kind WHEN 1 THEN 1 WHEN 2 THEN 3 WHEN 3 THEN 4 WHEN 11 THEN 5 WHEN 4 THEN 8 ELSE -1 END \
         OR i.round <> CASE e.kind WHEN 1 THEN 0 ELSE 1 END OR i.updated_at <> e.recorded_at",
    ),
    (
        "an event without its notice",
        "SELECT e.number FROM issue_event e JOIN issue i ON i.district = e.district AND i.number = e.issue_number \
         LEFT JOIN issue_notice n ON n.district = e.district AND n.issue = i.issue AND n.sequence = e.sequence \
         WHERE n.notice IS NULL",
    ),
    (
        "more notices than events",
        "SELECT * FROM (SELECT (SELECT COUNT(*) FROM issue_notice) AS notices, \
         (SELECT COUNT(*) FROM issue_event) AS events) AS counts WHERE notices <> events",
    ),
    (
        "a dispatch of which its officer is not told",
        "SELECT n.notice FROM issue_event e JOIN issue i ON i.district = e.district AND i.number = e.issue_number \
         JOIN issue_notice n ON n.district = e.district AND n.issue = i.issue AND n.sequence = e.sequence \
         LEFT JOIN issue_notice_recipient r ON r.district = n.district AND r.notice = n.notice AND r.recipient = i.assignee \
         WHERE e.kind = 3 AND r.notice IS NULL",
    ),
    (
        "an issue whose reporter is not there",
        "SELECT i.issue FROM issue i LEFT JOIN issue_reporter r ON r.district = i.district AND r.reporter = i.reporter \
         WHERE r.reporter IS NULL",
    ),
    (
        "a report that went in twice",
        "SELECT description FROM issue GROUP BY description HAVING COUNT(*) > 1",
    ),
    (
        "evidence that is used and not ready, or whose uses are not counted",
        "SELECT e.sha256 FROM issue_evidence e WHERE (e.uses > 0 AND e.ready <> 1) OR e.uses <> \
         (SELECT COUNT(*) FROM issue_evidence_use u WHERE u.district = e.district AND u.sha256 = e.sha256)",
    ),
    (
        "a use of evidence that is not there, or by an event that is not",
        "SELECT u.sha256 FROM issue_evidence_use u \
         LEFT JOIN issue_evidence e ON e.district = u.district AND e.sha256 = u.sha256 \
         LEFT JOIN issue i ON i.district = u.district AND i.issue = u.issue \
         WHERE e.sha256 IS NULL OR i.issue IS NULL OR u.sequence > i.last_sequence",
    ),
    (
        "a report or move without its answered request, or a request without it",
        "SELECT * FROM (SELECT (SELECT COUNT(*) FROM issue_request WHERE method = 'ReportIssue') AS reports, \
         (SELECT COUNT(*) FROM issue_request WHERE method = 'TransitionIssue') AS moves, \
         (SELECT COUNT(*) FROM issue) AS issues, (SELECT COUNT(*) FROM issue_event) AS events) AS counts \
         WHERE reports <> issues OR moves <> events - issues",
    ),
];

/// The deadlines that a caller was told, in microseconds.
fn deadlines(issue: &Issue) -> [Option<i64>; 3] {
    let told = [
        &issue.stage_deadline,
        &issue.handling_deadline,
        &issue.total_deadline,
    ];
    told.map(|told| {
        let at = told.as_ref().map(clock::from_wire);
        at.map(|at| at.expect("a time").as_microsecond())
    })
}

pub struct Ledger(DatabaseConnection);

/// An issue as its row has it.
struct Row {
    description: String,
    state: i32,
    events: i32,
    assignee: Option<String>,
    /// Of the stage, the handling and the whole, in microseconds.
    deadlines: [Option<i64>; 3],
}

impl Ledger {
    pub async fn open(url: &str) -> Ledger {
        let opened = Database::connect(url).await;
        Ledger(opened.expect("the database is there"))
    }

    pub async fn close(self) {
        self.0.close().await.expect("the database closes");
    }

    async fn rows(&self, text: &str) -> Vec<QueryResult> {
        let select = Statement::from_string(self.0.get_database_backend(), text);
        let rows = self.0.query_all_raw(select).await;
        rows.unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// Nothing is half-written.
    pub async fn is_whole(&self) {
        for (what, text) in NEVER {
            let found = self.rows(text).await;
            assert!(found.is_empty(), "{what}, {} times: {text}", found.len());
        }
    }

    /// Every answer that the callers have still holds. Each issue may be one move further, whose answer was lost.
    pub async fn holds(&self, callers: &[Caller]) {
        // What was told is taken before the rows are read: what is told meanwhile is not looked for.
        let told: Vec<_> = callers.iter().flat_map(Caller::issues).collect();
        let rows = self.issues().await;
        for issue in &told {
            let id = issue.name.rsplit('/').next().unwrap_or_default();
            let row = rows.get(id);
            let row = row.unwrap_or_else(|| panic!("an acknowledged report is lost: {issue:?}"));
            assert_eq!(row.description, issue.description);
            let acknowledged = caller::events(issue);
            assert!(
                row.events >= acknowledged,
                "an acknowledged move is lost: {issue:?} has {} events",
                row.events
            );
            if row.events == acknowledged {
                assert_eq!(row.state, issue.state, "{issue:?}");
                assert_eq!(row.deadlines, deadlines(issue), "{issue:?}");
                let assignee = row.assignee.as_deref().unwrap_or_default();
                assert_eq!(assignee, issue.assignee, "{issue:?}");
            }
        }
    }

    /// Every photo of an acknowledged report is there and is shown by that report, once.
    pub async fn holds_photos(&self, callers: &[Caller], objects: &Path) {
        let told: Vec<_> = callers.iter().flat_map(Caller::photos).collect();
        let mut shown: HashMap<(String, String), usize> = HashMap::new();
        for row in self
            .rows("SELECT issue, sha256 FROM issue_evidence_use")
            .await
        {
            let read =
                || Ok::<_, sea_orm::DbErr>((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
            *shown.entry(read().expect("a use of evidence")).or_default() += 1;
        }
        for one in &told {
            assert_eq!(
                shown.get(one),
                Some(&1),
                "an acknowledged photo is lost: {one:?}"
            );
            let sha256 = &one.1;
            let file = objects
                .join("evidence")
                .join(D)
                .join(&sha256[..2])
                .join(sha256);
            let bytes = std::fs::read(&file);
            let bytes = bytes.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let digest = Sha256::digest(&bytes);
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(&digest, sha256);
        }
    }

    /// Every event in the order of commits.
    pub async fn happened(&self) -> Vec<Told> {
        let text = "SELECT i.issue, e.sequence FROM issue_event e \
                    JOIN issue i ON i.district = e.district AND i.number = e.issue_number ORDER BY e.number";
        let rows = self.rows(text).await;
        let read = rows
            .iter()
            .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
        let read: Result<Vec<Told>, sea_orm::DbErr> = read.collect();
        read.expect("rows of events")
    }

    /// Every issue and every move was acknowledged, once nothing is on its way.
    pub async fn holds_nothing_else(&self, callers: &[Caller]) {
        let told: Vec<_> = callers.iter().flat_map(Caller::issues).collect();
        let rows = self.issues().await;
        assert_eq!(rows.len(), told.len(), "an issue that nobody was told of");
        for issue in &told {
            let id = issue.name.rsplit('/').next().unwrap_or_default();
            let acknowledged = caller::events(issue);
            assert_eq!(rows[id].events, acknowledged, "{issue:?}");
        }
    }

    async fn issues(&self) -> HashMap<String, Row> {
        let text = "SELECT issue, description, state, last_sequence, assignee, \
                    stage_deadline, handling_deadline, total_deadline FROM issue";
        let rows = self.rows(text).await;
        let read = rows.iter().map(|row| {
            let issue: String = row.try_get_by_index(0)?;
            let row = Row {
                description: row.try_get_by_index(1)?,
                state: row.try_get_by_index(2)?,
                events: row.try_get_by_index(3)?,
                assignee: row.try_get_by_index(4)?,
                deadlines: [
                    row.try_get_by_index(5)?,
                    row.try_get_by_index(6)?,
                    row.try_get_by_index(7)?,
                ],
            };
            Ok((issue, row))
        });
        let read: Result<_, sea_orm::DbErr> = read.collect();
        read.expect("rows of issues")
    }
}
