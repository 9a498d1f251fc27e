//! What is shown of a stranger's words: nothing in it that nobody sees and a terminal, a page or a line of text acts on.

/// Whether a character cannot be seen and still does something: control characters and line breaks, marks that turn the
/// writing direction, spaces without width, tags. Joiners stay, for some scripts need them.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00AD}'
                | '\u{061C}'
                | '\u{180E}'
                | '\u{200B}'
                | '\u{200E}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

/// The text with such characters written out, as in `\u{1b}`.
pub(crate) fn shown(text: impl Into<String>) -> String {
    let text = text.into();
    if !text.contains(is_hidden) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_unseen_is_written_out_and_the_rest_stays() {
        for (text, expected) in [
            ("\u{1b}[31m{0}", "\\u{1b}[31m{0}"),
            ("a\u{202e}b\u{2067}", "a\\u{202e}b\\u{2067}"),
            ("one\ntwo", "one\\u{a}two"),
            ("a\u{200b}\u{e0041}", "a\\u{200b}\\u{e0041}"),
            (
                "按期 100 % café 👩\u{200d}🌾",
                "按期 100 % café 👩\u{200d}🌾",
            ),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
