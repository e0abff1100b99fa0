//! Finding the line of an element in JSON text, for the sentence about a mistake.

/// Returns the line, from 1, on which the member at `path` begins; the deepest ancestor found where it is absent.
pub(super) fn line_of(source: &str, path: &[&str]) -> usize {
    let bytes = source.as_bytes();
    let mut at = 0;
    let mut found = 0;
    'descend: for name in path {
        // Step into the object whose value starts here.
        while at < bytes.len() && bytes[at] != b'{' {
            at += 1;
        }
        at += 1;
        let mut depth = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'"' => {
                    let start = at;
                    at = string_end(bytes, at);
                    let text: Option<String> = serde_json::from_slice(&bytes[start..at]).ok();
                    let mut next = at;
                    while next < bytes.len() && bytes[next].is_ascii_whitespace() {
                        next += 1;
                    }
                    if depth == 0 && bytes.get(next) == Some(&b':') && text.as_deref() == Some(name) {
                        found = start;
                        at = next + 1;
                        continue 'descend;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => break 'descend,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        break;
    }
    1 + bytes[..found].iter().filter(|b| **b == b'\n').count()
}

/// Returns the index just past the string that starts at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    at += 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_found_on_its_line_and_else_the_one_that_it_would_stand_in() {
        let source = [
            "",
            "{",
            "  \"Other\": { \"Name\": [1, { \"Deep\": 2 }], \"x\": \"}\\\"{\" },",
            "  \"Name\"",
            "   :",
            "  { \"Type\": \"Name\",",
            "    \"Deep\": {",
            "      \"Last\" : 3 } },",
            "  \"End\": 4",
            "}",
        ];
        let source = source.join("\n");
        for (path, line) in [
            (&["Other"][..], 3),
            (&["Other", "Name"], 3),
            (&["Name"], 4),
            (&["Name", "Type"], 6),
            (&["Name", "Deep"], 7),
            (&["Name", "Deep", "Last"], 8),
            (&["End"], 9),
            // What is not there is said of what it would stand in.
            (&["Name", "Deep", "Nothing"], 7),
            (&["Name", "End"], 4),
            (&["Other", "Deep"], 3),
            (&["Nothing"], 1),
            (&[], 1),
        ] {
            assert_eq!(line_of(&source, path), line, "{path:?}");
        }
        for cut in 0..source.len() {
            // A document that breaks off has the lines that it has.
            assert!(line_of(&source[..cut], &["Name", "Deep", "Last"]) <= 1 + source[..cut].matches('\n').count());
        }
    }
}
