//! Statements that are written as text, for both databases.

use sea_orm::{DbBackend, Statement, Value};

/// A statement of the backend from text whose parameters are all `?`. The text holds no other question mark.
pub fn statement(backend: DbBackend, text: &str, values: Vec<Value>) -> Statement {
    if backend != DbBackend::Postgres {
        return Statement::from_sql_and_values(backend, text, values);
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
}
