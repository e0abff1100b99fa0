//! What type an exact number has by the expression, whatever its value: a `case` has the type that holds all of its values.
//!
//! A whole number, and what has no value here, takes nothing away from another type; so only others need to be told.

use crate::naive::{Here, QUOTIENT, Value, value};
use tidemark_model::Kind;
use tidemark_model::query::{Arithmetic, Expr, Function, Literal};

/// The scale, and whether it is a type of whole numbers.
pub(crate) type Exact = (i64, bool);

const WHOLE: Exact = (0, true);

/// Finds the type of an exact number.
pub(crate) fn kind(here: &Here<'_>, expr: &Expr) -> Exact {
    let of = |expr: &Expr| kind(here, expr);
    match expr {
        Expr::Property(name) => match here.set.entity_type.property(name).map(|property| &property.kind) {
            Some(Kind::Decimal { scale, .. }) => ((*scale).into(), false),
            _ => WHOLE,
        },
        Expr::Negate(inner) => of(inner),
        Expr::Arithmetic { op, left, right } => {
            let ((a, whole_a), (b, whole_b)) = (of(left), of(right));
            let is_whole = whole_a && whole_b;
            match op {
                Arithmetic::Add | Arithmetic::Sub | Arithmetic::Mod => (a.max(b), is_whole),
                Arithmetic::Mul => (a + b, is_whole),
                Arithmetic::Div if is_whole => WHOLE,
                Arithmetic::Div | Arithmetic::DivBy => (a.max(QUOTIENT), false),
            }
        }
        Expr::Call { function: Function::Round | Function::Floor | Function::Ceiling, arguments } => {
            (0, of(&arguments[0]).1)
        }
        Expr::Call { function: Function::FractionalSeconds | Function::TotalSeconds, .. } => (6, false),
        // Only exact numbers are cast within a case that is drawn.
        Expr::Cast { value, to } if to == "Edm.Decimal" => (of(value).0, false),
        Expr::Case(pairs) => pairs.iter().map(|(_, value)| of(value)).fold(WHOLE, |a, b| (a.0.max(b.0), a.1 && b.1)),
        Expr::Literal(Literal::Number(_)) | Expr::Path(_) => match value(here, expr) {
            Ok(Value::Exact(_, scale, is_whole)) => (scale, is_whole),
            _ => WHOLE,
        },
        _ => WHOLE,
    }
}

/// Gives an exact number the type of the expression that it is one of the values of.
pub(crate) fn as_of((scale, is_whole): Exact, value: Value) -> Value {
    match value {
        Value::Exact(n, ..) => Value::Exact(n, scale, is_whole),
        other => other,
    }
}
