//! The grammar, from the top down: one function for each of its rules.

use jiff::{Timestamp, civil::Date};

use super::{DEEPEST, Expr, Field, FieldKind, MOST_TERMS, Op, Value, invalid, listed, shown};
use crate::error::Error;

/// The whole text is one expression.
pub fn read(text: &str, fields: &[Field]) -> Result<Expr, Error> {
    let mut reader = Reader {
        text: text.chars().collect(),
        at: 0,
        fields,
        depth: 0,
        terms: 0,
    };
    let expression = reader.expression()?;
    reader.skip_spaces();
    match reader.next() {
        None => Ok(expression),
        Some(')') => Err(reader.wrong("this parenthesis closes none; remove it")),
        Some(_) => {
            let words = format!(
                "`{}` cannot follow a comparison; join comparisons with AND or OR, in capitals",
                reader.word_here()
            );
            Err(reader.wrong(&words))
        }
    }
}

struct Reader<'r> {
    text: Vec<char>,
    /// The character that comes next.
    at: usize,
    fields: &'r [Field],
    /// Parentheses that are open.
    depth: usize,
    /// Comparisons so far.
    terms: usize,
}

impl Reader<'_> {
    /// `factor {AND factor}`
    fn expression(&mut self) -> Result<Expr, Error> {
        let mut all = vec![self.factor()?];
        while self.keyword("AND") {
            all.push(self.factor()?);
        }
        Ok(only_or(all, Expr::And))
    }

    /// `term {OR term}`
    fn factor(&mut self) -> Result<Expr, Error> {
        let mut any = vec![self.term()?];
        while self.keyword("OR") {
            any.push(self.term()?);
        }
        Ok(only_or(any, Expr::Or))
    }

    /// `[NOT | -] simple`
    fn term(&mut self) -> Result<Expr, Error> {
        if self.keyword("NOT") || self.sign("-") {
            return Ok(Expr::Not(Box::new(self.simple()?)));
        }
        self.simple()
    }

    /// `( expression )` or a comparison.
    fn simple(&mut self) -> Result<Expr, Error> {
        self.skip_spaces();
        let open = self.at;
        if !self.sign("(") {
            return self.comparison();
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            let words = format!("parentheses are at most {DEEPEST} deep; say it with fewer");
            return Err(wrong_at(open, &words));
        }
        let inner = self.expression()?;
        self.skip_spaces();
        if !self.sign(")") {
            return Err(match self.next() {
                None => wrong_at(open, "this parenthesis is not closed; add `)`"),
                Some(_) => self.wrong(&format!(
                    "`{}` cannot follow a comparison; join comparisons with AND or OR, in capitals, or close the parenthesis",
                    self.word_here()
                )),
            });
        }
        self.depth -= 1;
        Ok(inner)
    }

    /// `field op value`
    fn comparison(&mut self) -> Result<Expr, Error> {
        let start = self.at;
        self.terms += 1;
        if self.terms > MOST_TERMS {
            let words =
                format!("a filter has at most {MOST_TERMS} comparisons; ask for less at once");
            return Err(wrong_at(start, &words));
        }
        let field = self.field()?;
        let op = self.op(field)?;
        self.skip_spaces();
        let start = self.at;
        let text = self.value(field)?;
        let value = value_of(field, &text).map_err(|words| wrong_at(start, &words))?;
        Ok(Expr::Compare {
            field: field.name,
            op,
            value,
        })
    }

    fn field(&mut self) -> Result<Field, Error> {
        let start = self.at;
        let name = self.take(|c| c.is_alphanumeric() || c == '_' || c == '.');
        let found = self.fields.iter().find(|field| field.name == name);
        found.copied().ok_or_else(|| {
            let fields = listed(self.fields.iter().map(|field| field.name));
            let words = match (name.as_str(), self.next()) {
                ("", None) => {
                    format!("a comparison is missing at the end; the fields are {fields}")
                }
                ("", Some(other)) => {
                    let other = shown(std::iter::once(other));
                    format!("a field must stand here, not `{other}`; the fields are {fields}")
                }
                (name, _) => {
                    let name = shown(name.chars());
                    format!("there is no field `{name}`; the fields are {fields}")
                }
            };
            wrong_at(start, &words)
        })
    }

    fn op(&mut self, field: Field) -> Result<Op, Error> {
        self.skip_spaces();
        let start = self.at;
        let signs = signs(field.kind);
        // A longer sign begins with a shorter one.
        let longest_first = Op::TABLE.iter().rev();
        let found = longest_first.copied().find(|(_, sign)| self.sign(sign));
        let known = listed(signs.iter().map(|(_, sign)| *sign));
        let name = field.name;
        match found {
            Some((op, _)) if signs.iter().any(|(known, _)| *known == op) => Ok(op),
            Some((_, sign)) => {
                let words = format!("`{name}` does not compare by `{sign}`; use one of {known}");
                Err(wrong_at(start, &words))
            }
            None => {
                let words = format!("`{name}` must be compared with a value by one of {known}");
                Err(wrong_at(start, &words))
            }
        }
    }

    /// The value's text, without its quotes.
    fn value(&mut self, field: Field) -> Result<String, Error> {
        let start = self.at;
        if let Some(quote @ ('"' | '\'')) = self.next() {
            return self.quoted(quote);
        }
        let word = self.take(|c| {
            !c.is_whitespace()
                && !c.is_control()
                && !matches!(c, '(' | ')' | '"' | '\'' | '=' | '<' | '>' | '!' | ',')
        });
        match word.as_str() {
            "" => {
                let words = format!(
                    "a value for `{}` is missing; texts with other signs stand in quotes",
                    field.name
                );
                Err(wrong_at(start, &words))
            }
            "AND" | "OR" | "NOT" => {
                let words = format!(
                    "a value for `{}` is missing before `{word}`; as a value, put it in quotes",
                    field.name
                );
                Err(wrong_at(start, &words))
            }
            _ => Ok(word),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, Error> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(next) = self.next() {
            self.at += 1;
            match next {
                _ if next == quote => return Ok(text),
                '\\' => match self.next() {
                    Some(escaped @ ('"' | '\'' | '\\')) => {
                        self.at += 1;
                        text.push(escaped);
                    }
                    _ => {
                        let words = "a backslash stands before a quote or another backslash alone; double it";
                        return Err(wrong_at(self.at - 1, words));
                    }
                },
                _ if next.is_control() => {
                    return Err(wrong_at(self.at - 1, "a control character; remove it"));
                }
                _ => text.push(next),
            }
        }
        Err(wrong_at(
            start,
            &format!("this quote is not closed; add `{quote}`"),
        ))
    }

    fn next(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn skip_spaces(&mut self) {
        self.take(char::is_whitespace);
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let rest = self.text.iter().skip(self.at);
        let taken: String = rest.take_while(|c| belongs(**c)).collect();
        self.at += taken.chars().count();
        taken
    }

    /// Goes past the sign if it comes next, after spaces.
    fn sign(&mut self, sign: &str) -> bool {
        self.skip_spaces();
        let length = sign.chars().count();
        let here = self.text.iter().skip(self.at).take(length);
        let found = here.copied().eq(sign.chars());
        if found {
            self.at += length;
        }
        found
    }

    /// Goes past the word if it comes next and ends there.
    fn keyword(&mut self, word: &str) -> bool {
        let start = self.at;
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '-');
        if self.sign(word) && self.next().is_none_or(ends) {
            return true;
        }
        self.at = start;
        false
    }

    fn word_here(&self) -> String {
        let rest = self.text.iter().skip(self.at).copied();
        shown(rest.take_while(|c| !c.is_whitespace()))
    }

    fn wrong(&self, words: &str) -> Error {
        wrong_at(self.at, words)
    }
}

