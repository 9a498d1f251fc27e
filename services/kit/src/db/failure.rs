//! What a database's failure means for whoever waits: it is tried again, it will pass, or it is a bug.

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{Error as Sqlx, error::DatabaseError},
};

use crate::error::Error;

/// SQLSTATE of what another transaction brought about: `serialization_failure` and `deadlock_detected`.
const COLLIDED: [&str; 2] = ["40001", "40P01"];
/// SQLSTATE classes of a server that is going, gone, full or overloaded: connection exceptions, insufficient resources,
/// operator intervention, system errors. https://www.postgresql.org/docs/15/errcodes-appendix.html
const AWAY: [&str; 4] = ["08", "53", "57", "58"];
/// SQLSTATE of what others hold up: `lock_not_available`, and `idle_in_transaction_session_timeout`, by which the server
/// ends a session that fell silent.
const HELD_UP: [&str; 2] = ["55P03", "25P03"];
/// SQLSTATE of a query that was ended, which `statement_timeout` does.
const QUERY_CANCELED: &str = "57014";
/// Primary result codes of SQLite that pass: busy, locked, input or output, full, cannot open.
/// https://www.sqlite.org/rescode.html
const SQLITE_AWAY: [i32; 5] = [5, 6, 10, 13, 14];

/// Whether the same job may succeed when it is run again at once.
pub fn collided(error: &Error) -> bool {
    let failure = error
        .source
        .as_ref()
        .and_then(|source| source.downcast_ref::<DbErr>());
    let code = failure
        .and_then(reported)
        .and_then(|reported| reported.code());
    code.is_some_and(|code| COLLIDED.contains(&code.as_ref()))
}

/// Whether the server ended the query because it took longer than `Server::longest_query`.
pub fn took_too_long(failure: &DbErr) -> bool {
    let Some(reported) = reported(failure) else {
        return false;
    };
    let postgres = reported.try_downcast_ref::<sea_orm::sqlx::postgres::PgDatabaseError>();
    postgres.is_some_and(|error| error.code() == QUERY_CANCELED)
}

/// Whether the database cannot answer at the moment but may in a while.
pub fn passes(failure: &DbErr) -> bool {
    if matches!(failure, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
        return true;
    }
    if let Some(reported) = reported(failure) {
        return match reported.code() {
            None => false,
            Some(code)
                if reported
                    .try_downcast_ref::<sea_orm::sqlx::postgres::PgDatabaseError>()
                    .is_some() =>
            {
                COLLIDED.contains(&code.as_ref())
                    || HELD_UP.contains(&code.as_ref())
                    || AWAY.iter().any(|class| code.starts_with(class))
            }
            // SQLite's extended codes hold the primary one in their lowest byte.
            Some(code) => code
                .parse::<i32>()
                .is_ok_and(|code| SQLITE_AWAY.contains(&(code & 0xff))),
        };
    }
    matches!(
        sqlx(failure),
        Some(
            Sqlx::Io(_)
                | Sqlx::Tls(_)
                | Sqlx::PoolTimedOut
                | Sqlx::PoolClosed
                | Sqlx::WorkerCrashed
                | Sqlx::Protocol(_)
        )
    )
}

fn sqlx(failure: &DbErr) -> Option<&Sqlx> {
    match failure {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

fn reported(failure: &DbErr) -> Option<&dyn DatabaseError> {
    sqlx(failure)?.as_database_error()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_broke_passes_and_a_wrong_statement_does_not() {
        let broken = |error: Sqlx| DbErr::Query(RuntimeErr::SqlxError(error.into()));
        assert!(passes(&broken(Sqlx::Io(
            std::io::ErrorKind::BrokenPipe.into()
        ))));
        assert!(passes(&broken(Sqlx::PoolTimedOut)));
        assert!(!passes(&broken(Sqlx::RowNotFound)));
        assert!(!passes(&DbErr::RecordNotFound("it".to_owned())));
        assert!(!collided(&Error::internal(broken(Sqlx::PoolTimedOut))));
    }
}
