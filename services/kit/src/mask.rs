//! Update masks: which fields of a resource an update writes.

use prost_types::FieldMask;

use crate::error::Error;

/// The fields to write, each once, in the order in which they are allowed. `*` is all of them.
pub fn paths(
    mask: Option<&FieldMask>,
    allowed: &[&'static str],
) -> Result<Vec<&'static str>, Error> {
    let wrong = |words: String| {
        let names = allowed.join(", ");
        Error::field(
            "update_mask",
            format!("{words}; give some of {names}, or *"),
        )
    };
    let asked = mask.map_or(&[][..], |mask| &mask.paths);
    if asked.is_empty() {
        return Err(wrong("must name what to change".to_owned()));
    }
    let unknown = |path: &&String| *path != "*" && !allowed.contains(&path.as_str());
    if let Some(path) = asked.iter().find(unknown) {
        let path: String = path.chars().take(80).collect();
        return Err(wrong(format!("`{path}` cannot be changed")));
    }
    let every = asked.iter().any(|path| path == "*");
    let chosen = allowed
        .iter()
        .filter(|field| every || asked.iter().any(|path| path == *field));
    Ok(chosen.copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: [&str; 3] = ["parent", "display_name", "boundary"];

    fn paths_of(paths_given: &[&str]) -> Result<Vec<&'static str>, Error> {
        let mask = FieldMask {
            paths: paths_given.iter().map(|path| (*path).to_owned()).collect(),
        };
        paths(Some(&mask), &ALLOWED)
    }

    #[test]
    fn a_mask_gives_each_field_once_in_one_order() {
        let given = paths_of(&["boundary", "parent", "boundary"]).unwrap();
        assert_eq!(given, ["parent", "boundary"]);
        assert_eq!(paths_of(&["*"]).unwrap(), ALLOWED);
        assert_eq!(paths_of(&["boundary", "*"]).unwrap(), ALLOWED);
    }

    #[test]
    fn a_mask_that_names_nothing_or_what_is_not_there_hears_what_is() {
        let tail = "give some of parent, display_name, boundary, or *";
        let check = |given: Result<Vec<&str>, Error>, words: &str| {
            let violations = given.unwrap_err().violations;
            assert_eq!(violations.len(), 1);
            assert_eq!(violations[0].field, "update_mask");
            assert_eq!(violations[0].message, format!("{words}; {tail}"));
        };
        check(paths(None, &ALLOWED), "must name what to change");
        check(paths_of(&[]), "must name what to change");
        check(paths_of(&["level"]), "`level` cannot be changed");
        check(paths_of(&["parent", ""]), "`` cannot be changed");
        check(paths_of(&["*", "Parent"]), "`Parent` cannot be changed");
    }
}
