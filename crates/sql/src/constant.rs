//! Literals as values: of a type that they have by themselves, or of the one that they stand beside.
//!
//! Owns: which literal fits which type, and binding it in storage form. A GUID, a date or a time may be written as text, as
//! many clients write it. Refuses: reading text as a number.

use crate::compiler::Compiler;
use crate::error::QueryError;
use crate::number::Place;
use crate::operand::{Exact, Operand, Type, describe, incomparable};
use crate::statement::Dialect;
use crate::wide::{nan, wide_cell, wide_place};
use tidemark_model::query::{INFINITY, Literal, NOT_A_NUMBER};
use tidemark_model::{Cell, Wide, days_of_date, duration_micros, instant_micros, time_of_day_micros};
use uuid::Uuid;

/// Decimals that a literal can have.
const MOST_DECIMALS: usize = 18;

/// A literal in the storage form of what it is compared with.
pub(crate) enum Coerced {
    /// A value.
    Cell(Cell<'static>),
    /// A number's place among those that the other side can hold.
    Number(Place),
    /// The same among wide numbers.
    Wide(Place),
}

/// Gives a literal the type of the value that it is compared with.
pub(crate) fn coerce(operand: &Operand, literal: &Literal) -> Result<Coerced, QueryError> {
    let refuse = || incomparable(operand, &describe(literal));
    Ok(match (operand.of, literal) {
        (Type::Exact(exact), Literal::Number(text)) if exact.is_wide => {
            Coerced::Wide(wide_place(text, exact.scale).ok_or_else(refuse)?)
        }
        (Type::Exact(exact), Literal::Number(text)) => {
            Coerced::Number(Place::of(text, exact.scale).ok_or_else(refuse)?.among_64_bits())
        }
        (Type::Double, Literal::Number(text)) => match double(text).ok_or_else(refuse)? {
            n if n.is_nan() => Coerced::Number(Place::Nowhere),
            n => Coerced::Cell(Cell::Real(n)),
        },
        (Type::Duration, Literal::Duration(micros)) => Coerced::Wide(Place::Exactly((*micros).into())),
        (Type::Duration, Literal::String(text)) => {
            Coerced::Wide(Place::Exactly(duration_micros(text).map_err(|_| refuse())?.into()))
        }
        (of, literal) => Coerced::Cell(cell(of, literal)?.ok_or_else(refuse)?),
    })
}

/// Returns the cell of a literal that fits a type which is no number.
fn cell(of: Type, literal: &Literal) -> Result<Option<Cell<'static>>, QueryError> {
    let is_date = |text: &&String| days_of_date(text).is_some();
    Ok(match (of, literal) {
        (Type::Text, Literal::String(text)) => Some(text_cell(text)?),
        (Type::Boolean, Literal::Boolean(b)) => Some(Cell::Integer((*b).into())),
        (Type::Date, Literal::Date(text) | Literal::String(text)) => {
            Some(text).filter(is_date).map(|text| Cell::Text(text.clone().into()))
        }
        (Type::Instant, Literal::DateTimeOffset { micros, .. }) => Some(Cell::Integer(*micros)),
        (Type::Instant, Literal::String(text)) => instant_micros(text).map(Cell::Integer),
        (Type::Time, Literal::TimeOfDay(micros)) => Some(Cell::Integer(*micros)),
        (Type::Time, Literal::String(text)) => time_of_day_micros(text).map(Cell::Integer),
        (Type::Guid, Literal::Guid(id)) => Some(Cell::Guid(*id)),
        (Type::Guid, Literal::String(text)) => Uuid::parse_str(text).ok().filter(|_| text.len() == 36).map(Cell::Guid),
        _ => None,
    })
}

