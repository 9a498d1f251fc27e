//! The `order_by` of a list: one field, ascending, or descending with ` desc`.

use super::{invalid, listed, shown};
use crate::error::Error;

/// The field to order by and whether it descends. Empty is the default.
pub fn parse_order(
    text: &str,
    allowed: &[&'static str],
    default: (&'static str, bool),
) -> Result<(&'static str, bool), Error> {
    // Words are pieces of the text, so where one lies tells its place; the same word may come twice.
    let wrong = |word: &str, words: String| {
        let before = word.as_ptr().addr() - text.as_ptr().addr();
        let position = text[..before].chars().count() + 1;
        invalid("order_by", position, &words)
    };
    let mut words = text.split_whitespace();
    let Some(name) = words.next() else {
        return Ok(default);
    };
    let Some(field) = allowed.iter().find(|field| **field == name) else {
        let given = shown(name.chars());
        let words = format!(
            "`{given}` is nothing to order by; give one of {}, with ` desc` or without",
            listed(allowed.iter().copied())
        );
        return Err(wrong(name, words));
    };
    match (words.next(), words.next()) {
        (None, _) => Ok((field, false)),
        (Some("desc"), None) => Ok((field, true)),
        (Some("desc"), Some(more)) | (Some(more), _) => {
            let given = shown(more.chars());
            let words =
                format!("`{given}` does not follow here; give one field, then ` desc` or nothing");
            Err(wrong(more, words))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Reason;

    #[test]
    fn one_field_ascends_or_descends_and_all_else_is_refused_with_its_place() {
        let order = |text| parse_order(text, &["report_time", "round"], ("report_time", true));
        assert_eq!(order("").unwrap(), ("report_time", true));
        assert_eq!(order(" ").unwrap(), ("report_time", true));
        assert_eq!(order("round").unwrap(), ("round", false));
        assert_eq!(order("  round   desc ").unwrap(), ("round", true));
        for (text, position, words) in [
            (
                "name",
                "1",
                "order_by: at character 1: `name` is nothing to order by; give one of report_time, round, with ` desc` or \
                 without",
            ),
            (
                " round DESC",
                "8",
                "order_by: at character 8: `DESC` does not follow here; give one field, then ` desc` or nothing",
            ),
            (
                "round desc, report_time",
                "7",
                "order_by: at character 7: `desc,` does not follow here; give one field, then ` desc` or nothing",
            ),
            (
                "round desc desc",
                "12",
                "order_by: at character 12: `desc` does not follow here; give one field, then ` desc` or nothing",
            ),
            (
                "round desc x",
                "12",
                "order_by: at character 12: `x` does not follow here; give one field, then ` desc` or nothing",
            ),
        ] {
            let error = order(text).unwrap_err();
            assert_eq!(error.reason, Reason::FilterInvalid);
            assert_eq!(
                (error.metadata["position"].as_str(), error.message.as_str()),
                (position, words)
            );
            assert_eq!(error.violations[0].field, "order_by");
        }
    }
}