fn wrong_at(at: usize, words: &str) -> Error {
    invalid("filter", at + 1, words)
}

fn only_or(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

/// How fields of the kind compare.
fn signs(kind: FieldKind) -> &'static [(Op, &'static str)] {
    match kind {
        FieldKind::Text | FieldKind::Enum(_) | FieldKind::Bool => &Op::TABLE[..2],
        FieldKind::Number | FieldKind::Time | FieldKind::Day => &Op::TABLE,
    }
}

/// The value, or what is wrong with it.
fn value_of(field: Field, text: &str) -> Result<Value, String> {
    let name = field.name;
    let given = || shown(text.chars());
    match field.kind {
        FieldKind::Text => Ok(Value::Text(text.to_owned())),
        FieldKind::Enum(table) => {
            let row = table.iter().find(|row| row.0 == text);
            row.map(|row| Value::Enum(row.1)).ok_or_else(|| {
                let names = listed(table.iter().map(|row| row.0));
                format!("`{name}` is never `{}`; it is one of {names}", given())
            })
        }
        FieldKind::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(format!("`{name}` is true or false, not `{}`", given())),
        },
        FieldKind::Number => text
            .parse()
            .map(Value::Number)
            .map_err(|_| format!("`{name}` is a whole number, not `{}`", given())),
        FieldKind::Time => time(text).map(Value::Time).ok_or_else(|| {
            format!(
                "`{name}` is a time such as 2026-03-01T08:00:00Z or 2026-03-01T16:00:00+08:00, not `{}`",
                given()
            )
        }),
        FieldKind::Day => day(text).map(Value::Day).ok_or_else(|| {
            format!("`{name}` is a day such as 2026-03-01, not `{}`", given())
        }),
    }
}

/// RFC 3339 alone of all that the library reads, and to the microsecond as everything that is stored.
fn time(text: &str) -> Option<Timestamp> {
    let (day_text, rest) = text.split_once(['T', 't'])?;
    day(day_text)?;
    let plain = |c: char| c.is_ascii_digit() || ":.+-Zz".contains(c);
    let clock_ends = rest.get(8..)?;
    let offset = clock_ends.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let has_offset = matches!(offset, "Z" | "z") || (offset.len() == 6 && offset.contains(':'));
    if !has_offset || !rest.chars().all(plain) {
        return None;
    }
    let instant: Timestamp = text.parse().ok()?;
    Timestamp::from_microsecond(instant.as_microsecond()).ok()
}

fn day(text: &str) -> Option<Date> {
    let plain = text.len() == 10 && !text.starts_with(['+', '-']);
    text.parse().ok().filter(|_| plain)
}
