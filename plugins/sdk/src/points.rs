//! Points are exact decimals: whole numbers of 1/10,000.

use std::fmt;
use std::ops::{Add, Neg, Sub};

use crate::Ratio;
use crate::ratio::fit;

/// A number of points, or of whatever a parameter or a note counts, in units of 1/10,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(i64);

impl Points {
    pub const ZERO: Self = Self(0);

    /// Units in one point.
    pub const UNITS: i64 = 10_000;

    #[inline(always)]
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    #[inline(always)]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// A whole number of points, such as the cases that a note counts; what does not fit is the nearest that does.
    #[inline(always)]
    pub const fn whole(points: i64) -> Self {
        // Checking a product for overflow takes 128 bits, which WebAssembly does not have.
        match fit([points]) {
            true => Self(points * Self::UNITS),
            false => Self(points.saturating_mul(Self::UNITS)),
        }
    }

    /// So many points times a ratio, rounded once, half away from zero.
    #[inline(always)]
    pub fn times(self, ratio: Ratio) -> Self {
        Self(ratio.of(self.0))
    }
}

impl Add for Points {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Points {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Points {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl fmt::Display for Points {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (
            self.0.unsigned_abs() / 10_000,
            self.0.unsigned_abs() % 10_000,
        );
        write!(formatter, "{sign}{whole}.{fraction:04}")
    }
}
