//! Statements that are written as text, for both databases.

use sea_orm::{DbBackend, Statement, Value};

/// A statement of the backend from text whose parameters are all `?`. The text holds no other question mark.
///
/// SQLite looks behind the parameter of a limit when it plans, and so plans anew whenever one is bound, which costs more
/// than most questions do. There a limit at the end is written into the text.
pub fn statement(backend: DbBackend, text: &str, mut values: Vec<Value>) -> Statement {
    if backend != DbBackend::Postgres {
        let limit = text.strip_suffix("LIMIT ?").zip(values.last().cloned());
        let Some((text, Value::BigInt(Some(most)))) = limit else {
            return Statement::from_sql_and_values(backend, text, values);
        };
        values.pop();
        return Statement::from_sql_and_values(backend, format!("{text}LIMIT {most}"), values);
    }
    let mut numbered = String::with_capacity(text.len() + values.len() * 2);
    let mut parts = text.split('?');
    numbered.push_str(parts.next().unwrap_or_default());
    for (number, part) in (1..).zip(parts) {
        numbered.push('$');
        numbered.push_str(&i32::to_string(&number));
        numbered.push_str(part);
    }
    Statement::from_sql_and_values(backend, numbered, values)
}

/// `(?, ?), (?, ?)`: so many rows of so many columns.
pub fn places(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    vec![row.as_str(); rows].join(", ")
}

/// The rows cut into portions, each of a power of two and at most so many: so there are few different statements, however
/// many rows come, and each is prepared once.
pub fn portions<T>(rows: &[T], most: usize) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let largest = rest.len().min(most).checked_ilog2()?;
        let (portion, behind) = rest.split_at(1 << largest);
        rest = behind;
        Some(portion)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_where_the_backend_wants_it() {
        let text = format!("INSERT INTO t VALUES {} RETURNING a", places(2, 2));
        let values = vec![Value::from(1_i64); 4];
        let sqlite = statement(DbBackend::Sqlite, &text, values.clone());
        assert_eq!(
            sqlite.sql,
            "INSERT INTO t VALUES (?, ?), (?, ?) RETURNING a"
        );
        let postgres = statement(DbBackend::Postgres, &text, values);
        assert_eq!(
            postgres.sql,
            "INSERT INTO t VALUES ($1, $2), ($3, $4) RETURNING a"
        );
    }

    #[test]
    fn a_limit_at_the_end_is_written_out_where_it_would_be_planned_anew() {
        let text = "SELECT a FROM t WHERE b = ? LIMIT ?";
        let values = vec![Value::from(7_i64), Value::from(20_i64)];
        let sqlite = statement(DbBackend::Sqlite, text, values.clone());
        assert_eq!(sqlite.sql, "SELECT a FROM t WHERE b = ? LIMIT 20");
        assert_eq!(sqlite.values.unwrap().0, values[..1]);
        let postgres = statement(DbBackend::Postgres, text, values.clone());
        assert_eq!(postgres.sql, "SELECT a FROM t WHERE b = $1 LIMIT $2");
        assert_eq!(postgres.values.unwrap().0, values);
    }

    #[test]
    fn portions_are_powers_of_two_and_hold_every_row_in_order() {
        let rows: Vec<usize> = (0..155).collect();
        let sizes = |most| {
            portions(&rows, most)
                .map(<[usize]>::len)
                .collect::<Vec<_>>()
        };
        assert_eq!(sizes(100), [64, 64, 16, 8, 2, 1]);
        assert_eq!(sizes(1_000), [128, 16, 8, 2, 1]);
        let together: Vec<usize> = portions(&rows, 100).flatten().copied().collect();
        assert_eq!(together, rows);
        assert_eq!(portions(&rows[..0], 100).count(), 0);
    }
}
