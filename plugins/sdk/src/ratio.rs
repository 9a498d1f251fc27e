//! Ratios are exact until they become points, and that is the one place where anything is rounded.

use std::ops::{Add, Mul, Neg, Sub};

/// An exact fraction. Its parts saturate instead of wrapping, so that no fact, however extreme, makes a rule trap.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    /// Of no meaning where there is a wide one.
    narrow: Fraction<i64>,
    /// What does not fit into 64 bits. WebAssembly has no numbers of 128 bits: each operation on them is a call, and nearly
    /// every fraction does without.
    wide: Option<Fraction<i128>>,
}

/// The denominator is above zero.
#[derive(Clone, Copy, Debug)]
struct Fraction<N> {
    numerator: N,
    denominator: N,
}

impl Ratio {
    /// A part of a whole. A base of zero, or one that cannot be, has no ratio: that is no data, and never zero.
    #[inline(always)]
    pub fn new(part: i64, base: i64) -> Option<Self> {
        (base > 0).then_some(Self::narrow(part, base))
    }

    #[inline(always)]
    pub const fn whole(number: i64) -> Self {
        Self::narrow(number, 1)
    }

    /// A constant of a regulation, such as 7 tenths.
    ///
    /// # Panics
    /// When the base is not above zero, which a constant's author sees at once.
    #[inline(always)]
    pub const fn constant(part: i64, base: i64) -> Self {
        assert!(base > 0, "the base of a constant is above zero");
        Self::narrow(part, base)
    }

    /// The ratio, no less than 0 and no more than 1.
    #[inline(always)]
    pub fn clamp_to_one(self) -> Self {
        Self {
            narrow: self.narrow.clamp_to_one(),
            wide: self.wide.map(Fraction::<i128>::clamp_to_one),
        }
    }

    /// So many units times the ratio, rounded once, half away from zero.
    #[inline(always)]
    pub(crate) fn of(self, units: i64) -> i64 {
        let Fraction {
            numerator,
            denominator,
        } = self.narrow;
        match self.wide {
            None if fit([numerator, units]) => divide(numerator * units, denominator),
            _ => self.wide().of(units),
        }
    }

    #[inline(always)]
    const fn narrow(numerator: i64, denominator: i64) -> Self {
        Self {
            narrow: Fraction {
                numerator,
                denominator,
            },
            wide: None,
        }
    }

    /// What the narrow operation gives where all four parts are small enough for it, else what the wide one does.
    #[inline(always)]
    fn combine(
        self,
        other: Self,
        narrow: impl Fn(Fraction<i64>, Fraction<i64>) -> Fraction<i64>,
        wide: impl Fn(Fraction<i128>, Fraction<i128>) -> Fraction<i128>,
    ) -> Self {
        let (left, right) = (self.narrow, other.narrow);
        let parts = [
            left.numerator,
            left.denominator,
            right.numerator,
            right.denominator,
        ];
        match (self.wide, other.wide) {
            (None, None) if fit(parts) => Self {
                narrow: narrow(left, right),
                wide: None,
            },
            _ => wide(self.wide(), other.wide()).into(),
        }
    }

    #[inline(always)]
    fn wide(self) -> Fraction<i128> {
        self.wide.unwrap_or(Fraction {
            numerator: self.narrow.numerator.into(),
            denominator: self.narrow.denominator.into(),
        })
    }
}

impl From<Fraction<i128>> for Ratio {
    fn from(fraction: Fraction<i128>) -> Self {
        match (
            i64::try_from(fraction.numerator),
            i64::try_from(fraction.denominator),
        ) {
            (Ok(numerator), Ok(denominator)) => Self::narrow(numerator, denominator),
            _ => Self {
                wide: Some(fraction),
                ..Self::whole(0)
            },
        }
    }
}

impl Add for Ratio {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.combine(other, Fraction::<i64>::plus, Fraction::<i128>::plus)
    }
}

impl Neg for Ratio {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self::whole(0) - self
    }
}

impl Sub for Ratio {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.combine(other, Fraction::<i64>::minus, Fraction::<i128>::minus)
    }
}

impl Mul for Ratio {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.combine(other, Fraction::<i64>::times, Fraction::<i128>::times)
    }
}

