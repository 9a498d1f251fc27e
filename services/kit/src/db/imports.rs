//! Tables of imports: one row for each, and one for each problem that it had.

use sea_orm::{
    ConnectionTrait, ExprTrait, Order, QueryResult,
    sea_query::{Alias, Expr, Query, Table, TableCreateStatement},
};

use super::schema::{big, key, maybe_big, name, small, text};
use crate::error::Error;

/// What an import has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    pub read: i64,
    pub added: i64,
    pub unchanged: i64,
    pub conflicting: i64,
    pub rejected: i64,
    pub duplicate: i64,
    pub without_position: i64,
    pub outside: i64,
    /// How much of the file was read, in hundredths of a percent.
    pub done: i64,
}

/// One import. The numbers of `state` are the proto's.
#[derive(Clone, Debug)]
pub struct ImportRow {
    pub district: String,
    pub import: String,
    pub upload: String,
    pub mapping: String,
    pub state: i32,
    pub error: String,
    pub counts: Counts,
    /// Microseconds.
    pub created_at: i64,
    /// Microseconds; nothing while it runs.
    pub ended_at: Option<i64>,
}

/// One row that was rejected or conflicts. The numbers of `kind` and `reason` are the proto's.
#[derive(Clone, Debug)]
pub struct ProblemRow {
    pub kind: i32,
    pub line: i64,
    pub column: String,
    pub reason: i32,
    pub message: String,
}

const COUNTS: [&str; 9] = [
    "read",
    "added",
    "unchanged",
    "conflicting",
    "rejected",
    "duplicate",
    "without_position",
    "outside",
    "done",
];

/// The tables of a service: `grid` has `grid_import` and `grid_import_problem`.
pub fn tables(prefix: &str) -> [TableCreateStatement; 2] {
    let mut import = Table::create();
    import
        .table(name(format!("{prefix}_import")))
        .col(text("district"))
        .col(text("import"))
        .col(text("upload"))
        .col(text("mapping"))
        .col(small("state"))
        .col(text("error"))
        .col(big("created_at"))
        .col(maybe_big("ended_at"));
    for column in COUNTS {
        import.col(big(column));
    }
    import.primary_key(&mut key(&["district", "import"]));
    let problem = Table::create()
        .table(name(format!("{prefix}_import_problem")))
        .col(text("district"))
        .col(text("import"))
        .col(big("number"))
        .col(small("kind"))
        .col(big("line"))
        .col(text("column"))
        .col(small("reason"))
        .col(text("message"))
        .primary_key(&mut key(&["district", "import", "number"]))
        .to_owned();
    [import, problem]
}

pub async fn insert(db: &impl ConnectionTrait, prefix: &str, row: &ImportRow) -> Result<(), Error> {
    let columns = [
        "district",
        "import",
        "upload",
        "mapping",
        "state",
        "error",
        "created_at",
    ];
    let insert = Query::insert()
        .into_table(Alias::new(format!("{prefix}_import")))
        .columns(columns.into_iter().chain(COUNTS).map(Alias::new))
        .values_panic(
            [
                row.district.clone().into(),
                row.import.clone().into(),
                row.upload.clone().into(),
                row.mapping.clone().into(),
                row.state.into(),
                row.error.clone().into(),
                row.created_at.into(),
            ]
            .into_iter()
            .chain(numbers(&row.counts).map(Into::into)),
        )
        .to_owned();
    db.execute(&insert).await?;
    Ok(())
}

/// Writes how far an import is, or how it ended.
pub async fn update(db: &impl ConnectionTrait, prefix: &str, row: &ImportRow) -> Result<(), Error> {
    let mut update = Query::update();
    update
        .table(Alias::new(format!("{prefix}_import")))
        .value(Alias::new("state"), row.state)
        .value(Alias::new("error"), row.error.clone())
        .value(Alias::new("ended_at"), row.ended_at)
        .and_where(Expr::col(Alias::new("district")).eq(&row.district))
        .and_where(Expr::col(Alias::new("import")).eq(&row.import));
    for (name, number) in COUNTS.into_iter().zip(numbers(&row.counts)) {
        update.value(Alias::new(name), number);
    }
    db.execute(&update).await?;
    Ok(())
}

