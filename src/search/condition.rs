//! A condition on what a section's front matter says, such as `tags=kubernetes`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::corpus::Field;

/// A condition on a field: `tags=kubernetes`, `tags!=old`, `version>=2`, `draft`, `!draft`.
///
/// `=` holds if any value of the field is the given one, whatever the case; `!=` if none is, so also where the
/// field is missing. `>`, `>=`, `<` and `<=` hold if they do for any value. A field alone holds if it has a
/// value other than `false`, and not with `!` before it.
///
/// Order: of two numbers that of numbers; of versions and dates (`1.10.0`, `v2`, `2026-01-31`) that of their
/// numeric parts, missing ones being 0; else that of text in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    field: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    IsSet,
    IsNotSet,
    Compare(Operator, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A condition that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot read the condition {text}: {problem}\n\
     hint: write FIELD=VALUE, or `!=`, `>`, `>=`, `<`, `<=` for `=`, or FIELD or !FIELD for one that is set or not"
)]
pub struct ConditionError {
    /// As it was given.
    pub text: String,
    /// What is wrong.
    pub problem: &'static str,
}

impl Operator {
    /// Those of two characters before those that they begin with.
    const ALL: [(&'static str, Self); 6] = [
        ("!=", Self::NotEqual),
        (">=", Self::GreaterOrEqual),
        ("<=", Self::LessOrEqual),
        ("=", Self::Equal),
        (">", Self::Greater),
        ("<", Self::Less),
    ];

    fn sign(self) -> &'static str {
        let known = Self::ALL.iter().find(|(_, operator)| *operator == self);
        known.map_or("", |(sign, _)| sign)
    }

    /// Whether a value that stands so to the given one fulfils it.
    fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Condition {
    /// The name of the field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Whether it holds for a section with these fields.
    pub fn holds(&self, fields: &[Field]) -> bool {
        let field = fields.iter().find(|field| field.name == self.field);
        let values = field.map_or(&[][..], |field| &field.values);
        let is_set = |value: &String| !value.eq_ignore_ascii_case("false");
        match &self.test {
            Test::IsSet => values.iter().any(is_set),
            Test::IsNotSet => !values.iter().any(is_set),
            Test::Compare(Operator::Equal, given) => has(values, given),
            Test::Compare(Operator::NotEqual, given) => !has(values, given),
            Test::Compare(operator, given) => values
                .iter()
                .any(|value| operator.allows(order(value, given))),
        }
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let wrong = |problem| ConditionError {
            text: text.to_owned(),
            problem,
        };
        // A `!` at the beginning is none of an operator.
        let (not, rest) = match text.trim().strip_prefix('!') {
            Some(rest) if !rest.starts_with('=') => (true, rest),
            _ => (false, text.trim()),
        };
        let at = rest.find(['=', '<', '>']);
        let at = at.map(|at| {
            if rest[..at].ends_with('!') {
                at - 1
            } else {
                at
            }
        });
        let name = rest[..at.unwrap_or(rest.len())].trim();
        if name.is_empty() {
            return Err(wrong("it names no field"));
        }
        let test = match at.map(|at| &rest[at..]) {
            None if not => Test::IsNotSet,
            None => Test::IsSet,
            Some(_) if not => return Err(wrong("`!` before a field stands without a value")),
            Some(comparison) => compare(comparison).map_err(wrong)?,
        };
        Ok(Self {
            field: name.to_owned(),
            test,
        })
    }
}

/// Reads an operator and the value after it.
fn compare(text: &str) -> Result<Test, &'static str> {
    let mut known = Operator::ALL.iter();
    let found =
        known.find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?.trim())));
    match found {
        None => Err("there is no such operator"),
        Some((_, "")) => Err("it gives no value"),
        Some((_, value)) if value.starts_with(['=', '<', '>']) => Err("there is no such operator"),
        Some((operator, value)) => Ok(Test::Compare(operator, value.to_owned())),
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.test {
            Test::IsSet => f.write_str(&self.field),
            Test::IsNotSet => write!(f, "!{}", self.field),
            Test::Compare(operator, value) => {
                write!(f, "{}{}{value}", self.field, operator.sign())
            }
        }
    }
}

