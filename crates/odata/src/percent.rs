//! Percent-encoding of URLs (RFC 3986 section 2.1, OData URL Conventions 4.01 section 2).
//!
//! Owns: decoding path segments and query values, encoding query values. Refuses: splitting URLs (`path`,
//! `options`); both split first and decode then, so that an encoded `/` or `&` stays text.

use crate::{Code, WireError};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Decodes `%XX`; `+` stays a plus.
pub(crate) fn decode(text: &str) -> Result<Cow<'_, str>, WireError> {
    if !text.contains('%') {
        return checked(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte != b'%' {
            bytes.push(byte);
            rest = tail;
            continue;
        }
        let digits = tail.get(..2).and_then(|pair| Some(hex(pair[0])? << 4 | hex(pair[1])?));
        bytes.push(digits.ok_or_else(|| wrong("% must be followed by two hexadecimal digits"))?);
        rest = &tail[2..];
    }
    checked(Cow::Owned(String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?))
}

/// Decodes the value of a query option, also as HTML forms write it: with `+` for a space.
///
/// RFC 3986 means a plus by `+`, and dates with an offset rely on it. A form encoder leaves nothing else than
/// letters, digits, `*-._~` and `%XX`, and never writes `%20`; only a value that could be its work is read so.
pub(crate) fn decode_query(text: &str) -> Result<Cow<'_, str>, WireError> {
    let untouched_by_forms = |b: u8| b.is_ascii_alphanumeric() || b"*-._~+%".contains(&b);
    if text.contains('+') && text.bytes().all(untouched_by_forms) && !text.contains("%20") {
        return decode(&text.replace('+', " ")).map(|decoded| Cow::Owned(decoded.into_owned()));
    }
    decode(text)
}

fn checked(text: Cow<'_, str>) -> Result<Cow<'_, str>, WireError> {
    // No property may hold NUL (`tidemark-model`), and PostgreSQL takes no text with it.
    if text.contains('\0') { Err(wrong("it has a NUL character")) } else { Ok(text) }
}

fn wrong(problem: &str) -> WireError {
    WireError::new(400, Code::InvalidUrl, format!("The URL cannot be read: {problem}"))
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|n| n as u8)
}

/// Encodes what no URL may hold in a query that somebody wrote by hand: spaces, quotes, letters beyond ASCII. What is encoded
/// already stays as it is. So is the apostrophe encoded, which browsers would encode when they follow the link (WHATWG URL,
/// special-query percent-encode set): a link has to come back as it was given.
pub fn encode_loose(query: &str) -> String {
    let mut encoded = String::with_capacity(query.len());
    for byte in query.bytes() {
        if byte.is_ascii_graphic() && !b"'\"<>\\^`{|}#".contains(&byte) {
            encoded.push(byte as char);
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Encodes text for the value of a query option.
pub fn encode_query(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!*'(),:;@/?$".contains(&byte) {
            encoded.push(byte as char);
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_loose_query_becomes_one_of_a_url_and_stays_one() {
        let once = encode_loose("$filter=T eq 'ä%20\"' and (A in (1,2))&@p=x+y#");
        assert_eq!(once, "$filter=T%20eq%20%27%C3%A4%20%22%27%20and%20(A%20in%20(1,2))&@p=x+y%23");
        assert_eq!(encode_loose(&once), once);
    }

    #[test]
    fn forms_and_rfc_3986_are_both_read() {
        let decoded = |text| decode_query(text).unwrap().into_owned();
        assert_eq!(decoded("Title%20eq%20'a+b'"), "Title eq 'a+b'");
        assert_eq!(decoded("Title+eq+%27a%2Bb%27"), "Title eq 'a+b'");
        assert_eq!(decoded("DueAt%20gt%202026-03-31T08:00:00+02:00"), "DueAt gt 2026-03-31T08:00:00+02:00");
        assert_eq!(decoded("contains(Title,'a+b')"), "contains(Title,'a+b')");
        assert_eq!(decoded("%22a+b%22%20c"), "\"a+b\" c");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for wrong in ["%", "%4", "%zz", "%ff", "a%00"] {
            assert_eq!(decode(wrong).unwrap_err().status, 400, "{wrong}");
        }
        assert_eq!(decode("%c3%A9%2F").unwrap(), "é/");
    }

    proptest! {
        #[test]
        fn text_survives_a_query(text in "[^\0]*") {
            let encoded = encode_query(&text);
            prop_assert!(encoded.bytes().all(|b| b.is_ascii_graphic() && b != b'&' && b != b'#' && b != b'+'));
            prop_assert_eq!(decode_query(&encoded).unwrap(), text);
        }

        #[test]
        fn decoding_never_panics(text in any::<String>()) {
            let _ = decode_query(&text);
        }
    }
}
