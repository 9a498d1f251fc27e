//! Scores are exact decimals: an `i64` in units of 1/10,000 point, rounded half away from zero and never a float.

use std::fmt;

/// The value that stands for "no data" in inputs, items and totals. It is never zero.
pub const ABSENT: i64 = i64::MIN;

/// Units in one point.
pub const UNITS: i64 = 10_000;

/// Decimal places that a unit holds.
pub const PLACES: u8 = 4;

/// Why a text is not a decimal number that a score can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParsePointsError {
    NotANumber,
    TooManyPlaces,
    OutOfRange,
}

impl fmt::Display for ParsePointsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotANumber => "is not a decimal number; write digits with an optional sign and point, such as \"-12.5\"",
            Self::TooManyPlaces => "has more than four decimal places; a score holds exactly four",
            Self::OutOfRange => "is too large for a score",
        })
    }
}

impl std::error::Error for ParsePointsError {}

/// Reads a decimal such as `12.795` into units, exactly.
pub fn parse_points(text: &str) -> Result<i64, ParsePointsError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let only_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !only_digits(whole) || !only_digits(fraction) {
        return Err(ParsePointsError::NotANumber);
    }
    if fraction.len() > usize::from(PLACES) {
        return Err(ParsePointsError::TooManyPlaces);
    }
    let whole: i64 = whole.parse().map_err(|_| ParsePointsError::OutOfRange)?;
    let fraction: i64 = format!("{fraction:0<4}")
        .parse()
        .map_err(|_| ParsePointsError::NotANumber)?;
    let units = whole
        .checked_mul(UNITS)
        .and_then(|units| units.checked_add(fraction))
        .ok_or(ParsePointsError::OutOfRange)?;
    Ok(if negative { -units } else { units })
}

/// Writes units with so many decimals, rounded half away from zero; absent is the empty text.
pub fn format_points(units: i64, decimals: u8) -> String {
    if units == ABSENT {
        return String::new();
    }
    let decimals = decimals.min(PLACES);
    let rounded = round_to(units, decimals);
    let sign = if rounded < 0 { "-" } else { "" };
    let magnitude = rounded.unsigned_abs();
    let whole = magnitude / UNITS.unsigned_abs();
    if decimals == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{:04}", magnitude % UNITS.unsigned_abs());
    format!("{sign}{whole}.{}", &fraction[..usize::from(decimals)])
}

/// Rounds units to so many decimals, half away from zero; absent stays absent.
pub fn round_to(units: i64, decimals: u8) -> i64 {
    if units == ABSENT || decimals >= PLACES {
        return units;
    }
    let step = 10_i128.pow(u32::from(PLACES - decimals));
    clamp_to_units(div_round(i128::from(units), step) * step)
}

/// Divides and rounds once, half away from zero.
///
/// # Panics
/// When `denominator` is zero, as integer division does: a zero base is absent, and the caller decides that first.
pub fn div_round(numerator: i128, denominator: i128) -> i128 {
    let quotient = numerator / denominator;
    let remainder = (numerator % denominator).unsigned_abs();
    // Compared this way round, twice the remainder cannot overflow.
    if remainder < denominator.unsigned_abs() - remainder {
        return quotient;
    }
    if (numerator < 0) == (denominator < 0) {
        quotient + 1
    } else {
        quotient - 1
    }
}

/// Brings a wide result back into units; what does not fit is the nearest value that is not [`ABSENT`].
pub fn clamp_to_units(value: i128) -> i64 {
    value.clamp(i128::from(ABSENT) + 1, i128::from(i64::MAX)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_exact_decimals() {
        let check = |text: &str, expected: Result<i64, ParsePointsError>| {
            assert_eq!(parse_points(text), expected, "{text}")
        };
        check("12.795", Ok(127_950));
        check("0", Ok(0));
        check("-0.0001", Ok(-1));
        check("100", Ok(1_000_000));
        check("007.5", Ok(75_000));
        check("922337203685477.5807", Ok(i64::MAX));
        check("922337203685477.5808", Err(ParsePointsError::OutOfRange));
        check("1.23456", Err(ParsePointsError::TooManyPlaces));
        for bad in [
            "", "-", ".", "1.", ".5", "+1", "1e3", "1,5", " 1", "--1", "1.-5", "\u{0661}",
        ] {
            check(bad, Err(ParsePointsError::NotANumber));
        }
    }

    #[test]
    fn writes_and_rounds_half_away_from_zero() {
        let check = |units: i64, decimals: u8, expected: &str| {
            assert_eq!(format_points(units, decimals), expected)
        };
        check(127_950, 4, "12.7950");
        check(127_950, 2, "12.80");
        check(127_949, 2, "12.79");
        check(-127_950, 2, "-12.80");
        check(5_000, 0, "1");
        check(-49, 2, "0.00");
        check(ABSENT, 2, "");
        check(i64::MAX, 4, "922337203685477.5807");
    }

    #[test]
    fn divides_with_one_rounding() {
        let check = |numerator, denominator, expected| {
            assert_eq!(div_round(numerator, denominator), expected)
        };
        check(5, 2, 3);
        check(-5, 2, -3);
        check(5, -2, -3);
        check(-5, -2, 3);
        check(4, 3, 1);
        check(-4, 3, -1);
        check(0, 7, 0);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(units in (i64::MIN + 1)..=i64::MAX) {
            proptest::prop_assert_eq!(parse_points(&format_points(units, 4)), Ok(units));
        }

        #[test]
        fn rounding_moves_by_half_a_step_at_most(units in -1_000_000_000_000_i64..1_000_000_000_000, decimals in 0_u8..=4) {
            let step = 10_i64.pow(u32::from(PLACES - decimals));
            let rounded = round_to(units, decimals);
            proptest::prop_assert_eq!(rounded % step, 0);
            proptest::prop_assert!(2 * (rounded - units).abs() <= step);
            proptest::prop_assert_eq!(round_to(-units, decimals), -rounded);
        }
    }
}
