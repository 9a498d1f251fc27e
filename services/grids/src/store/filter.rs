//! Filters as conditions: every value is bound, and columns come from a table in the code.

use sea_orm::{ExprTrait, Value as Bound, sea_query::Expr};
use tidyward_kit::filter::{self, Op, Value};

/// The condition that a filter is, where `compare` is that of one comparison.
pub fn condition(
    filter: &filter::Expr,
    compare: &impl Fn(&'static str, Op, &Value) -> Expr,
) -> Expr {
    let joined = |all: &[filter::Expr], join: fn(Expr, Expr) -> Expr| {
        let all = all.iter().map(|one| condition(one, compare));
        all.reduce(join).unwrap_or_else(|| Expr::val(1).eq(1))
    };
    match filter {
        filter::Expr::And(all) => joined(all, |a, b| a.and(b)),
        filter::Expr::Or(all) => joined(all, |a, b| a.or(b)),
        filter::Expr::Not(one) => condition(one, compare).not(),
        filter::Expr::Compare { field, op, value } => compare(field, *op, value),
    }
}

/// How a column compares with a value.
pub fn compare(column: Expr, op: Op, value: &Value) -> Expr {
    let value = bound(value);
    match op {
        Op::Eq => column.eq(value),
        Op::Ne => column.ne(value),
        Op::Lt => column.lt(value),
        Op::Le => column.lte(value),
        Op::Gt => column.gt(value),
        Op::Ge => column.gte(value),
    }
}

fn bound(value: &Value) -> Bound {
    match value {
        Value::Text(text) => text.clone().into(),
        Value::Enum(number) => (*number).into(),
        Value::Bool(yes) => i32::from(*yes).into(),
        Value::Number(number) => (*number).into(),
        Value::Time(instant) => instant.as_microsecond().into(),
        Value::Day(day) => day.to_string().into(),
    }
}
