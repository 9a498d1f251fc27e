//! The rule as ordinary code of this program, over the columns as they lie in memory.

use tidyward_rule_sdk::{Issues, Rule, score};
use tidyward_rules::score::Facts;

pub fn items<R: Rule>(facts: &Facts) -> Vec<i64> {
    score::<R>(&[], facts.rows, &facts.inputs, &Issues::default())
        .expect("the rule scores")
        .items
}