/// Of parts that [`fit`] products have 62 bits and sums of two of them 63.
impl Fraction<i64> {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self {
            numerator: self.numerator * other.denominator + other.numerator * self.denominator,
            denominator: self.denominator * other.denominator,
        }
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self {
            numerator: self.numerator * other.denominator - other.numerator * self.denominator,
            denominator: self.denominator * other.denominator,
        }
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Self {
            numerator: self.numerator * other.numerator,
            denominator: self.denominator * other.denominator,
        }
    }

    #[inline(always)]
    fn clamp_to_one(self) -> Self {
        Self {
            numerator: self.numerator.clamp(0, self.denominator),
            ..self
        }
    }
}

impl Fraction<i128> {
    #[cold]
    #[inline(never)]
    fn plus(self, other: Self) -> Self {
        let left = self.numerator.saturating_mul(other.denominator);
        let right = other.numerator.saturating_mul(self.denominator);
        Self {
            numerator: left.saturating_add(right),
            denominator: self.denominator.saturating_mul(other.denominator),
        }
    }

    #[cold]
    #[inline(never)]
    fn minus(self, other: Self) -> Self {
        self.plus(Self {
            numerator: other.numerator.saturating_neg(),
            ..other
        })
    }

    #[cold]
    #[inline(never)]
    fn times(self, other: Self) -> Self {
        Self {
            numerator: self.numerator.saturating_mul(other.numerator),
            denominator: self.denominator.saturating_mul(other.denominator),
        }
    }

    #[cold]
    #[inline(never)]
    fn clamp_to_one(self) -> Self {
        Self {
            numerator: self.numerator.clamp(0, self.denominator),
            ..self
        }
    }

    #[cold]
    #[inline(never)]
    fn of(self, units: i64) -> i64 {
        let numerator = self.numerator.saturating_mul(units.into());
        let rounded = divide_wide(numerator, self.denominator);
        rounded.clamp(i128::from(i64::MIN) + 1, i64::MAX.into()) as i64
    }
}

/// Whether all of them have at most 31 bits beside their sign. They are looked at together: it is a few instructions without
/// a jump.
#[inline(always)]
pub(crate) const fn fit<const COUNT: usize>(numbers: [i64; COUNT]) -> bool {
    let mut bits = 0;
    let mut index = 0;
    while index < COUNT {
        bits |= numbers[index] ^ (numbers[index] >> 63);
        index += 1;
    }
    bits >> 31 == 0
}

/// Rounded half away from zero, of a numerator of 62 bits and a denominator above zero. Halves are added before the division,
/// which then needs no remainder; a signed one would be checked for overflow as well.
#[inline(always)]
fn divide(numerator: i64, denominator: i64) -> i64 {
    let (magnitude, base) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    let rounded = (2 * magnitude + base) / (2 * base);
    match numerator < 0 {
        true => 0_i64.wrapping_sub_unsigned(rounded),
        false => rounded as i64,
    }
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

    /// Narrow and wide numbers, at the edges of both.
    const NUMBERS: [i64; 16] = [
        i64::MIN,
        i64::MIN + 1,
        -1 << 32,
        -(1 << 31) - 1,
        -(1 << 31),
        -7,
        -1,
        0,
        1,
        3,
        10_000,
        (1 << 31) - 1,
        1 << 31,
        1 << 32,
        i64::MAX - 1,
        i64::MAX,
    ];

    fn ratios() -> impl Iterator<Item = Ratio> {
        let ratio = |part: &i64| NUMBERS.map(|base| Ratio::new(*part, base));
        NUMBERS.iter().flat_map(ratio).flatten()
    }

    #[test]
    fn narrow_ratios_are_what_wide_ones_are() {
        let parts = |ratio: Ratio| {
            let wide = ratio.wide();
            (wide.numerator, wide.denominator)
        };
        for left in ratios() {
            let wide = left.wide();
            for units in NUMBERS {
                assert_eq!(left.of(units), wide.of(units), "{units} x {left:?}");
            }
            let clamped = left.wide().clamp_to_one();
            assert_eq!(parts(left.clamp_to_one()), parts(clamped.into()));
            for right in ratios() {
                for (fast, slow) in [
                    (left + right, wide.plus(right.wide())),
                    (left - right, wide.minus(right.wide())),
                    (left * right, wide.times(right.wide())),
                ] {
                    assert_eq!(parts(fast), parts(slow.into()), "{left:?} {right:?}");
                }
            }
        }
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
