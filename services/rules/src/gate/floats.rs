//! Tells float operators from the rest, by the names that the specification's own table gives them, so that an operator
//! that is added to the table is told as well.

use wasmparser::Operator;

/// The operator's name when it reads, makes or converts a float.
pub(super) fn float_operator(operator: &Operator) -> Option<&'static str> {
    let name = operator_name(operator);
    (name.contains("F32") || name.contains("F64")).then_some(name)
}

macro_rules! names {
    ($( @$proposal:ident $name:ident $({ $($field:ident: $kind:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {
        fn operator_name(operator: &Operator) -> &'static str {
            match operator {
                $( Operator::$name { .. } => stringify!($name), )*
                // The enum is open; what the table does not list is counted as a float, the careful side.
                _ => "F64 or an unlisted operator",
            }
        }
    };
}
wasmparser::for_each_operator!(names);