/// Gives a literal the type that it has by itself; `None` for null, which has none.
pub(crate) fn constant(compiler: &mut Compiler<'_>, literal: &Literal) -> Result<Option<Operand>, QueryError> {
    let (cell, of) = match literal {
        Literal::Null => return Ok(None),
        Literal::Number(text) => return number(compiler, text, literal).map(Some),
        Literal::Duration(micros) => {
            let sql = compiler.bind_wide(Wide::Finite((*micros).into()));
            return Ok(Some(Operand::calculated(sql, Type::Duration, false, describe(literal))));
        }
        Literal::Foreign(of) => {
            let problem = format!("there is no property of {of} here that a value could be compared with");
            return Err(QueryError::TypeMismatch { property: None, problem });
        }
        Literal::Boolean(b) => (Cell::Integer((*b).into()), Type::Boolean),
        Literal::String(text) => (text_cell(text)?, Type::Text),
        Literal::Guid(id) => (Cell::Guid(*id), Type::Guid),
        Literal::Date(text) => (Cell::Text(text.clone().into()), Type::Date),
        Literal::TimeOfDay(micros) => (Cell::Integer(*micros), Type::Time),
        Literal::DateTimeOffset { micros, .. } => (Cell::Integer(*micros), Type::Instant),
    };
    let sql = compiler.builder.bind(cell);
    Ok(Some(Operand::calculated(sql, of, false, describe(literal))))
}

/// A whole number, a decimal, or a double where an exponent says so (OData ABNF, `primitiveLiteral`).
fn number(compiler: &mut Compiler<'_>, text: &str, literal: &Literal) -> Result<Operand, QueryError> {
    let refuse = |problem: &str| QueryError::TypeMismatch {
        property: None,
        problem: format!("{} {problem}", describe(literal)),
    };
    if text == NOT_A_NUMBER {
        let mut operand = Operand::calculated(nan(compiler.dialect, Type::Double), Type::Double, false, NOT_A_NUMBER);
        operand.may_be_nan = true;
        return Ok(operand);
    }
    if text.contains(['e', 'E']) || text.ends_with(INFINITY) {
        let number = double(text).ok_or_else(|| refuse("is no number"))?;
        let sql = compiler.builder.bind(Cell::Real(number));
        return Ok(Operand::calculated(sql, Type::Double, false, describe(literal)));
    }
    let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if decimals > MOST_DECIMALS {
        return Err(refuse("has more than 18 digits behind the point"));
    }
    let scale = decimals as u8;
    let Some(Place::Exactly(unscaled)) = Place::of(text, scale) else { return Err(refuse("is too large")) };
    let (sql, of) = match i64::try_from(unscaled) {
        Ok(number) if decimals == 0 => (compiler.builder.bind(Cell::Integer(number)), Exact::WHOLE),
        _ => (compiler.bind_wide(Wide::Finite(unscaled)), Exact::wide(scale, decimals == 0)),
    };
    Ok(Operand::calculated(sql, Type::Exact(of), false, describe(literal)))
}

fn double(text: &str) -> Option<f64> {
    match text {
        INFINITY => Some(f64::INFINITY),
        NOT_A_NUMBER => Some(f64::NAN),
        _ if text.strip_prefix('-') == Some(INFINITY) => Some(f64::NEG_INFINITY),
        _ => text.parse().ok().filter(|_| text.bytes().any(|b| b.is_ascii_digit())),
    }
}

/// Binds text. No stored text has a NUL (`tidemark_model::Cell`) and PostgreSQL takes none.
pub(crate) fn text_cell(text: &str) -> Result<Cell<'static>, QueryError> {
    if text.contains('\0') {
        let problem = "Text in a query must not contain a NUL character".to_owned();
        return Err(QueryError::TypeMismatch { property: None, problem });
    }
    Ok(Cell::Text(text.to_owned().into()))
}

impl Compiler<'_> {
    /// Returns a wide number in storage form.
    pub(crate) fn wide_cell(&self, number: Wide) -> Cell<'static> {
        wide_cell(self.dialect, number)
    }

    /// Binds a wide number.
    pub(crate) fn bind_wide(&mut self, number: Wide) -> String {
        let bound = self.builder.bind(wide_cell(self.dialect, number));
        match self.dialect {
            Dialect::Sqlite => bound,
            Dialect::Postgres => format!("{bound}::numeric"),
        }
    }
}
