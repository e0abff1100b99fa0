//! `cast`, `isof` and `case` (OData URL Conventions 4.01, sections 5.1.1.9 and 5.1.1.11).
//!
//! Owns: which type can become which: numbers each other, everything text, and text everything. A cast that fails is null;
//! `isof` asks whether one would fail. Refuses: types that nothing here has, and values of one `case` that cannot meet.

use crate::arithmetic::NULL;
use crate::calculation::{
    DURATION_TEXT, GUID_TEXT, INSTANT_TEXT, NARROW, REAL_TEXT, REAL_WIDE, ROUND, TEXT_DATE, TEXT_DURATION, TEXT_GUID,
    TEXT_INSTANT, TEXT_REAL, TEXT_TIME, TEXT_WIDE, TIME_TEXT, WIDE_TEXT,
};
use crate::compare::as_double;
use crate::compiler::{Compiler, unknown};
use crate::error::QueryError;
use crate::operand::{Exact, Operand, Side, Type};
use crate::statement::Dialect;
use crate::wide::wide;
use tidemark_model::EntitySet;
use tidemark_model::query::{Expr, Path};

/// Digits behind the point of a decimal that is made of a double or of text.
const DECIMALS: u8 = 10;

/// What a value is to become.
#[derive(Clone, Copy)]
enum Target {
    Text,
    Whole {
        least: i64,
        most: i64,
    },
    Decimal,
    /// One of the types that have no range of their own.
    Other(Type),
}

fn target(name: &str) -> Option<Target> {
    let whole = |least, most| Target::Whole { least, most };
    Some(match name {
        "Edm.String" => Target::Text,
        "Edm.Byte" => whole(0, 255),
        "Edm.SByte" => whole(-128, 127),
        "Edm.Int16" => whole(-32_768, 32_767),
        "Edm.Int32" => whole(i32::MIN.into(), i32::MAX.into()),
        "Edm.Int64" => whole(i64::MIN, i64::MAX),
        "Edm.Decimal" => Target::Decimal,
        "Edm.Boolean" => Target::Other(Type::Boolean),
        "Edm.Double" => Target::Other(Type::Double),
        "Edm.Date" => Target::Other(Type::Date),
        "Edm.TimeOfDay" => Target::Other(Type::Time),
        "Edm.DateTimeOffset" => Target::Other(Type::Instant),
        "Edm.Duration" => Target::Other(Type::Duration),
        "Edm.Guid" => Target::Other(Type::Guid),
        _ => return None,
    })
}

