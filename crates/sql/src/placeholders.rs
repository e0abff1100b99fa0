//! One text of a fixed statement for both databases.

use crate::statement::Dialect;
use std::borrow::Cow;

/// Turns the placeholders `?1`, `?2`… of a statement into `$1`, `$2`… for PostgreSQL. What stands in quotes of either
/// kind stays as it is.
///
/// PostgreSQL takes a placeholder's type from what stands beside it; where nothing does (`?1 IS NULL`), the statement
/// has to say it: `CAST(?1 AS bigint)`.
pub fn placeholders(dialect: Dialect, sql: &str) -> Cow<'_, str> {
    if dialect == Dialect::Sqlite {
        return Cow::Borrowed(sql);
    }
    let mut out = String::with_capacity(sql.len());
    let mut quote = None;
    let mut letters = sql.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            // A doubled quote ends and begins again, which comes to the same.
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '?') if letters.peek().is_some_and(char::is_ascii_digit) => {
                out.push('$');
                continue;
            }
            _ => {}
        }
        out.push(letter);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_left_alone() {
        let sql = r#"SELECT "a?1""?2", '?3''?4', x ? y FROM "t" WHERE a = ?1 AND b = ?12"#;
        let expected = r#"SELECT "a?1""?2", '?3''?4', x ? y FROM "t" WHERE a = $1 AND b = $12"#;
        assert_eq!(placeholders(Dialect::Postgres, sql), expected);
        assert_eq!(placeholders(Dialect::Sqlite, sql), sql);
    }
}
