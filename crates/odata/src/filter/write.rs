//! Expressions to `$filter` text, so that tests can compare what was read with what was written.

use super::parser::{compare_word, function_name};
use chrono::{DateTime, SecondsFormat};
use std::fmt::Write as _;
use tidemark_model::query::{Expr, Literal, Logic, OrderBy};

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
        Expr::Not(inner) => {
            out.push_str("not ");
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
        Expr::Compare { op, left, right } => {
            write_operand(left, out);
            let _ = write!(out, " {} ", compare_word(*op));
            write_operand(right, out);
        }
        Expr::In { left, list } => {
            write_operand(left, out);
            out.push_str(" in (");
            for (index, literal) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_literal(literal, out);
            }
            out.push(')');
        }
        Expr::Call { function, arguments } => {
            out.push_str(function_name(*function));
            out.push('(');
            for (index, argument) in arguments.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(argument, out);
            }
            out.push(')');
        }
    }
}

fn write_operand(expr: &Expr, out: &mut String) {
    match expr {
        Expr::Literal(_) | Expr::Property(_) | Expr::Call { .. } => write(expr, out),
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
        Literal::DateTimeOffset(micros) => {
            let instant = DateTime::from_timestamp_micros(*micros).unwrap_or_default();
            out.push_str(&instant.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        }
    }
}
