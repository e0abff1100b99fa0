//! A multipart body and its delimiter lines (RFC 2046 section 5.1.1).
//!
//! Owns: where one part ends and the next begins. Refuses: what is in a part. Preamble and epilogue are passed over, line
//! breaks may be bare, blanks may follow a delimiter: all of it is what clients send. A body without its last delimiter was
//! cut on its way, so that nothing of it may be carried out.

/// Why a body has no parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsplit {
    /// It ends before its last delimiter.
    Cut,
    /// There are more parts than are wanted.
    TooMany,
}

/// Returns the parts of a body, in order.
pub(super) fn split<'b>(body: &'b [u8], boundary: &str, most: usize) -> Result<Vec<&'b [u8]>, Unsplit> {
    let delimiter = format!("--{boundary}").into_bytes();
    let mut parts = Vec::new();
    let mut part: Option<usize> = None;
    let mut line = 0;
    while line < body.len() {
        let end = body[line..].iter().position(|&byte| byte == b'\n').map_or(body.len(), |length| line + length);
        let behind = body[line..end].strip_prefix(delimiter.as_slice()).map(<[u8]>::trim_ascii_end);
        if let Some(behind @ (b"" | b"--")) = behind {
            if let Some(start) = part {
                if parts.len() == most {
                    return Err(Unsplit::TooMany);
                }
                parts.push(without_line_break(&body[start..line]));
            }
            if behind == b"--" {
                return Ok(parts);
            }
            part = Some((end + 1).min(body.len()));
        }
        line = end + 1;
    }
    Err(Unsplit::Cut)
}

/// The line break before a delimiter belongs to the delimiter.
fn without_line_break(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(body: &str) -> Result<Vec<&str>, Unsplit> {
        let parts = split(body.as_bytes(), "b", 3)?;
        Ok(parts.into_iter().map(|part| std::str::from_utf8(part).unwrap()).collect())
    }

    #[test]
    fn parts_are_what_stands_between_delimiters() {
        assert_eq!(texts("--b\r\none\r\n--b\r\ntwo\r\n\r\n--b--\r\n").unwrap(), ["one", "two\r\n"]);
        assert_eq!(texts("\r\n--b\none\n--b \t\r\n\n--b--").unwrap(), ["one", ""]);
        assert_eq!(texts("before\r\n--b\r\n--b--\r\nafter\r\n--b\r\nx").unwrap(), [""]);
        assert_eq!(texts("--b--").unwrap(), [""; 0]);
    }

    #[test]
    fn what_only_looks_like_a_delimiter_is_content() {
        assert_eq!(
            texts("--b\r\n--bb\r\n --b\r\n--b-\r\nx--b--\r\n--b--").unwrap(),
            ["--bb\r\n --b\r\n--b-\r\nx--b--"]
        );
    }

    #[test]
    fn a_body_that_was_cut_has_no_parts() {
        for cut in ["", "--b", "--b\r\none", "--b\r\none\r\n--b\r\n", "--b\r\none\r\n--b-", "one\r\n"] {
            assert_eq!(texts(cut), Err(Unsplit::Cut), "{cut:?}");
        }
    }

    #[test]
    fn more_parts_than_wanted_are_not_collected() {
        assert_eq!(texts("--b\na\n--b\nb\n--b\nc\n--b--").unwrap().len(), 3);
        assert_eq!(texts("--b\na\n--b\nb\n--b\nc\n--b\nd\n--b--"), Err(Unsplit::TooMany));
    }
}