pub async fn find(
    db: &impl ConnectionTrait,
    prefix: &str,
    district: &str,
    import: &str,
) -> Result<Option<ImportRow>, Error> {
    let select = all(prefix)
        .and_where(Expr::col(Alias::new("district")).eq(district))
        .and_where(Expr::col(Alias::new("import")).eq(import))
        .to_owned();
    db.query_one(&select)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// Every import of every district in the state: at start, those that a stop cut off.
pub async fn in_state(
    db: &impl ConnectionTrait,
    prefix: &str,
    state: i32,
) -> Result<Vec<ImportRow>, Error> {
    let select = all(prefix)
        .and_where(Expr::col(Alias::new("state")).eq(state))
        .to_owned();
    db.query_all(&select).await?.iter().map(read).collect()
}

/// Adds problems; `first` is the number of the first of them.
pub async fn insert_problems(
    db: &impl ConnectionTrait,
    prefix: &str,
    (district, import): (&str, &str),
    first: i64,
    problems: &[ProblemRow],
) -> Result<(), Error> {
    let columns = [
        "district", "import", "number", "kind", "line", "column", "reason", "message",
    ];
    for (index, some) in problems.chunks(500).enumerate() {
        let mut insert = Query::insert();
        insert
            .into_table(Alias::new(format!("{prefix}_import_problem")))
            .columns(columns.map(Alias::new));
        for (number, problem) in (first + index as i64 * 500..).zip(some) {
            insert.values_panic([
                district.into(),
                import.into(),
                number.into(),
                problem.kind.into(),
                problem.line.into(),
                problem.column.clone().into(),
                problem.reason.into(),
                problem.message.clone().into(),
            ]);
        }
        db.execute(&insert).await?;
    }
    Ok(())
}

/// So many problems with numbers above `after`, each with its number.
pub async fn problems(
    db: &impl ConnectionTrait,
    prefix: &str,
    (district, import): (&str, &str),
    after: i64,
    most: usize,
) -> Result<Vec<(i64, ProblemRow)>, Error> {
    let select = Query::select()
        .columns(["number", "kind", "line", "column", "reason", "message"].map(Alias::new))
        .from(Alias::new(format!("{prefix}_import_problem")))
        .and_where(Expr::col(Alias::new("district")).eq(district))
        .and_where(Expr::col(Alias::new("import")).eq(import))
        .and_where(Expr::col(Alias::new("number")).gt(after))
        .order_by(Alias::new("number"), Order::Asc)
        .limit(most as u64)
        .to_owned();
    let rows = db.query_all(&select).await?;
    rows.iter()
        .map(|row| {
            let problem = ProblemRow {
                kind: row.try_get("", "kind")?,
                line: row.try_get("", "line")?,
                column: row.try_get("", "column")?,
                reason: row.try_get("", "reason")?,
                message: row.try_get("", "message")?,
            };
            Ok((row.try_get("", "number")?, problem))
        })
        .collect()
}

fn all(prefix: &str) -> sea_orm::sea_query::SelectStatement {
    let columns = [
        "district",
        "import",
        "upload",
        "mapping",
        "state",
        "error",
        "created_at",
        "ended_at",
    ];
    Query::select()
        .columns(columns.into_iter().chain(COUNTS).map(Alias::new))
        .from(Alias::new(format!("{prefix}_import")))
        .to_owned()
}

fn read(row: &QueryResult) -> Result<ImportRow, Error> {
    Ok(ImportRow {
        district: row.try_get("", "district")?,
        import: row.try_get("", "import")?,
        upload: row.try_get("", "upload")?,
        mapping: row.try_get("", "mapping")?,
        state: row.try_get("", "state")?,
        error: row.try_get("", "error")?,
        counts: Counts {
            read: row.try_get("", "read")?,
            added: row.try_get("", "added")?,
            unchanged: row.try_get("", "unchanged")?,
            conflicting: row.try_get("", "conflicting")?,
            rejected: row.try_get("", "rejected")?,
            duplicate: row.try_get("", "duplicate")?,
            without_position: row.try_get("", "without_position")?,
            outside: row.try_get("", "outside")?,
            done: row.try_get("", "done")?,
        },
        created_at: row.try_get("", "created_at")?,
        ended_at: row.try_get("", "ended_at")?,
    })
}

/// In the order of `COUNTS`.
fn numbers(counts: &Counts) -> [i64; 9] {
    [
        counts.read,
        counts.added,
        counts.unchanged,
        counts.conflicting,
        counts.rejected,
        counts.duplicate,
        counts.without_position,
        counts.outside,
        counts.done,
    ]
}
