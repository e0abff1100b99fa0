//! `$search` (OData URL Conventions 4.01 section 5.1.7): words and quoted phrases that must all occur.

use crate::{Code, WireError};

/// Reads words and phrases; `AND` between them says what no word between them says too.
pub(super) fn parse(text: &str) -> Result<Vec<String>, WireError> {
    let mut words = Vec::new();
    let mut wants_word = true;
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            '"' => {
                let (phrase, after) = phrase(&rest[1..])?;
                if !phrase.trim().is_empty() {
                    words.push(phrase);
                }
                wants_word = false;
                rest = after;
            }
            '(' | ')' => return Err(WireError::not_supported("A parenthesis in $search").about("$search")),
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '(' | ')')).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                match word {
                    "OR" | "NOT" => {
                        let what = format_args!("{word} in $search");
                        return Err(WireError::not_supported(what).about("$search"));
                    }
                    "AND" if wants_word => return Err(wrong("AND must stand between two words")),
                    "AND" => wants_word = true,
                    word => {
                        words.push(word.to_owned());
                        wants_word = false;
                    }
                }
                rest = after;
            }
        }
        rest = rest.trim_start();
    }
    if wants_word || words.is_empty() { Err(wrong("must end with a word or a \"quoted phrase\"")) } else { Ok(words) }
}

/// Reads to the closing quote; `\"` and `\\` stand for the second character.
fn phrase(text: &str) -> Result<(String, &str), WireError> {
    let mut phrase = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((phrase, &text[at + 1..])),
            '\\' => phrase.extend(characters.next().map(|(_, escaped)| escaped)),
            other => phrase.push(other),
        }
    }
    Err(wrong("has a \" that does not end"))
}

fn wrong(problem: &str) -> WireError {
    WireError::new(400, Code::InvalidQuery, format!("$search {problem}")).about("$search")
}

/// Writes words so that [`parse`] reads the same ones.
#[cfg(test)]
pub(super) fn write(words: &[String]) -> String {
    let word = |word: &String| {
        if word.chars().all(char::is_alphanumeric) && !matches!(word.as_str(), "AND" | "OR" | "NOT") {
            word.clone()
        } else {
            format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
        }
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_phrases_must_all_occur() {
        let words = |text| parse(text).unwrap();
        assert_eq!(words("pump"), ["pump"]);
        assert_eq!(words("  pump   valve AND \"third floor\" don't"), ["pump", "valve", "third floor", "don't"]);
        assert_eq!(words(r#""say \"hi\" \\"x"#), ["say \"hi\" \\", "x"]);
        assert_eq!(words("and or not"), ["and", "or", "not"]);
    }

    #[test]
    fn what_would_be_read_wrong_is_refused() {
        for (text, status) in [
            ("a OR b", 501),
            ("NOT a", 501),
            ("(a b)", 501),
            ("", 400),
            ("AND a", 400),
            ("a AND", 400),
            ("\"a", 400),
            ("\" \"", 400),
        ] {
            assert_eq!(parse(text).unwrap_err().status, status, "{text}");
        }
    }
}
