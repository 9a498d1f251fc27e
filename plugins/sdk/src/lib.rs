//! What the author of a rule writes against: a trait over plain types, absence as `Option`, exact decimals, and ratios that
//! are rounded once. A rule is an ordinary crate: its tests run natively, and only `wasm32` gets the export.

mod issues;

#[cfg(target_arch = "wasm32")]
#[expect(
    unsafe_code,
    reason = "an allocator hands out memory, and only it can say that nobody else has it"
)]
mod memory;

mod points;

mod ratio;

mod rule;

#[cfg(target_arch = "wasm32")]
pub mod guest;

#[cfg(feature = "testing")]
pub mod testing;

pub use issues::{Issue, Issues, mark};
pub use points::Points;
pub use ratio::Ratio;
pub use rule::{Failure, Output, Row, Rule, Sheet, score};

/// Names in the manifest's order, as constants that index them, with the list itself as `NAMES`.
///
/// ```
/// tidyward_rule_sdk::names! {
///     /// What the rule asks for.
///     input { DUE = "issues.due", CLOSED = "issues.closed" }
/// }
/// assert_eq!(input::CLOSED, 1);
/// assert_eq!(input::NAMES, ["issues.due", "issues.closed"]);
/// ```
#[macro_export]
macro_rules! names {
    ($(#[$meta:meta])* $list:ident { $($name:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        mod $list {
            #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "the variants only number the constants")]
            enum Index { $($name),* }
            $(pub const $name: usize = Index::$name as usize;)*
            pub const NAMES: &[&str] = &[$($text),*];
        }
    };
}

/// Exports a [`Rule`] as the component's interface; natively it is nothing.
#[macro_export]
macro_rules! export {
    ($rule:ty) => {
        #[cfg(target_arch = "wasm32")]
        #[expect(
            unsafe_code,
            reason = "the generated entry point takes raw pointers from the host"
        )]
        const _: () = {
            struct Exported;
            impl $crate::guest::Guest for Exported {
                fn score(
                    parameters: Vec<i64>,
                    facts: $crate::guest::Facts,
                ) -> Result<$crate::guest::Scores, $crate::guest::Failure> {
                    $crate::guest::score::<$rule>(&parameters, &facts)
                }
            }
    $crate::guest::export_component!(Exported with_types_in $crate::guest::bindings);
        };
    };
}