impl Compiler<'_> {
    /// Writes `cast`.
    pub(crate) fn cast<'e>(&mut self, value: &Expr, to: &str, depth: usize) -> Result<Side<'e>, QueryError> {
        let Some(target) = target(to) else {
            let problem = format!("Nothing here can be cast to {to}");
            return Err(QueryError::TypeMismatch { property: None, problem });
        };
        let Some(operand) = self.operand(value, depth)? else { return Ok(Side::Literal(NULL)) };
        match cast(self.dialect, &operand, target) {
            Some(result) => Ok(Side::Operand(result)),
            None => {
                let problem = format!("{} is {} and cannot be cast to {to}", operand.name, operand.edm);
                Err(QueryError::TypeMismatch { property: operand.property, problem })
            }
        }
    }

    /// Writes `isof`: null is of every type, as it can be cast to every one.
    pub(crate) fn is_of(&mut self, value: &Expr, of: &str, depth: usize) -> Result<String, QueryError> {
        if let Some(set) = self.record_of(value)? {
            let name = of.rsplit_once('.').map_or(of, |(_, name)| name);
            let is_same = name == set.entity_type.name && target(of).is_none();
            return Ok((if is_same { "TRUE" } else { "FALSE" }).to_owned());
        }
        let Some(operand) = self.operand(value, depth)? else { return Ok("TRUE".to_owned()) };
        let is_null = format!("({} IS NULL)", operand.sql);
        match target(of).and_then(|target| cast(self.dialect, &operand, target)) {
            Some(result) => Ok(format!("({is_null} OR {} IS NOT NULL)", result.sql)),
            None => Ok(is_null),
        }
    }

    /// Tells of which entity set a record is, where the expression is one.
    fn record_of(&mut self, value: &Expr) -> Result<Option<&EntitySet>, QueryError> {
        match value {
            Expr::Path(path) => Ok(self.set_at(path)?),
            Expr::Property(name) if self.set().entity_type.property(name).is_some() => Ok(None),
            Expr::Property(name) => match self.set_at(&Path { from: None, names: vec![name.clone()] })? {
                Some(set) => Ok(Some(set)),
                None => Err(unknown(self.set(), name)),
            },
            _ => Ok(None),
        }
    }

    /// Writes `case`.
    pub(crate) fn case<'e>(&mut self, pairs: &[(Expr, Expr)], depth: usize) -> Result<Side<'e>, QueryError> {
        let (mut conditions, mut values) = (Vec::with_capacity(pairs.len()), Vec::with_capacity(pairs.len()));
        for (condition, value) in pairs {
            conditions.push(self.condition(condition, depth)?);
            values.push(self.operand(value, depth)?);
        }
        let Some(of) = values.iter().flatten().try_fold(None, common)? else {
            let problem = "A case needs a value that is not null".to_owned();
            return Err(QueryError::TypeMismatch { property: None, problem });
        };
        let mut sql = "CASE".to_owned();
        for (condition, value) in conditions.iter().zip(&values) {
            if let (Some(Operand { of: Type::Exact(from), .. }), Type::Exact(to)) = (value, of)
                && from.scale != to.scale
            {
                self.failing += 1;
            }
            let value = value.as_ref().map_or("NULL".to_owned(), |value| brought_to(self.dialect, value, of));
            sql += &format!(" WHEN {condition} THEN {value}");
        }
        let mut result = Operand::calculated(format!("({sql} END)"), of, true, "case(…)");
        result.may_be_nan = values.iter().flatten().any(|value| value.may_be_nan);
        Ok(Side::Operand(result))
    }
}

/// Finds the type that can hold what was found and one value more.
fn common(found: Option<Type>, value: &Operand) -> Result<Option<Type>, QueryError> {
    Ok(Some(match (found, value.of) {
        (None, of) => of,
        (Some(Type::Exact(a)), Type::Exact(b)) => {
            Type::Exact(Exact::wide(a.scale.max(b.scale), a.is_whole && b.is_whole))
        }
        (Some(Type::Exact(_) | Type::Double), Type::Exact(_) | Type::Double) => Type::Double,
        (Some(of), other) if of == other => of,
        (Some(of), _) => {
            let problem = format!(
                "The values of a case must be of one type: {} is {}, and another is {}",
                value.name,
                value.edm,
                of.edm()
            );
            return Err(QueryError::TypeMismatch { property: value.property.clone(), problem });
        }
    }))
}

/// Writes a value in the form of a type that [`common`] found for it.
fn brought_to(dialect: Dialect, value: &Operand, of: Type) -> String {
    match (value.of, of) {
        (Type::Exact(from), Type::Exact(to)) if to.is_wide => wide(dialect, &value.sql, from, to.scale),
        (Type::Exact(from), Type::Double) => as_double(dialect, &value.sql, from),
        _ => value.sql.clone(),
    }
}

