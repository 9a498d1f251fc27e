//! Ratios are exact until they become points, and that is the one place where anything is rounded.

use std::ops::{Add, Mul, Neg, Sub};

/// An exact fraction. Its parts saturate instead of wrapping, so that no fact, however extreme, makes a rule trap.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    numerator: i128,
    /// Always above zero.
    denominator: i128,
}

impl Ratio {
    /// A part of a whole. A base of zero, or one that cannot be, has no ratio: that is no data, and never zero.
    pub fn new(part: i64, base: i64) -> Option<Self> {
        (base > 0).then_some(Self {
            numerator: part.into(),
            denominator: base.into(),
        })
    }

    pub const fn whole(number: i64) -> Self {
        Self {
            numerator: number as i128,
            denominator: 1,
        }
    }

    /// A constant of a regulation, such as 7 tenths.
    ///
    /// # Panics
    /// When the base is not above zero, which a constant's author sees at once.
    pub const fn constant(part: i64, base: i64) -> Self {
        assert!(base > 0, "the base of a constant is above zero");
        Self {
            numerator: part as i128,
            denominator: base as i128,
        }
    }

    /// The ratio, no less than 0 and no more than 1.
    pub fn clamp_to_one(self) -> Self {
        Self {
            numerator: self.numerator.clamp(0, self.denominator),
            ..self
        }
    }

    /// So many units times the ratio, rounded once, half away from zero.
    pub(crate) fn of(self, units: i64) -> i64 {
        let numerator = multiply(self.numerator, units.into());
        let rounded = match (i64::try_from(numerator), i64::try_from(self.denominator)) {
            (Ok(numerator), Ok(denominator)) => i128::from(divide(numerator, denominator)),
            _ => divide_wide(numerator, self.denominator),
        };
        // The smallest number means absent, and no ratio is that.
        rounded.clamp(i128::from(i64::MIN) + 1, i64::MAX.into()) as i64
    }
}

impl Add for Ratio {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let left = multiply(self.numerator, other.denominator);
        let right = multiply(other.numerator, self.denominator);
        Self {
            numerator: left.saturating_add(right),
            denominator: multiply(self.denominator, other.denominator),
        }
    }
}

impl Neg for Ratio {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            numerator: self.numerator.saturating_neg(),
            ..self
        }
    }
}

impl Sub for Ratio {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Add::add(self, -other)
    }
}

impl Mul for Ratio {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self {
            numerator: multiply(self.numerator, other.numerator),
            denominator: multiply(self.denominator, other.denominator),
        }
    }
}

/// Nearly every product fits into 64 bits, where it is one instruction instead of a call.
fn multiply(left: i128, right: i128) -> i128 {
    if let (Ok(small_left), Ok(small_right)) = (i64::try_from(left), i64::try_from(right)) {
        let zeros =
            small_left.unsigned_abs().leading_zeros() + small_right.unsigned_abs().leading_zeros();
        if zeros >= 65 {
            return i128::from(small_left * small_right);
        }
    }
    left.saturating_mul(right)
}

/// The denominator is above zero.
fn divide(numerator: i64, denominator: i64) -> i64 {
    let (quotient, remainder) = (
        numerator / denominator,
        (numerator % denominator).unsigned_abs(),
    );
    if remainder < denominator.unsigned_abs() - remainder {
        return quotient;
    }
    quotient + numerator.signum()
}

/// The denominator is above zero.
fn divide_wide(numerator: i128, denominator: i128) -> i128 {
    let (quotient, remainder) = (
        numerator / denominator,
        (numerator % denominator).unsigned_abs(),
    );
    if remainder < denominator.unsigned_abs() - remainder {
        return quotient;
    }
    quotient.saturating_add(numerator.signum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Points;

    #[test]
    fn rounds_once_half_away_from_zero() {
        let check = |points: i64, part: i64, base: i64, expected: i64| {
            let ratio = Ratio::new(part, base).expect("a base above zero");
            assert_eq!(
                Points::from_units(points).times(ratio).units(),
                expected,
                "{points} x {part}/{base}"
            );
        };
        check(1, 1, 2, 1);
        check(-1, 1, 2, -1);
        check(1, -1, 2, -1);
        check(10_000, 1, 3, 3_333);
        check(10_000, 2, 3, 6_667);
        check(i64::MAX, i64::MAX, 1, i64::MAX);
        check(i64::MAX, i64::MIN, 1, i64::MIN + 1);
        check(i64::MAX, i64::MAX, i64::MAX, i64::MAX);
    }

    #[test]
    fn sums_stay_exact_until_they_are_points() {
        let third = Ratio::constant(1, 3);
        let one = third + third + third;
        assert_eq!(Points::whole(1).times(one), Points::whole(1));
        let none = Ratio::constant(1, 7) * Ratio::whole(7) - Ratio::whole(1);
        assert_eq!(Points::whole(40).times(none), Points::ZERO);
        assert_eq!(
            Points::whole(20).times(Ratio::constant(5, 4).clamp_to_one()),
            Points::whole(20)
        );
        assert_eq!(
            Points::whole(20).times(Ratio::constant(-5, 4).clamp_to_one()),
            Points::ZERO
        );
    }

    #[test]
    fn a_base_of_zero_has_no_ratio() {
        assert!(Ratio::new(0, 0).is_none());
        assert!(Ratio::new(1, -1).is_none());
    }

    #[test]
    fn extremes_do_not_trap() {
        let extremes = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX];
        for part in extremes {
            for base in [1, i64::MAX] {
                let ratio = Ratio::new(part, base).expect("a base above zero");
                let wide = (ratio + ratio) * (ratio - Ratio::constant(1, 3)) * ratio;
                assert_ne!(Points::from_units(i64::MAX).times(wide).units(), i64::MIN);
            }
        }
    }
}
