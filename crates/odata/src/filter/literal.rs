//! The literals of expressions (OData ABNF, `primitiveLiteral`).
//!
//! Owns: their forms, and a sentence for one that begins as a literal and is none. Refuses: giving a number a type.

use super::cursor::{Cursor, word_is};
use crate::WireError;
use chrono::NaiveDate;
use tidemark_model::query::{FALSE, INFINITY, Literal, NOT_A_NUMBER, NULL, TRUE};
use tidemark_model::{duration_micros, instant_micros, time_of_day_micros};
use uuid::Uuid;

/// Literals with a word in front of their quotes, and the types of those that no property here has.
const DURATION: &str = "duration";
const FOREIGN: [(&str, &str); 3] =
    [("binary", "Edm.Binary"), ("geography", "Edm.Geography"), ("geometry", "Edm.Geometry")];

impl<'t> Cursor<'t> {
    /// Reads a literal if one begins here.
    pub(super) fn literal(&mut self) -> Result<Option<Literal>, WireError> {
        let rest = self.rest();
        if rest.starts_with('\'') {
            return self.quoted().map(Literal::String).map(Some);
        }
        // A GUID may begin like a number, a date or a name, so it is tried first.
        if let Some(id) = guid(rest) {
            self.advance(&rest[..36]);
            return Ok(Some(Literal::Guid(id)));
        }
        let unsigned = rest.strip_prefix('-').unwrap_or(rest);
        if unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            return self.dated_or_number().map(Some);
        }
        if let Some(infinity) = unsigned.get(..INFINITY.len())
            && rest.starts_with('-')
            && word_is(Cursor::new("", unsigned).name(), INFINITY)
        {
            self.advance(&rest[..1 + infinity.len()]);
            return Ok(Some(Literal::Number(format!("-{INFINITY}"))));
        }
        let name = self.name();
        let literal = match () {
            () if word_is(name, NULL) => Literal::Null,
            () if word_is(name, TRUE) => Literal::Boolean(true),
            () if word_is(name, FALSE) => Literal::Boolean(false),
            () if word_is(name, INFINITY) => Literal::Number(INFINITY.to_owned()),
            () if word_is(name, NOT_A_NUMBER) => Literal::Number(NOT_A_NUMBER.to_owned()),
            () if !name.is_empty() && rest[name.len()..].starts_with('\'') => return self.prefixed(name).map(Some),
            () => return Ok(None),
        };
        self.advance(name);
        Ok(Some(literal))
    }

    /// Reads `word'…'`.
    fn prefixed(&mut self, word: &str) -> Result<Literal, WireError> {
        let foreign = FOREIGN.iter().find(|(known, _)| word_is(word, known));
        if foreign.is_none() && !word_is(word, DURATION) {
            return Err(
                self.wrong(format_args!("there is no literal such as {word}'…' here, nor a type of such values"))
            );
        }
        let begin = self.place();
        self.advance(word);
        let text = self.quoted()?;
        if let Some((_, of)) = foreign {
            return Ok(Literal::Foreign(of));
        }
        duration_micros(&text).map(Literal::Duration).map_err(|problem| {
            self.back_to(begin);
            self.wrong(problem)
        })
    }

    /// Reads text in single quotes.
    fn quoted(&mut self) -> Result<String, WireError> {
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
                self.advance(&self.rest()[..end + 2]);
                return Ok(value);
            }
            value.push('\'');
            from = end + 2;
        }
    }

    fn dated_or_number(&mut self) -> Result<Literal, WireError> {
        let bytes = self.rest().as_bytes();
        if shaped(bytes, b"0000-00-00") {
            return self.dated();
        }
        if shaped(bytes, b"00:00") {
            return self.time_of_day();
        }
        self.number()
    }

    fn dated(&mut self) -> Result<Literal, WireError> {
        let token = dated_part(self.token(&['-', '+', ':']));
        let literal = if matches!(token.as_bytes().get(10), Some(b'T' | b't')) {
            instant_micros(token).map(|micros| Literal::DateTimeOffset { micros, offset: offset_of(token) })
        } else {
            let date = NaiveDate::parse_from_str(token, "%Y-%m-%d").ok().filter(|_| token.len() == 10);
            date.map(|_| Literal::Date(token.to_owned()))
        };
        let literal = literal.ok_or_else(|| {
            self.expected("a date such as 2026-03-31 or a date and time such as 2026-03-31T08:00:00Z")
        })?;
        self.advance(token);
        Ok(literal)
    }

    fn time_of_day(&mut self) -> Result<Literal, WireError> {
        let rest = self.rest();
        // A colon that no two digits follow is the one of `case`.
        let mut end = 5;
        if shaped(&rest.as_bytes()[end..], b":00") {
            end += 3;
            let fraction = rest[end..].strip_prefix('.').map_or(0, digits);
            end += if fraction > 0 { 1 + fraction } else { 0 };
        }
        let token = &rest[..end];
        let micros = time_of_day_micros(token).ok_or_else(|| self.expected("a time of day such as 08:00:00"))?;
        self.advance(token);
        Ok(Literal::TimeOfDay(micros))
    }

    fn number(&mut self) -> Result<Literal, WireError> {
        let rest = self.rest();
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
        if rest[end..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-')) {
            return Err(self.expected("a number, a date or a GUID"));
        }
        self.advance(&rest[..end]);
        Ok(Literal::Number(rest[..end].to_owned()))
    }

    /// Returns the letters, digits and points that begin here, and some other characters.
    fn token(&self, more: &[char]) -> &'t str {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || more.contains(&c);
        &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())]
    }
}

/// Returns the date, or the date and time, that a token is or begins with: behind it the colon of `case` may stand.
fn dated_part(token: &str) -> &str {
    let has_time = matches!(token.as_bytes().get(10), Some(b'T' | b't'));
    let end = match token.get(11..).filter(|_| has_time) {
        None => 10,
        Some(time) => match time.find(['Z', 'z', '+', '-']) {
            Some(zone) if time[zone..].starts_with(['Z', 'z']) => 11 + zone + 1,
            Some(zone) => 11 + zone + "+00:00".len(),
            None => token.len(),
        },
    };
    match token.get(end..) {
        Some(behind) if behind.starts_with(':') => &token[..end],
        _ => token,
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Returns the minutes by which the clock of an instant that has been read is ahead of UTC.
fn offset_of(token: &str) -> i16 {
    let zone = token.get(token.len().saturating_sub(6)..).filter(|zone| zone.starts_with(['+', '-']));
    let minutes = |zone: &str| Some(zone.get(1..3)?.parse::<i16>().ok()? * 60 + zone.get(4..)?.parse::<i16>().ok()?);
    match zone {
        Some(zone) if zone.starts_with('-') => -minutes(zone).unwrap_or(0),
        Some(zone) => minutes(zone).unwrap_or(0),
        None => 0,
    }
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
