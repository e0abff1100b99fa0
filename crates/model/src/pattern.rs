//! The patterns of `matchespattern`: ECMAScript's regular expressions (OData URL Conventions 4.01 section 5.1.1.6.1), matched
//! in time that grows with the text alone.
//!
//! Owns: their syntax, in the words of the engine that matches them. Refuses: looking ahead or behind and referring back to
//! a group, which no such engine can do. `i` folds case as Unicode does; with `m`, lines end at CR, LF or both.

use regex::{Regex, RegexBuilder};
use std::fmt::Write as _;

/// Characters of a pattern; and bytes that an understood one may take.
const LONGEST: usize = 1_000;
const LARGEST: usize = 1 << 20;

const DIGITS: &str = "0-9";
const WORD: &str = "A-Za-z0-9_";
const SPACE: &str = r"\t\n\x0B\x0C\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}";
const NO_SPACE: &str =
    r"^\t\n\x0B\x0C\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}";
const NO_LINE_END: &str = r"[^\n\r\x{2028}\x{2029}]";
const NOTHING: &str = r"[^\x{0}-\x{10FFFF}]";
const ANYTHING: &str = "(?s:.)";

/// A pattern that has been understood.
#[derive(Clone, Debug)]
pub struct Pattern {
    syntax: String,
    regex: Regex,
}

impl Pattern {
    /// Reads a pattern and its flags.
    ///
    /// # Errors
    /// A sentence about the pattern.
    pub fn new(pattern: &str, flags: &str) -> Result<Self, String> {
        if pattern.chars().count() > LONGEST {
            return Err(format!("A pattern of matchespattern has at most {LONGEST} characters"));
        }
        if let Some(flag) = flags.chars().find(|flag| !"imsug".contains(*flag)) {
            return Err(format!("The flag {flag} of matchespattern means nothing here; i, m and s do"));
        }
        let mut translation = Translation {
            rest: pattern,
            out: String::new(),
            is_multi_line: flags.contains('m'),
            has_dot_all: flags.contains('s'),
        };
        translation.all().map_err(|problem| format!("The pattern of matchespattern {problem}"))?;
        let syntax = if flags.contains('i') { format!("(?i:{})", translation.out) } else { translation.out };
        Self::from_syntax(&syntax)
    }

    /// Reads what [`Pattern::syntax`] gave.
    ///
    /// # Errors
    /// A sentence about the pattern.
    pub fn from_syntax(syntax: &str) -> Result<Self, String> {
        match RegexBuilder::new(syntax).size_limit(LARGEST).build() {
            Ok(regex) => Ok(Self { syntax: syntax.to_owned(), regex }),
            Err(regex::Error::CompiledTooBig(_)) => Err("The pattern of matchespattern is too large".to_owned()),
            Err(_) => Err("The pattern of matchespattern is no regular expression".to_owned()),
        }
    }

    /// Returns the pattern in the syntax of the engine.
    pub fn syntax(&self) -> &str {
        &self.syntax
    }

    /// Tells whether it is found somewhere in a text.
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// A pattern on its way from one syntax to the other.
struct Translation<'p> {
    rest: &'p str,
    out: String,
    is_multi_line: bool,
    has_dot_all: bool,
}

