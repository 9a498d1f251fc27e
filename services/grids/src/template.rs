//! A template makes text of a feature's properties: `{district}-{sector}`. Braces of the text itself are doubled.

use serde_json::{Map, Value};

/// A template that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Property(String),
}

/// Why a template gives no text for a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfilled {
    /// The feature has no such property.
    Missing(String),
    /// The property is null or empty.
    Empty(String),
    /// The property is neither text nor a number.
    Unreadable(String),
}

impl Template {
    pub fn parse(text: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '{' | '}' if rest.peek() == Some(&c) => {
                    rest.next();
                    plain.push(c);
                }
                '{' => {
                    let mut property = String::new();
                    loop {
                        match rest.next() {
                            Some('}') => break,
                            Some('{') | None => {
                                return Err(format!(
                                    "`{text}` opens a brace that it does not close; `{{{{` is a plain brace"
                                ));
                            }
                            Some(c) => property.push(c),
                        }
                    }
                    if property.is_empty() {
                        return Err(format!("`{text}` has braces with no property in them"));
                    }
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Property(property));
                }
                '}' => {
                    return Err(format!(
                        "`{text}` closes a brace that it did not open; `}}}}` is a plain brace"
                    ));
                }
                c => plain.push(c),
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        if parts.is_empty() {
            return Err(
                "is empty; leave the key out, or write a template like `{code}`".to_owned(),
            );
        }
        Ok(Template(parts))
    }

    /// Names of the properties that it needs.
    pub fn properties(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Property(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text for a feature, without space around it.
    pub fn fill(&self, properties: &Map<String, Value>) -> Result<String, Unfilled> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Property(name) => filled.push_str(&value(properties, name)?),
            }
        }
        Ok(filled.trim().to_owned())
    }
}

/// A property as text. A number that is whole is written without decimals: `4644.0` is `4644`.
pub fn value(properties: &Map<String, Value>, name: &str) -> Result<String, Unfilled> {
    match properties.get(name) {
        None => Err(Unfilled::Missing(name.to_owned())),
        Some(Value::Null) => Err(Unfilled::Empty(name.to_owned())),
        Some(Value::String(text)) if text.trim().is_empty() => {
            Err(Unfilled::Empty(name.to_owned()))
        }
        Some(Value::String(text)) => Ok(text.trim().to_owned()),
        Some(Value::Number(number)) => Ok(match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                format!("{float:.0}")
            }
            _ => number.to_string(),
        }),
        Some(_) => Err(Unfilled::Unreadable(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fill(template: &str, properties: Value) -> Result<String, Unfilled> {
        let Value::Object(properties) = properties else {
            panic!("properties are an object")
        };
        Template::parse(template).unwrap().fill(&properties)
    }

    #[test]
    fn properties_stand_where_their_names_do() {
        let properties = json!({ "district": "17", "sector": 1, "people": 4644.0, "half": 0.5 });
        let check = |template, text: &str| {
            assert_eq!(
                fill(template, properties.clone()),
                Ok(text.to_owned()),
                "{template}"
            );
        };
        check("{district}-{sector}", "17-1");
        check("D{district}", "D17");
        check(" {people} ", "4644");
        check("{half}", "0.5");
        check("{{{sector}}}", "{1}");
        check("no property", "no property");
    }

    #[test]
    fn what_cannot_be_filled_names_the_property() {
        let properties = json!({ "none": null, "blank": "  ", "list": [1], "flag": true });
        let check =
            |template, unfilled| assert_eq!(fill(template, properties.clone()), Err(unfilled));
        check("{beat}", Unfilled::Missing("beat".to_owned()));
        check("{none}", Unfilled::Empty("none".to_owned()));
        check("x{blank}", Unfilled::Empty("blank".to_owned()));
        check("{list}", Unfilled::Unreadable("list".to_owned()));
        check("{flag}", Unfilled::Unreadable("flag".to_owned()));
    }

    #[test]
    fn what_is_no_template_says_why() {
        let words = |text| Template::parse(text).unwrap_err();
        assert_eq!(
            words("{a"),
            "`{a` opens a brace that it does not close; `{{` is a plain brace"
        );
        assert_eq!(
            words("a}"),
            "`a}` closes a brace that it did not open; `}}` is a plain brace"
        );
        assert_eq!(words("{}"), "`{}` has braces with no property in them");
        assert_eq!(
            words(""),
            "is empty; leave the key out, or write a template like `{code}`"
        );
    }
}
