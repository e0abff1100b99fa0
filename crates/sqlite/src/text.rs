//! The functions and the order that the statements of `tidemark_sql::text` name, in a connection.
//!
//! Owns: putting the rules of `tidemark_model::text` there (ADR 0012), beside those that calculate (`calculation`). Refuses:
//! the rules themselves.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use tidemark_model::text::{self, Needle};
use tidemark_sql::text::{COLLATION, FOUND, LOWER, NORMAL, UPPER};

/// Gives a connection the functions and the order; [`open`](crate::open) does.
///
/// # Errors
/// SQLite has no memory left.
pub fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_collation(COLLATION, text::compare)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(NORMAL, 1, flags, |ctx| map(ctx, |of| text::normal(of).into_owned()))?;
    connection.create_scalar_function(LOWER, 1, flags, |ctx| map(ctx, text::lower))?;
    connection.create_scalar_function(UPPER, 1, flags, |ctx| map(ctx, text::upper))?;
    connection.create_scalar_function(FOUND, -1, flags, |ctx| found(ctx))?;
    crate::calculation::set_up(connection)?;
    // In the place of SQLite's own, which compares at every position: minutes over two long texts, uninterruptibly.
    connection.create_scalar_function("instr", 2, flags, |ctx| position(ctx))
}

/// Returns where the second text begins in the first, in characters from 1; 0 where it does not.
fn position(ctx: &Context<'_>) -> rusqlite::Result<Option<i64>> {
    match (ctx.get_raw(0), ctx.get_raw(1)) {
        (ValueRef::Null, _) | (_, ValueRef::Null) => Ok(None),
        (text, word) => {
            let (text, word) = (text.as_str()?, word.as_str()?);
            let before = text.find(word).map(|at| text[..at].chars().count());
            Ok(Some(before.map_or(0, |characters| characters as i64 + 1)))
        }
    }
}

fn map(ctx: &Context<'_>, rule: impl FnOnce(&str) -> String) -> rusqlite::Result<Option<String>> {
    match ctx.get_raw(0) {
        ValueRef::Null => Ok(None),
        value => Ok(Some(rule(value.as_str()?))),
    }
}

/// Tells whether a word, the first argument, is found in one of the texts behind it.
fn found(ctx: &Context<'_>) -> rusqlite::Result<bool> {
    type Error = Box<dyn std::error::Error + Send + Sync>;
    let needle = ctx.get_or_create_aux(0, |word| Ok::<_, Error>(Needle::new(word.as_str()?)))?;
    for place in 1..ctx.len() {
        match ctx.get_raw(place) {
            ValueRef::Null => {}
            value if needle.is_in(value.as_str()?) => return Ok(true),
            _ => {}
        }
    }
    Ok(false)
}