/// Casts a value; `None` where the types have nothing to do with each other.
fn cast(dialect: Dialect, value: &Operand, target: Target) -> Option<Operand> {
    let sql = &value.sql;
    let scaled = |of: Exact| wide(dialect, sql, of, of.scale);
    let (sql, of) = match (value.of, target) {
        (of, Target::Text) => (text(dialect, value, of)?, Type::Text),
        (Type::Exact(of), Target::Whole { least, most }) => {
            (narrow(&format!("{ROUND}({}, {})", scaled(of), of.scale), least, most), Type::Exact(Exact::WHOLE))
        }
        (Type::Double, Target::Whole { least, most }) => {
            (narrow(&format!("{REAL_WIDE}({sql}, 0)"), least, most), Type::Exact(Exact::WHOLE))
        }
        (Type::Text, Target::Whole { least, most }) => {
            // A text with a fraction is no literal of a whole number.
            (narrow(&whole_text(dialect, sql), least, most), Type::Exact(Exact::WHOLE))
        }
        (Type::Exact(of), Target::Decimal) => (scaled(of), Type::Exact(Exact::wide(of.scale, false))),
        (Type::Double, Target::Decimal) => {
            (format!("{REAL_WIDE}({sql}, {DECIMALS})"), Type::Exact(Exact::wide(DECIMALS, false)))
        }
        (Type::Text, Target::Decimal) => {
            (format!("{TEXT_WIDE}({sql}, {DECIMALS})"), Type::Exact(Exact::wide(DECIMALS, false)))
        }
        (Type::Exact(of), Target::Other(Type::Double)) => (as_double(dialect, sql, of), Type::Double),
        (Type::Text, Target::Other(of)) => (read(sql, of)?, of),
        (is, Target::Other(of)) if is == of => (sql.clone(), of),
        _ => return None,
    };
    let mut result = Operand::calculated(sql, of, true, format!("cast({},…)", value.name));
    result.may_be_nan = matches!(of, Type::Double) || (value.may_be_nan && matches!(of, Type::Exact(_)));
    Some(result)
}

fn narrow(wide: &str, least: i64, most: i64) -> String {
    format!("{NARROW}({wide}, {least}, {most})")
}

/// Writes the number that a text of digits says.
fn whole_text(dialect: Dialect, sql: &str) -> String {
    let has_fraction = match dialect {
        Dialect::Sqlite => format!("({sql} GLOB '*[.eE]*')"),
        Dialect::Postgres => format!("({sql} ~ '[.eE]')"),
    };
    format!("CASE WHEN {has_fraction} THEN NULL ELSE {TEXT_WIDE}({sql}, 0) END")
}

/// Writes a value as the text that a payload has for it.
pub(crate) fn text(dialect: Dialect, value: &Operand, of: Type) -> Option<String> {
    let sql = &value.sql;
    Some(match of {
        Type::Text | Type::Date => sql.clone(),
        Type::Boolean => {
            format!("CASE {sql} WHEN 0 THEN 'false' ELSE CASE WHEN {sql} IS NULL THEN NULL ELSE 'true' END END")
        }
        Type::Exact(of) => format!("{WIDE_TEXT}({}, {})", wide(dialect, sql, of, of.scale), of.scale),
        Type::Double => format!("{REAL_TEXT}({sql})"),
        Type::Time => format!("{TIME_TEXT}({sql})"),
        Type::Instant => format!("{INSTANT_TEXT}({sql})"),
        Type::Duration => format!("{DURATION_TEXT}({sql})"),
        Type::Guid if dialect == Dialect::Postgres => format!("({sql})::text"),
        Type::Guid => format!("{GUID_TEXT}({sql})"),
        Type::Record => return None,
    })
}

/// Writes what a text says in another type; null where it says nothing.
fn read(sql: &str, of: Type) -> Option<String> {
    Some(match of {
        Type::Boolean => format!("CASE {sql} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"),
        Type::Double => format!("{TEXT_REAL}({sql})"),
        Type::Date => format!("{TEXT_DATE}({sql})"),
        Type::Time => format!("{TEXT_TIME}({sql})"),
        Type::Instant => format!("{TEXT_INSTANT}({sql})"),
        Type::Duration => format!("{TEXT_DURATION}({sql})"),
        Type::Guid => format!("{TEXT_GUID}({sql})"),
        Type::Text | Type::Exact(_) | Type::Record => return None,
    })
}