impl Translation<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn eat(&mut self, text: &str) -> bool {
        let behind = self.rest.strip_prefix(text);
        self.rest = behind.unwrap_or(self.rest);
        behind.is_some()
    }

    fn all(&mut self) -> Result<(), &'static str> {
        while let Some(next) = self.next() {
            match next {
                '\\' => self.escape()?,
                '.' => self.out.push_str(if self.has_dot_all { ANYTHING } else { NO_LINE_END }),
                '^' | '$' if self.is_multi_line => {
                    let _ = write!(self.out, "(?mR:{next})");
                }
                '(' => self.group()?,
                '[' => self.class()?,
                '{' => self.count(),
                '^' | '$' | ')' | '|' | '*' | '+' | '?' => self.out.push(next),
                literal => push_literal(&mut self.out, literal),
            }
        }
        Ok(())
    }

    /// Copies a count such as `{2,5}`; a brace that begins none stands for itself.
    fn count(&mut self) {
        let count = self.rest.split_once('}').map(|(count, _)| count).filter(|count| is_count(count));
        match count {
            Some(count) => {
                let _ = write!(self.out, "{{{count}}}");
                self.rest = &self.rest[count.len() + 1..];
            }
            None => self.out.push_str("\\{"),
        }
    }

    /// Groups are told apart by nothing: what they matched is not asked for.
    fn group(&mut self) -> Result<(), &'static str> {
        if self.eat("?=") || self.eat("?!") || self.eat("?<=") || self.eat("?<!") {
            return Err("cannot look ahead or behind");
        }
        if self.eat("?<") {
            let end = self.rest.find('>').ok_or("has a group whose name does not end")?;
            self.rest = &self.rest[end + 1..];
        } else if !self.eat("?:") && self.rest.starts_with('?') {
            return Err("has a group of an unknown kind");
        }
        self.out.push_str("(?:");
        Ok(())
    }

    fn escape(&mut self) -> Result<(), &'static str> {
        let next = self.next().ok_or("ends in the midst of an escape")?;
        match next {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => {
                let class = class_of(next);
                let _ = write!(self.out, "[{class}]");
            }
            'b' => self.out.push_str(r"(?-u:\b)"),
            'B' => return Err(r"cannot ask for what is no edge of a word (\B)"),
            'k' | '1'..='9' => return Err("cannot refer back to a group"),
            'p' | 'P' => self.property(next)?,
            _ => {
                let literal = self.character(next)?;
                push_literal(&mut self.out, literal);
            }
        }
        Ok(())
    }

    /// Copies the name of a Unicode property.
    fn property(&mut self, kind: char) -> Result<(), &'static str> {
        let name = self.rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(name, _)| name);
        let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '=');
        let name = name.filter(is_name).ok_or("names no Unicode property")?;
        let _ = write!(self.out, "\\{kind}{{{name}}}");
        self.rest = &self.rest[name.len() + 2..];
        Ok(())
    }

    /// Reads an escape that stands for one character.
    fn character(&mut self, escaped: char) -> Result<char, &'static str> {
        const NO_CHARACTER: &str = "has an escape that is no character";
        Ok(match escaped {
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            '0' => '\0',
            'c' => {
                let letter = self.next().filter(char::is_ascii_alphabetic).ok_or(NO_CHARACTER)?;
                char::from(letter as u8 % 32)
            }
            'x' => char::from_u32(self.hex(2).ok_or(NO_CHARACTER)?).ok_or(NO_CHARACTER)?,
            'u' if self.eat("{") => {
                let (digits, rest) = self.rest.split_once('}').ok_or(NO_CHARACTER)?;
                self.rest = rest;
                u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).ok_or(NO_CHARACTER)?
            }
            'u' => {
                let first = self.hex(4).ok_or(NO_CHARACTER)?;
                // Two halves of a pair are one character.
                let code = if (0xd800..0xdc00).contains(&first) && self.eat("\\u") {
                    let second = self.hex(4).filter(|code| (0xdc00..0xe000).contains(code)).ok_or(NO_CHARACTER)?;
                    0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                } else {
                    first
                };
                char::from_u32(code).ok_or(NO_CHARACTER)?
            }
            other => other,
        })
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let text = self.rest.get(..digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        self.rest = &self.rest[digits..];
        u32::from_str_radix(text, 16).ok()
    }

    fn class(&mut self) -> Result<(), &'static str> {
        let is_negated = self.eat("^");
        if self.eat("]") {
            self.out.push_str(if is_negated { ANYTHING } else { NOTHING });
            return Ok(());
        }
        self.out.push_str(if is_negated { "[^" } else { "[" });
        loop {
            if self.eat("]") {
                self.out.push(']');
                return Ok(());
            }
            let Some(first) = self.member()? else { continue };
            let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            push_literal(&mut self.out, first);
            if is_range {
                self.eat("-");
                match self.member()? {
                    Some(last) if last >= first => {
                        self.out.push('-');
                        push_literal(&mut self.out, last);
                    }
                    Some(_) => return Err("has a range that runs backwards"),
                    // A class has no end that a range could have: the hyphen stands for itself.
                    None => self.out.push_str("\\-"),
                }
            }
        }
    }

    /// Reads one member of a class; what stands for several is written at once.
    fn member(&mut self) -> Result<Option<char>, &'static str> {
        let next = self.next().ok_or("has a class that does not end")?;
        if next != '\\' {
            return Ok(Some(next));
        }
        let escaped = self.next().ok_or("ends in the midst of an escape")?;
        match escaped {
            'd' | 'w' | 's' => self.out.push_str(class_of(escaped)),
            'D' | 'W' | 'S' => {
                let _ = write!(self.out, "[{}]", class_of(escaped));
            }
            'p' | 'P' => self.property(escaped)?,
            'b' => return Ok(Some('\u{8}')),
            _ => return self.character(escaped).map(Some),
        }
        Ok(None)
    }
}

/// Returns the members of a class that one letter stands for; a capital one for what is not in it.
fn class_of(letter: char) -> &'static str {
    match letter {
        'd' => DIGITS,
        'D' => "^0-9",
        'w' => WORD,
        'W' => "^A-Za-z0-9_",
        's' => SPACE,
        _ => NO_SPACE,
    }
}