/// Whether one of `values` is `given`, whatever the case.
fn has(values: &[String], given: &str) -> bool {
    let given = given.to_lowercase();
    values.iter().any(|value| value.to_lowercase() == given)
}

fn order(a: &str, b: &str) -> Ordering {
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a.total_cmp(&b);
    }
    if let (Some(mut a), Some(mut b)) = (parts(a), parts(b)) {
        let length = a.len().max(b.len());
        a.resize(length, 0);
        b.resize(length, 0);
        return a.cmp(&b);
    }
    a.to_lowercase().cmp(&b.to_lowercase())
}

/// A decimal number; 0 has no sign.
fn number(text: &str) -> Option<f64> {
    let is_decimal = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E');
    if !text.chars().all(is_decimal) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(number + 0.0)
}

/// The numeric parts of a version or date.
fn parts(text: &str) -> Option<Vec<u64>> {
    let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let separators = ['.', '-', '/', ':', '+', ' ', 'T', 'Z'];
    let parts = digits.split(separators).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str) -> bool {
        let field = |name: &str, values: &[&str]| Field {
            name: name.to_owned(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        };
        let fields = [
            field("date", &["2026-01-31"]),
            field("draft", &["False"]),
            field("name", &["Straße=1"]),
            field("new", &["yes"]),
            field("tags", &["Kubernetes", "cloud"]),
            field("version", &["1.10.0"]),
            field("weight", &["-3"]),
        ];
        condition.parse::<Condition>().unwrap().holds(&fields)
    }

    #[test]
    fn conditions_hold_as_they_say() {
        for (condition, expected) in [
            ("tags=kubernetes", true),
            (" tags = CLOUD ", true),
            ("tags=kube", false),
            ("tags!=kubernetes", false),
            ("tags!=old", true),
            ("none!=old", true),
            ("none=old", false),
            ("none<old", false),
            ("name=STRASSE=1", false),
            ("name=straße=1", true),
            ("new", true),
            ("!new", false),
            ("draft", false),
            ("!draft", true),
            ("none", false),
            ("!none", true),
            ("version>=1.9", true),
            ("version>1.10", false),
            ("version>=v1.10", true),
            ("version<2", true),
            ("version=1.10", false),
            ("date<2026-02", true),
            ("date>2026-01-31", false),
            ("date<=2026-01-31T10:00:00Z", true),
            ("weight<0", true),
            ("weight>-4", true),
            ("weight<-10", false),
        ] {
            assert_eq!(holds(condition), expected, "{condition}");
        }
    }

    #[test]
    fn numbers_versions_dates_and_text_have_an_order() {
        use Ordering::{Equal, Greater, Less};
        for (a, b, expected) in [
            ("10", "9", Greater),
            ("1.10", "1.9", Less),
            ("1e3", "1000", Equal),
            ("-0", "0", Equal),
            ("1.10.0", "1.9.0", Greater),
            ("v2", "1.10.0", Greater),
            ("1.10", "1.10.0", Equal),
            ("2026-01-31", "2026-02-01", Less),
            ("2026-1-31", "2026-01-31", Equal),
            ("beta", "Alpha", Greater),
            ("B", "b", Equal),
            ("inf", "1", Greater),
            ("nan", "nan", Equal),
            ("99999999999999999999.1.1", "2.0.0", Greater),
        ] {
            assert_eq!(order(a, b), expected, "{a} {b}");
            assert_eq!(order(b, a), expected.reverse(), "{b} {a}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (text, problem) in [
            ("", "it names no field"),
            ("!", "it names no field"),
            ("=a", "it names no field"),
            ("!=a", "it names no field"),
            ("tags=", "it gives no value"),
            ("tags> ", "it gives no value"),
            ("tags==a", "there is no such operator"),
            ("tags=>a", "there is no such operator"),
            ("tags<>a", "there is no such operator"),
            ("!tags=a", "`!` before a field stands without a value"),
        ] {
            let error = text.parse::<Condition>().unwrap_err();
            assert_eq!((error.text.as_str(), error.problem), (text, problem));
        }
    }

    #[test]
    fn a_condition_is_shown_as_it_is_read() {
        for text in [
            "a",
            "!a",
            "a=b",
            "a!=b",
            "a<1",
            "a<=1",
            "a>1",
            "a>=1",
            "a.b=c d!=e",
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().to_string(), text);
        }
    }
}
