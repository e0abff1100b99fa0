//! A pattern in the words of PostgreSQL, which has an engine of its own.
//!
//! Owns: writing what `tidemark_model::pattern` understood as one of PostgreSQL's regular expressions, out of parts that both
//! engines match alike: classes as ranges of characters, no option, no group that is remembered, so that PostgreSQL's engine
//! needs no way back either. Refuses: what takes it too long to prepare.

use crate::error::QueryError;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look, Repetition};
use std::fmt::Write as _;
use tidemark_model::pattern::Pattern;

/// PostgreSQL counts so far (RE_DUP_MAX).
const MOST_REPEATED: u32 = 255;
/// Bytes of a pattern in its words.
const LARGEST: usize = 256 * 1024;
const WORD: &str = "[A-Za-z0-9_]";
/// What no text matches: behind its end it would have to begin.
const NOTHING: &str = "(?:\\Z\\A[^a])";

/// Writes a pattern for PostgreSQL.
///
/// # Errors
/// It is too large.
pub(crate) fn for_postgres(pattern: &Pattern) -> Result<String, QueryError> {
    let hir = regex_syntax::parse(pattern.syntax()).map_err(|_| QueryError::TooComplex)?;
    let mut out = String::new();
    write(&hir, &mut out)?;
    Ok(out)
}

fn write(hir: &Hir, out: &mut String) -> Result<(), QueryError> {
    match hir.kind() {
        HirKind::Empty => out.push_str("(?:)"),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|_| QueryError::TooComplex)?;
            text.chars().for_each(|character| write_character(character, out));
        }
        HirKind::Class(Class::Unicode(class)) => write_class(class, out),
        HirKind::Class(Class::Bytes(class)) => match class.to_unicode_class() {
            Some(class) => write_class(&class, out),
            None => return Err(QueryError::TooComplex),
        },
        HirKind::Look(look) => out.push_str(&look_text(*look)?),
        HirKind::Repetition(repetition) => write_repetition(repetition, out)?,
        HirKind::Capture(capture) => write_group(&capture.sub, out)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, out))?,
        HirKind::Alternation(parts) => {
            out.push_str("(?:");
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    out.push('|');
                }
                write(part, out)?;
            }
            out.push(')');
        }
    }
    if out.len() > LARGEST { Err(QueryError::TooComplex) } else { Ok(()) }
}

fn write_group(hir: &Hir, out: &mut String) -> Result<(), QueryError> {
    out.push_str("(?:");
    write(hir, out)?;
    out.push(')');
    Ok(())
}

fn write_repetition(repetition: &Repetition, out: &mut String) -> Result<(), QueryError> {
    let Repetition { min, max, sub, .. } = repetition;
    if *min > MOST_REPEATED || max.is_some_and(|max| max > MOST_REPEATED) {
        return Err(QueryError::TooComplex);
    }
    write_group(sub, out)?;
    let _ = match (min, max) {
        (0, None) => write!(out, "*"),
        (1, None) => write!(out, "+"),
        (min, None) => write!(out, "{{{min},}}"),
        (min, Some(max)) => write!(out, "{{{min},{max}}}"),
    };
    Ok(())
}

fn write_class(class: &ClassUnicode, out: &mut String) {
    // No text has a NUL.
    let ranges = class.ranges().iter().filter(|range| range.end() > '\0');
    let ranges: Vec<(char, char)> = ranges.map(|range| (range.start().max('\u{1}'), range.end())).collect();
    if ranges.is_empty() {
        out.push_str(NOTHING);
        return;
    }
    out.push('[');
    for (first, last) in ranges {
        let _ = write!(out, "\\U{:08X}", u32::from(first));
        if last > first {
            let _ = write!(out, "-\\U{:08X}", u32::from(last));
        }
    }
    out.push(']');
}

fn write_character(character: char, out: &mut String) {
    if character.is_ascii_alphanumeric() || character == ' ' || !character.is_ascii() {
        out.push(character);
    } else {
        let _ = write!(out, "\\u{:04X}", u32::from(character));
    }
}

fn look_text(look: Look) -> Result<String, QueryError> {
    Ok(match look {
        Look::Start => "\\A".to_owned(),
        Look::End => "\\Z".to_owned(),
        Look::StartCRLF => "(?:\\A|(?<=\\n)|(?<=\\r)(?!\\n))".to_owned(),
        Look::EndCRLF => "(?:\\Z|(?=\\r)|(?<!\\r)(?=\\n))".to_owned(),
        Look::WordAscii => format!("(?:(?<={WORD})(?!{WORD})|(?<!{WORD})(?={WORD}))"),
        _ => return Err(QueryError::TooComplex),
    })
}
