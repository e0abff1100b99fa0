//! Expressions to `$filter` text, so that tests can compare what was read with what was written.

use super::parser::{arithmetic_word, compare_word};
use chrono::{DateTime, SecondsFormat};
use std::fmt::Write as _;
use tidemark_model::query::{Expr, Literal, Logic, OrderBy, Path, Quantifier};

/// Writes an expression as `$filter` text, not yet percent-encoded; reading it gives the same expression.
pub(crate) fn write_filter(expr: &Expr) -> String {
    let mut out = String::new();
    write(expr, &mut out);
    out
}

/// Writes `$orderby` text.
pub(crate) fn order_by_text(keys: &[OrderBy]) -> String {
    let key = |key: &OrderBy| format!("{}{}", write_filter(&key.expr), if key.descending { " desc" } else { "" });
    keys.iter().map(key).collect::<Vec<_>>().join(",")
}

fn write(expr: &Expr, out: &mut String) {
    match expr {
        Expr::Literal(literal) => write_literal(literal, out),
        Expr::Property(name) => out.push_str(name),
        Expr::Path(path) => write_path(path, out),
        Expr::Count(path) => {
            write_path(path, out);
            out.push_str("/$count");
        }
        Expr::CountOf { over, filter, search } => {
            write_path(over, out);
            out.push_str("/$count(");
            if let Some(filter) = filter {
                out.push_str("$filter=");
                write(filter, out);
            }
            if !search.is_empty() {
                let and = if filter.is_some() { ";" } else { "" };
                out.push_str(&format!("{and}$search={}", crate::options::search_text(search)));
            }
            out.push(')');
        }
        Expr::Not(inner) => {
            out.push_str("not ");
            write_grouped(inner, out);
        }
        Expr::Negate(inner) => {
            out.push_str("- ");
            write_grouped(inner, out);
        }
        Expr::Logic { op, left, right } => {
            let operand = |operand: &Expr, out: &mut String| match operand {
                // Left as they are: everything but `and` and `or` binds tighter.
                Expr::Logic { .. } => write_grouped(operand, out),
                _ => write(operand, out),
            };
            operand(left, out);
            out.push_str(if *op == Logic::And { " and " } else { " or " });
            operand(right, out);
        }
        Expr::Compare { op, left, right } => write_binary(compare_word(*op), left, right, out),
        Expr::Arithmetic { op, left, right } => write_binary(arithmetic_word(*op), left, right, out),
        Expr::In { left, list } => {
            write_operand(left, out);
            out.push_str(" in (");
            write_list(list, ",", out, write_literal);
            out.push(')');
        }
        Expr::Call { function, arguments } => {
            out.push_str(function.name());
            out.push('(');
            write_list(arguments, ",", out, write);
            out.push(')');
        }
        Expr::Case(pairs) => {
            out.push_str("case(");
            write_list(pairs, ",", out, |(condition, value), out| {
                write_grouped(condition, out);
                out.push_str(" : ");
                write(value, out);
            });
            out.push(')');
        }
        Expr::Cast { value, to } => write_typed("cast", value, to, out),
        Expr::IsOf { value, of } => write_typed("isof", value, of, out),
        Expr::Lambda { quantifier, over, variable, condition } => {
            write_path(over, out);
            out.push_str(if *quantifier == Quantifier::Any { "/any(" } else { "/all(" });
            if let Some(condition) = condition {
                let _ = write!(out, "{variable}: ");
                write(condition, out);
            }
            out.push(')');
        }
    }
}

fn write_list<T>(items: &[T], between: &str, out: &mut String, item: impl Fn(&T, &mut String)) {
    for (index, one) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(between);
        }
        item(one, out);
    }
}

fn write_path(path: &Path, out: &mut String) {
    out.push_str(path.from.as_deref().unwrap_or("$it"));
    for name in &path.names {
        out.push('/');
        out.push_str(name);
    }
}

fn write_typed(word: &str, value: &Expr, of: &str, out: &mut String) {
    let _ = write!(out, "{word}(");
    write(value, out);
    let _ = write!(out, ",{of})");
}

fn write_binary(word: &str, left: &Expr, right: &Expr, out: &mut String) {
    write_operand(left, out);
    let _ = write!(out, " {word} ");
    write_operand(right, out);
}

fn write_operand(expr: &Expr, out: &mut String) {
    match expr {
        Expr::Literal(_)
        | Expr::Property(_)
        | Expr::Path(_)
        | Expr::Count(_)
        | Expr::CountOf { .. }
        | Expr::Call { .. } => write(expr, out),
        Expr::Case(_) | Expr::Cast { .. } | Expr::IsOf { .. } | Expr::Lambda { .. } => write(expr, out),
        _ => write_grouped(expr, out),
    }
}

fn write_grouped(expr: &Expr, out: &mut String) {
    out.push('(');
    write(expr, out);
    out.push(')');
}

fn write_literal(literal: &Literal, out: &mut String) {
    match literal {
        Literal::Null => out.push_str("null"),
        Literal::Boolean(true) => out.push_str("true"),
        Literal::Boolean(false) => out.push_str("false"),
        Literal::Number(text) | Literal::Date(text) => out.push_str(text),
        Literal::String(text) => {
            let _ = write!(out, "'{}'", text.replace('\'', "''"));
        }
        Literal::Guid(id) => {
            let _ = write!(out, "{}", id.as_hyphenated());
        }
        Literal::TimeOfDay(micros) => {
            let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
            let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
            let _ = write!(out, "{hour:02}:{minute:02}:{:02}.{fraction:06}", seconds % 60);
        }
        Literal::Duration(micros) => {
            let sign = if *micros < 0 { "-" } else { "" };
            let (seconds, fraction) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
            let _ = write!(out, "duration'{sign}PT{seconds}.{fraction:06}S'");
        }
        Literal::DateTimeOffset { micros, offset } => {
            let zone = chrono::FixedOffset::east_opt(i32::from(*offset) * 60).expect("offsets are less than a day");
            let instant = DateTime::from_timestamp_micros(*micros).unwrap_or_default().with_timezone(&zone);
            out.push_str(&instant.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        }
        Literal::Foreign(_) => out.push_str("binary''"),
    }
}
