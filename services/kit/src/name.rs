//! Resource names: `districts/{district}/areas/{area}` and their kin, taken apart against a pattern.

use crate::error::Error;

/// The ids of a name, where the pattern's `{}` are. `take("districts/{}/areas/{}", ..)` gives two ids.
///
/// Ids are 1 to 128 characters without slash, space or control character; what does not fit is a violation of `field`.
pub fn take<const N: usize>(
    pattern: &'static str,
    field: &str,
    name: &str,
) -> Result<[String; N], Error> {
    let wrong = || Error::field(field, format!("must look like `{}`", shown(pattern)));
    let mut ids = Vec::with_capacity(N);
    let mut parts = name.split('/');
    for expected in pattern.split('/') {
        let part = parts.next().ok_or_else(wrong)?;
        match expected {
            "{}" if is_id(part) => ids.push(part.to_owned()),
            "{}" => return Err(wrong()),
            literal if literal == part => {}
            _ => return Err(wrong()),
        }
    }
    if parts.next().is_some() {
        return Err(wrong());
    }
    ids.try_into().map_err(|_| wrong())
}

fn is_id(part: &str) -> bool {
    (1..=128).contains(&part.len()) && !part.chars().any(|c| c.is_control() || c == ' ')
}

fn shown(pattern: &str) -> String {
    let mut words = Vec::new();
    for part in pattern.split('/') {
        match part {
            "{}" => {
                let above: &str = words.last().map_or("id", String::as_str);
                let one = above.strip_suffix('s').unwrap_or(above);
                words.push(format!("{{{one}}}"));
            }
            literal => words.push(literal.to_owned()),
        }
    }
    words.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_its_ids_or_says_what_it_should_look_like() {
        let ids = take::<2>(
            "districts/{}/areas/{}",
            "name",
            "districts/d/areas/BEAT-1713",
        );
        assert_eq!(ids.unwrap(), ["d", "BEAT-1713"]);
        for wrong in [
            "",
            "districts/d",
            "districts//areas/1",
            "districts/d/areas/1/x",
            "x/d/areas/1",
        ] {
            let error = take::<2>("districts/{}/areas/{}", "name", wrong).unwrap_err();
            assert_eq!(
                error.message,
                "name: must look like `districts/{district}/areas/{area}`"
            );
        }
    }
}