/// Tells whether this is what stands in the braces of a count.
fn is_count(inner: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match inner.split_once(',') {
        Some((least, most)) => is_number(least) && (most.is_empty() || is_number(most)),
        None => is_number(inner),
    }
}

fn push_literal(out: &mut String, literal: char) {
    match literal {
        '\0'..='\u{1f}' => {
            let _ = write!(out, "\\x{{{:x}}}", u32::from(literal));
        }
        punctuation if punctuation.is_ascii_punctuation() && !matches!(punctuation, '<' | '>') => {
            out.push('\\');
            out.push(punctuation);
        }
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, flags: &str, text: &str) -> bool {
        Pattern::new(pattern, flags).unwrap_or_else(|problem| panic!("{pattern}: {problem}")).is_in(text)
    }

    #[test]
    fn patterns_mean_what_they_mean_in_ecmascript() {
        for (pattern, flags, yes, no) in [
            ("^A.*e$", "", "Apple", "An ape!"),
            ("berg$", "m", "Nürnberg\nBayern", "Bergen"),
            ("^b", "m", "a\r\nb", "ab"),
            ("a.c", "", "abc", "a\nc"),
            ("a.c", "s", "a\nc", "ac"),
            ("straße", "i", "STRAßE", "Strasse"),
            (r"^\d+$", "", "2026", "٣"),
            (r"^\w+$", "", "a_1", "ä"),
            (r"^\s$", "", "\u{feff}", "x"),
            (r"^[\s\d]+$", "", "1 2", "a"),
            (r"^[^\S]$", "", " ", "a"),
            (r"\bman\b", "", "a man's", "human"),
            (r"^[\b]$", "", "\u{8}", "b"),
            (r"^\u00e9\x41\u{1F4A7}\uD83D\uDCA7$", "", "éA💧💧", "éA💧"),
            (r"^\cJ\0?$", "", "\n", "J"),
            (r"^\p{Lu}\P{Lu}$", "u", "Éa", "éa"),
            ("^a{2,3}$", "", "aaa", "a"),
            ("^a{,3}$", "", "a{,3}", "aaa"),
            ("^{x}$", "", "{x}", "x"),
            ("^(?<year>[0-9]{4})-(?:0[1-9]|1[0-2])$", "", "2026-03", "2026-13"),
            ("^[[a]]$", "", "[]", "a"),
            ("^[a&&b~~c-]+$", "", "a&b~c-", "d"),
            ("^[a-]$", "", "-", "b"),
            (r"^[\d-x]+$", "", "1-x", "y"),
            (r"^[\]\\/]$", "", "]", "["),
            ("^[^]$", "", "\n", ""),
            ("x|[]", "", "x", "y"),
            (r"^a\/b\-\<c\>$", "", "a/b-<c>", "ab"),
            ("^#( )~$", "", "# ~", "#~"),
            ("a*?b+?", "", "aab", "aa"),
        ] {
            assert!(matches(pattern, flags, yes), "{pattern:?} in {yes:?}");
            assert!(!matches(pattern, flags, no), "{pattern:?} not in {no:?}");
        }
        assert!(!matches("[]", "", "x"));
    }

    #[test]
    fn what_cannot_be_asked_is_named() {
        for (pattern, flags, says) in [
            ("a(?=b)", "", "look ahead or behind"),
            ("(?<!a)b", "", "look ahead or behind"),
            (r"(a)\1", "", "refer back"),
            (r"(?<x>a)\k<x>", "", "refer back"),
            (r"a\B", "", "edge of a word"),
            ("(?i)a", "", "unknown kind"),
            ("(?<a", "", "name does not end"),
            ("a", "y", "The flag y"),
            ("(", "", "no regular expression"),
            ("*", "", "no regular expression"),
            ("a\\", "", "midst of an escape"),
            ("[a", "", "does not end"),
            ("[b-a]", "", "runs backwards"),
            (r"\u12", "", "no character"),
            (r"\ud800", "", "no character"),
            (r"\p{", "", "no Unicode property"),
            (r"\p{Nonsense}", "", "no regular expression"),
            (r"((\p{L}{50}){50}){50}", "", "too large"),
            (&"a".repeat(1_001), "", "at most 1000 characters"),
        ] {
            let problem = Pattern::new(pattern, flags).expect_err(pattern);
            assert!(problem.contains(says), "{pattern}: {problem}");
        }
        assert!(Pattern::new(&"é".repeat(1_000), "").is_ok());
    }

    #[test]
    fn time_grows_with_the_text_alone() {
        assert!(!matches("^(a+)+$", "", &format!("{}b", "a".repeat(100_000))));
    }
}
