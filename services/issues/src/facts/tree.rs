//! The tree of categories: which are above which.

use std::collections::HashMap;

/// Code of the category above, of each that has one.
#[derive(Clone, Debug, Default)]
pub struct Tree(HashMap<String, String>);

impl Tree {
    pub fn new(parents: impl IntoIterator<Item = (String, Option<String>)>) -> Tree {
        let above = parents
            .into_iter()
            .filter_map(|(code, parent)| Some((code, parent?)));
        Tree(above.filter(|pair| !pair.1.is_empty()).collect())
    }

    /// The category and all above it, nearest first; each comes once, even in a tree that runs in a circle.
    pub fn line<'a>(&'a self, code: &'a str) -> Vec<&'a str> {
        let mut line = vec![code];
        while let Some(above) = self.0.get(line[line.len() - 1]) {
            if line.contains(&above.as_str()) {
                break;
            }
            line.push(above);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_up_to_the_top_and_never_in_a_circle() {
        let pair = |code: &str, above: &str| (code.to_owned(), Some(above.to_owned()));
        let tree = Tree::new([
            pair("bags", "litter"),
            pair("litter", "waste"),
            ("waste".to_owned(), None),
            pair("a", "b"),
            pair("b", "a"),
        ]);
        assert_eq!(tree.line("bags"), ["bags", "litter", "waste"]);
        assert_eq!(tree.line("waste"), ["waste"]);
        assert_eq!(tree.line("unknown"), ["unknown"]);
        assert_eq!(tree.line("a"), ["a", "b"]);
    }
}
