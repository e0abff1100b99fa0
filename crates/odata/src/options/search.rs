//! `$search` (OData URL Conventions 4.01 section 5.1.7): words and quoted phrases, `AND`, `OR`, `NOT` and parentheses.
//!
//! Owns: the grammar. `NOT` binds tightest, then `AND`, which stands between words also where nothing does, then `OR`.

use crate::{Code, WireError};
use tidemark_model::query::Search;

/// How deep parentheses and `NOT` may nest.
const DEEPEST: u32 = 64;

const AND: &str = "AND";
const OR: &str = "OR";
const NOT: &str = "NOT";

/// Reads what must all be found.
pub(crate) fn parse(text: &str) -> Result<Vec<Search>, WireError> {
    let mut reader = Reader { rest: text.trim(), depth: 0 };
    let found = reader.any()?;
    if !reader.rest.is_empty() {
        return Err(wrong("has a parenthesis that nothing begins"));
    }
    Ok(match found {
        Search::All(parts) => parts,
        one => vec![one],
    })
}

struct Reader<'t> {
    rest: &'t str,
    depth: u32,
}

impl<'t> Reader<'t> {
    fn any(&mut self) -> Result<Search, WireError> {
        let mut parts = vec![self.all()?];
        while self.eat(OR) {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Search::Any))
    }

    fn all(&mut self) -> Result<Search, WireError> {
        let mut parts = vec![self.term()?];
        loop {
            let is_said = self.eat(AND);
            let ends = self.rest.is_empty() || self.rest.starts_with(')') || self.word() == OR;
            if ends && !is_said {
                return Ok(one_or(parts, Search::All));
            }
            parts.push(self.term()?);
        }
    }

    fn term(&mut self) -> Result<Search, WireError> {
        if self.eat(NOT) {
            return self.nested(|reader| Ok(Search::Not(Box::new(reader.term()?))));
        }
        if let Some(inner) = self.rest.strip_prefix('(') {
            self.rest = inner.trim_start();
            let found = self.nested(Self::any)?;
            let behind = self.rest.strip_prefix(')').ok_or_else(|| wrong("has a parenthesis that does not end"))?;
            self.rest = behind.trim_start();
            return Ok(found);
        }
        if let Some(inner) = self.rest.strip_prefix('"') {
            let (phrase, behind) = phrase(inner)?;
            self.rest = behind.trim_start();
            return if phrase.trim().is_empty() { Err(no_word()) } else { Ok(Search::Word(phrase)) };
        }
        match self.word() {
            "" | AND | OR => Err(no_word()),
            word => {
                self.rest = self.rest[word.len()..].trim_start();
                Ok(Search::Word(word.to_owned()))
            }
        }
    }

    /// Returns the word that begins here.
    fn word(&self) -> &'t str {
        let end = self.rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '(' | ')'));
        &self.rest[..end.unwrap_or(self.rest.len())]
    }

    /// Steps over a word of the grammar, which is in capitals, and tells whether it was there.
    fn eat(&mut self, word: &str) -> bool {
        let found = self.word() == word;
        if found {
            self.rest = self.rest[word.len()..].trim_start();
        }
        found
    }

    fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Result<Search, WireError>) -> Result<Search, WireError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(wrong("nests more than 64 levels deep"));
        }
        let found = inner(self);
        self.depth -= 1;
        found
    }
}

fn one_or(mut parts: Vec<Search>, several: fn(Vec<Search>) -> Search) -> Search {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            several(parts)
        }
    }
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

fn no_word() -> WireError {
    wrong("must have a word or a \"quoted phrase\" at the beginning and the end, and around AND and OR")
}

fn wrong(problem: &str) -> WireError {
    WireError::new(400, Code::InvalidQuery, format!("$search {problem}")).about("$search")
}

/// Writes a search so that [`parse`] reads the same one.
#[cfg(test)]
pub(crate) fn write(parts: &[Search]) -> String {
    parts.iter().map(written).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
fn written(search: &Search) -> String {
    let joined = |parts: &[Search], between: &str| parts.iter().map(written).collect::<Vec<_>>().join(between);
    match search {
        Search::Word(word) if word.chars().all(char::is_alphanumeric) && ![AND, OR, NOT].contains(&word.as_str()) => {
            word.clone()
        }
        Search::Word(word) => format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")),
        Search::Not(inner) => format!("NOT {}", written(inner)),
        Search::All(parts) => format!("({})", joined(parts, " AND ")),
        Search::Any(parts) => format!("({})", joined(parts, " OR ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(text: &str) -> Search {
        Search::Word(text.to_owned())
    }

    #[test]
    fn words_and_phrases_must_all_occur() {
        let words = |text: &str| parse(text).unwrap();
        let all = |texts: &[&str]| texts.iter().map(|text| word(text)).collect::<Vec<_>>();
        assert_eq!(words("pump"), all(&["pump"]));
        assert_eq!(words("  pump   valve AND \"third floor\" don't"), all(&["pump", "valve", "third floor", "don't"]));
        assert_eq!(words(r#""say \"hi\" \\"x"#), all(&["say \"hi\" \\", "x"]));
        assert_eq!(words("and or not"), all(&["and", "or", "not"]));
    }

    #[test]
    fn not_binds_tighter_than_and_and_that_than_or() {
        let not = |inner| Search::Not(Box::new(inner));
        for (text, expected) in [
            ("a OR b c", Search::Any(vec![word("a"), Search::All(vec![word("b"), word("c")])])),
            ("NOT a OR b", Search::Any(vec![not(word("a")), word("b")])),
            ("NOT NOT \"a b\"", not(not(word("a b")))),
            ("NOT(a OR b)", not(Search::Any(vec![word("a"), word("b")]))),
            ("(((a)))", word("a")),
        ] {
            assert_eq!(parse(text).unwrap(), [expected], "{text}");
        }
        let both = vec![Search::Any(vec![word("a"), word("b")]), not(word("c"))];
        assert_eq!(parse("(a OR b) AND NOT c").unwrap(), both);
        assert_eq!(parse("(a OR b)NOT c").unwrap(), both);
    }

    #[test]
    fn what_would_be_read_wrong_is_refused() {
        let bomb = "(".repeat(100_000);
        let negations = "NOT ".repeat(100_000);
        for text in [
            "",
            "AND a",
            "a AND",
            "a OR",
            "OR a",
            "a AND OR b",
            "NOT",
            "a NOT",
            "()",
            "(a",
            "a)",
            "(a))",
            "\"a",
            "\" \"",
            &bomb,
            &negations,
        ] {
            assert_eq!(parse(text).unwrap_err().status, 400, "{}", &text[..text.len().min(20)]);
        }
    }

    fn any_search() -> impl Strategy<Value = Search> {
        let leaf = "[^\0]{0,6}[^\0\\s][^\0]{0,6}".prop_map(Search::Word);
        leaf.prop_recursive(4, 20, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|one| Search::Not(Box::new(one))),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Search::All),
                prop::collection::vec(inner, 2..4).prop_map(Search::Any),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(search in any_search()) {
            let expected = match search.clone() {
                Search::All(parts) => parts,
                one => vec![one],
            };
            prop_assert_eq!(parse(&write(&[search])).unwrap(), expected);
        }

        #[test]
        fn arbitrary_text_never_panics(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
