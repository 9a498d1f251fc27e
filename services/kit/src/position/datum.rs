//! Datums of maps in China, made WGS 84. GCJ-02 shifts a position by some hundred metres, BD-09 shifts that once more.
//!
//! Neither has a published definition. What is here are the formulas that everybody uses in their stead, turned round by
//! iteration, so that the way there and back is exact to less than a millimetre. What the formulas themselves are worth is
//! in `GCJ02_ERROR` and `BD09_ERROR`.

use std::f64::consts::PI;

use tidyward_proto::v1::Datum;

/// How far a position converted from GCJ-02 may be from the true one, in metres. What a vendor's own service answers, where
/// that is published, lies within 0.5 m of the formula; the rest is room for what is not.
pub const GCJ02_ERROR: f64 = 2.0;
/// The same of BD-09. Answers of the vendor's service, which differ among themselves by 0.5 m, lie within 1.5 m.
pub const BD09_ERROR: f64 = 4.0;

/// The rectangle within which positions are shifted: latitude and longitude, from and to. It is larger than China.
const SHIFTED: [(f64, f64); 2] = [(0.8293, 55.8271), (72.004, 137.8347)];

/// The ellipsoid of the formulas: half the long axis in metres, and the first eccentricity squared.
const HALF_AXIS: f64 = 6_378_245.0;
const ECCENTRICITY: f64 = 0.006_693_421_622_965_943;
/// Where the formulas have their middle.
const MIDDLE: Degrees = Degrees {
    latitude: 35.0,
    longitude: 105.0,
};
/// What BD-09 adds at the end, in degrees, and how fast its waves are.
const BD09_SHIFT: Degrees = Degrees {
    latitude: 0.006,
    longitude: 0.0065,
};
const BD09_WAVE: f64 = PI * 3_000.0 / 180.0;

/// Steps of an iteration at most, and degrees of its last: each step makes the error some hundred times smaller.
const STEPS: usize = 20;
const CLOSE: f64 = 1e-11;

/// A place or a shift, in degrees north and east.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Degrees {
    pub latitude: f64,
    pub longitude: f64,
}

/// A place in WGS 84, and what the conversion adds to its accuracy, in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Converted {
    pub place: Degrees,
    pub error_metres: f64,
}

/// The place in WGS 84, or what is wrong with its datum. Outside the rectangle GCJ-02 is WGS 84 itself; of BD-09 nobody
/// says what it is there.
pub fn to_wgs84(datum: Datum, place: Degrees) -> Result<Converted, &'static str> {
    let shifted = is_shifted(place);
    match datum {
        Datum::Unspecified => Err("must be said: WGS84, GCJ02 or BD09"),
        Datum::Wgs84 => Ok(exactly(place)),
        Datum::Gcj02 if !shifted => Ok(exactly(place)),
        Datum::Gcj02 => Ok(Converted {
            place: undo(to_gcj02, place),
            error_metres: GCJ02_ERROR,
        }),
        Datum::Bd09 if !shifted => Err("BD09 is of China alone; give the position in WGS84"),
        Datum::Bd09 => Ok(Converted {
            place: undo(to_gcj02, undo(to_bd09, place)),
            error_metres: BD09_ERROR,
        }),
    }
}

fn exactly(place: Degrees) -> Converted {
    Converted {
        place,
        error_metres: 0.0,
    }
}

fn is_shifted(place: Degrees) -> bool {
    let [north, east] = SHIFTED;
    (north.0..=north.1).contains(&place.latitude) && (east.0..=east.1).contains(&place.longitude)
}

/// The place that the shift takes to `shifted`. Shifts change slowly, so that what one step misses, the next corrects.
fn undo(shift: fn(Degrees) -> Degrees, shifted: Degrees) -> Degrees {
    let mut place = shifted;
    for _ in 0..STEPS {
        let there = shift(place);
        let north = shifted.latitude - there.latitude;
        let east = shifted.longitude - there.longitude;
        place.latitude += north;
        place.longitude += east;
        if north.abs().max(east.abs()) < CLOSE {
            break;
        }
    }
    place
}

/// WGS 84 to GCJ-02.
fn to_gcj02(place: Degrees) -> Degrees {
    let x = place.longitude - MIDDLE.longitude;
    let y = place.latitude - MIDDLE.latitude;
    let common = waves([(20.0, 6.0 * x), (20.0, 2.0 * x)]);
    let north_metres = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + common
        + waves([(20.0, y), (40.0, y / 3.0)])
        + waves([(160.0, y / 12.0), (320.0, y / 30.0)]);
    let east_metres = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + common
        + waves([(20.0, x), (40.0, x / 3.0)])
        + waves([(150.0, x / 12.0), (300.0, x / 30.0)]);
    let (sine, cosine) = place.latitude.to_radians().sin_cos();
    let flat = 1.0 - ECCENTRICITY * sine * sine;
    let along_meridian = HALF_AXIS * (1.0 - ECCENTRICITY) / (flat * flat.sqrt());
    let along_parallel = HALF_AXIS / flat.sqrt() * cosine;
    Degrees {
        latitude: place.latitude + (north_metres / along_meridian).to_degrees(),
        longitude: place.longitude + (east_metres / along_parallel).to_degrees(),
    }
}

/// Two waves of an amplitude in metres each, at so many half turns.
fn waves(waves: [(f64, f64); 2]) -> f64 {
    let sum: f64 = waves
        .iter()
        .map(|(metres, half_turns)| metres * (half_turns * PI).sin())
        .sum();
    sum * 2.0 / 3.0
}

/// GCJ-02 to BD-09.
fn to_bd09(place: Degrees) -> Degrees {
    let Degrees {
        latitude,
        longitude,
    } = place;
    let far = longitude.hypot(latitude) + 0.000_02 * (latitude * BD09_WAVE).sin();
    let angle = latitude.atan2(longitude) + 0.000_003 * (longitude * BD09_WAVE).cos();
    Degrees {
        latitude: far * angle.sin() + BD09_SHIFT.latitude,
        longitude: far * angle.cos() + BD09_SHIFT.longitude,
    }
}

#[cfg(test)]
mod tests;
