//! What stands before a body: header lines, the line of a request, a media type's parameters (RFC 9112, RFC 2045).
//!
//! Owns: reading those of a part and of the request in it. Refuses: what a header means. Header lines may be folded, and
//! line breaks bare.

use crate::batch::headers::MOST_HEADERS;

/// Headers, names in lower case, and what stands behind the empty line.
pub(super) type Headed<'t> = (Vec<(String, String)>, &'t str);

/// Reads header lines up to an empty line, or to the end.
///
/// # Errors
/// What is wrong, as the rest of a sentence.
pub(super) fn headers(text: &str) -> Result<Headed<'_>, &'static str> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, behind) = line(rest);
        rest = behind;
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            let (_, value) = headers.last_mut().ok_or("begins with half a header")?;
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let (name, value) = line.split_once(':').ok_or("has a line among its headers that is none")?;
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err("has a header whose name no header can have");
        }
        if headers.len() == MOST_HEADERS {
            return Err("has more than a hundred headers");
        }
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok((headers, rest))
}

/// Reads the line of a request, empty lines before it passed over: method, URL, and what stands behind it. The version is
/// not always there (Protocol section 11.7.7.1, the first example).
pub(super) fn request_line(text: &str) -> Option<(&str, &str, &str)> {
    let (line, behind) = line(text.trim_start_matches(['\r', '\n']));
    let (method, url) = line.trim().split_once(' ')?;
    let url = url.trim();
    let url = match url.rsplit_once(' ') {
        Some((url, version)) if version.to_ascii_uppercase().starts_with("HTTP/") => url.trim_end(),
        _ => url,
    };
    (method.bytes().all(is_token) && !url.is_empty()).then_some((method, url, behind))
}

/// Returns a media type without its parameters, in lower case, and its `boundary`.
pub(super) fn media_type(text: &str) -> (String, Option<&str>) {
    let mut parameters = text.split(';').map(str::trim);
    let media = parameters.next().unwrap_or_default().to_ascii_lowercase();
    let boundary = parameters.filter_map(|parameter| parameter.split_once('='));
    let boundary = boundary.filter(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"));
    let boundary = boundary.map(|(_, value)| value.trim().trim_matches('"')).find(|value| !value.is_empty());
    (media, boundary)
}

/// Returns a line without its break, and what stands behind it.
fn line(text: &str) -> (&str, &str) {
    let (line, behind) = text.split_once('\n').unwrap_or((text, ""));
    (line.strip_suffix('\r').unwrap_or(line), behind)
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_end_with_an_empty_line() {
        let (read, rest) = headers("Content-Type: application/http\r\nX:\r\n a\r\n\tb\r\nY:z\n\r\nGET A").unwrap();
        let expected = [("content-type", "application/http"), ("x", " a b"), ("y", "z")];
        assert_eq!(read.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>(), expected);
        assert_eq!((rest, headers("").unwrap().1), ("GET A", ""));
        assert_eq!(headers("\r\nbody").unwrap(), (vec![], "body"));
        assert_eq!(headers("A: b").unwrap(), (vec![("a".into(), "b".into())], ""));
    }

    #[test]
    fn what_is_no_header_is_said() {
        for bad in [" folded: x", "no colon", "a b: c", ": c", "Ä: c"] {
            assert!(headers(bad).is_err(), "{bad}");
        }
        assert!(headers(&"a: b\n".repeat(MOST_HEADERS)).is_ok());
        assert!(headers(&"a: b\n".repeat(MOST_HEADERS + 1)).is_err());
    }

    #[test]
    fn request_lines_are_read_as_clients_write_them() {
        for (text, expected) in [
            ("GET A HTTP/1.1\r\nHost: x", Some(("GET", "A", "Host: x"))),
            ("\r\n\r\nGET A\r\n", Some(("GET", "A", ""))),
            ("PATCH  /odata/A(1)  http/1.1", Some(("PATCH", "/odata/A(1)", ""))),
            ("GET A?$filter=B eq 'c d' HTTP/1.1\n", Some(("GET", "A?$filter=B eq 'c d'", ""))),
            ("GET A?$filter=B eq 'HTTP/1.1'", Some(("GET", "A?$filter=B eq 'HTTP/1.1'", ""))),
            ("GET", None),
            ("GET  HTTP/1.1", Some(("GET", "HTTP/1.1", ""))),
            ("G{T A HTTP/1.1", None),
            ("", None),
        ] {
            assert_eq!(request_line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_boundary_may_stand_in_quotes_and_anywhere() {
        let boundary = |text| media_type(text).1.map(str::to_owned);
        assert_eq!(media_type("Multipart/Mixed; boundary=b").0, "multipart/mixed");
        assert_eq!(boundary("multipart/mixed;charset=utf-8; Boundary=\"b c\"").as_deref(), Some("b c"));
        assert_eq!(boundary("multipart/mixed; boundary=b; charset=utf-8").as_deref(), Some("b"));
        assert_eq!(boundary("multipart/mixed; boundary=\"\""), None);
        assert_eq!(boundary("multipart/mixed"), None);
    }
}
