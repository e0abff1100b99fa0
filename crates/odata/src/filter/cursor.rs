//! A place in the text of a query option, and the literals that can begin there (OData ABNF, `primitiveLiteral`).

use crate::{Code, WireError};
use chrono::NaiveDate;
use tidemark_model::instant_micros;
use tidemark_model::query::{FALSE, INFINITY, Literal, NOT_A_NUMBER, NULL, TRUE};
use uuid::Uuid;

/// A place in the text.
pub(super) struct Cursor<'t> {
    option: &'static str,
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(option: &'static str, text: &'t str) -> Self {
        Self { option, text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    /// Steps over a character if it comes next.
    pub(super) fn eat(&mut self, character: char) -> bool {
        let found = self.rest().starts_with(character);
        if found {
            self.at += character.len_utf8();
        }
        found
    }

    /// Steps over text that the caller has seen at the cursor.
    pub(super) fn advance(&mut self, text: &str) {
        self.at += text.len();
    }

    /// Returns the name that begins here, dots included; empty where none does.
    pub(super) fn name(&self) -> &'t str {
        let rest = self.rest();
        if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
            &rest[..end]
        } else {
            ""
        }
    }

    /// A mistake at the cursor.
    pub(super) fn wrong(&self, problem: impl std::fmt::Display) -> WireError {
        let character = self.text[..self.at].chars().count() + 1;
        let message = format!("{} cannot be read at character {character}: {problem}", self.option);
        WireError::new(400, Code::InvalidQuery, message).about(self.option)
    }

    /// Says what was expected at the cursor and what stands there.
    pub(super) fn expected(&self, what: &str) -> WireError {
        let rest = self.rest();
        let end = rest.find([' ', '\t', ',', '(', ')']).filter(|end| *end > 0);
        let token: String = rest[..end.unwrap_or(rest.len())].chars().take(30).collect();
        if token.is_empty() {
            self.wrong(format_args!("expected {what}, found the end"))
        } else {
            self.wrong(format_args!("expected {what}, found {token:?}"))
        }
    }

    /// Says that OData has this and nothing here does.
    pub(super) fn unsupported(&self, what: impl std::fmt::Display) -> WireError {
        WireError::not_supported(what).about(self.option)
    }

    /// Reads a literal if one begins here.
    pub(super) fn literal(&mut self) -> Result<Option<Literal>, WireError> {
        let rest = self.rest();
        if rest.starts_with('\'') {
            return self.string().map(Some);
        }
        // A GUID may begin like a number, a date or a name, so it is tried first.
        if let Some(id) = guid(rest) {
            self.at += 36;
            return Ok(Some(Literal::Guid(id)));
        }
        let unsigned = rest.strip_prefix('-').unwrap_or(rest);
        if unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            return self.dated_or_number().map(Some);
        }
        if rest.starts_with('-') && word_is(self.name_of(unsigned), INFINITY) {
            return Err(self.no_infinity());
        }
        let name = self.name();
        let literal = match () {
            () if word_is(name, NULL) => Literal::Null,
            () if word_is(name, TRUE) => Literal::Boolean(true),
            () if word_is(name, FALSE) => Literal::Boolean(false),
            () if word_is(name, INFINITY) || word_is(name, NOT_A_NUMBER) => return Err(self.no_infinity()),
            () if !name.is_empty() && rest[name.len()..].starts_with('\'') => {
                return Err(self.unsupported(format_args!("A literal such as {name}'…'")));
            }
            () => return Ok(None),
        };
        self.advance(name);
        Ok(Some(literal))
    }

    fn name_of(&self, text: &'t str) -> &'t str {
        Cursor::new(self.option, text).name()
    }

    fn no_infinity(&self) -> WireError {
        self.wrong("INF and NaN are no values here; a number must be finite")
    }

    fn string(&mut self) -> Result<Literal, WireError> {
        let inner = &self.rest()[1..];
        let mut value = String::new();
        let mut from = 0;
        loop {
            let Some(quote) = inner[from..].find('\'') else {
                return Err(self.wrong("this text does not end; a quote inside of it is written twice"));
            };
            let end = from + quote;
            value.push_str(&inner[from..end]);
            if !inner[end + 1..].starts_with('\'') {
                self.at += end + 2;
                return Ok(Literal::String(value));
            }
            value.push('\'');
            from = end + 2;
        }
    }

    fn dated_or_number(&mut self) -> Result<Literal, WireError> {
        let rest = self.rest();
        let token_end = |more: &[char]| {
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || more.contains(&c))).unwrap_or(rest.len())
        };
        let bytes = rest.as_bytes();
        if shaped(bytes, b"0000-00-00") {
            let token = &rest[..token_end(&['-', '+', ':'])];
            let literal = if matches!(bytes.get(10), Some(b'T' | b't')) {
                instant_micros(token).map(Literal::DateTimeOffset)
            } else {
                let date = NaiveDate::parse_from_str(token, "%Y-%m-%d").ok().filter(|_| token.len() == 10);
                date.map(|_| Literal::Date(token.to_owned()))
            };
            let literal = literal.ok_or_else(|| {
                self.expected("a date such as 2026-03-31 or a date and time such as 2026-03-31T08:00:00Z")
            })?;
            self.advance(token);
            return Ok(literal);
        }
        if shaped(bytes, b"00:00") {
            return Err(self.unsupported("A time of day"));
        }
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut end = usize::from(rest.starts_with('-'));
        end += digits(&rest[end..]);
        if let Some(fraction) = rest[end..].strip_prefix('.').map(digits).filter(|n| *n > 0) {
            end += 1 + fraction;
        }
        if let Some(exponent) = rest[end..].strip_prefix(['e', 'E']) {
            let sign = usize::from(exponent.starts_with(['+', '-']));
            let exponent = digits(&exponent[sign..]);
            end += if exponent > 0 { 1 + sign + exponent } else { 0 };
        }
        if rest[end..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ':')) {
            return Err(self.expected("a number, a date or a GUID"));
        }
        self.at += end;
        Ok(Literal::Number(rest[..end].to_owned()))
    }
}

/// Compares keywords as OData 4.01 wants: in any case.
pub(super) fn word_is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

/// Tells whether bytes begin like a pattern in which `0` stands for any digit.
fn shaped(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.len() >= pattern.len()
        && bytes.iter().zip(pattern).all(|(b, p)| if *p == b'0' { b.is_ascii_digit() } else { b == p })
}

fn guid(text: &str) -> Option<Uuid> {
    let (guid, after) = text.split_at_checked(36)?;
    let ends = !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let hyphens = [8, 13, 18, 23].iter().all(|at| guid.as_bytes()[*at] == b'-');
    if ends && hyphens { Uuid::parse_str(guid).ok() } else { None }
}
