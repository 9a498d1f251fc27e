//! Made-up facts of areas that are mostly well kept, some of them absent; the same ones in every run.

use tidyward_rules::points::ABSENT;
use tidyward_rules::score::Facts;

pub const ROWS: usize = 400_000;

/// What there is of the twelve facts, in the rule's order.
pub fn twelve() -> Facts {
    let mut dice = Dice(12);
    columns(|| {
        let max = 250 * (1 + dice.below(4));
        let due = dice.below(60);
        let answered = dice.below(15);
        let facts = [
            max - dice.below(max / 4),
            max,
            dice.below(20),
            dice.below(4),
            due,
            dice.below(3),
            due - dice.below(4),
            due - dice.below(5),
            dice.below(6),
            dice.below(4),
            answered,
            answered - dice.below(3),
        ];
        facts.map(|fact| dice.or_absent(fact))
    })
}

/// The same for the shipped standard rule, in its order.
pub fn standard() -> Facts {
    let mut dice = Dice(21);
    columns(|| {
        let max = 250 * (1 + dice.below(4));
        let (external, due, checks) = (dice.below(20), dice.below(60), dice.below(30));
        let answered = dice.below(15);
        let facts = [
            2 + dice.below(5),
            max - dice.below(max / 4),
            max,
            dice.below(20),
            dice.seldom(),
            external,
            dice.seldom(),
            external - dice.seldom(),
            due,
            dice.seldom(),
            due - dice.seldom(),
            dice.below(6),
            dice.below(4),
            checks,
            dice.seldom(),
            dice.seldom(),
            dice.seldom() / 4,
            dice.seldom() / 4,
            dice.seldom() / 4,
            answered,
            answered - dice.seldom(),
        ];
        facts.map(|fact| dice.or_absent(fact))
    })
}

/// Rows as columns.
fn columns<const INPUTS: usize>(mut row: impl FnMut() -> [i64; INPUTS]) -> Facts {
    let mut columns = vec![0; INPUTS * ROWS];
    for index in 0..ROWS {
        for (input, value) in row().into_iter().enumerate() {
            columns[input * ROWS + index] = value;
        }
    }
    Facts {
        rows: ROWS,
        inputs: columns,
        ..Facts::default()
    }
}

/// The splitmix64 sequence.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed >> 33) as i64 % end
    }

    /// Nothing in most areas.
    fn seldom(&mut self) -> i64 {
        (self.below(10) - 6).max(0)
    }

    fn or_absent(&mut self, fact: i64) -> i64 {
        if self.below(64) == 0 { ABSENT } else { fact }
    }
}
