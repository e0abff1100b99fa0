//! Functions of dates, times and durations (OData URL Conventions 4.01, section 5.1.1.7).
//!
//! Owns: their parts. Instants are kept in UTC, so that parts are those of UTC; of a literal that is written in another
//! zone a part is refused, as the specification wants it. Refuses: the present: whoever reads has put it there
//! (`tidemark_model::query::Query::at`).

use crate::arithmetic::{FIRST, LAST, NULL, date_at};
use crate::calculation::TIME_OF;
use crate::compiler::Compiler;
use crate::error::QueryError;
use crate::operand::{Exact, Operand, Side, Type};
use tidemark_model::Cell;
use tidemark_model::query::{Expr, Function, Literal};

impl Compiler<'_> {
    /// Writes an instant that is the same for every record.
    pub(crate) fn moment<'e>(&mut self, function: Function) -> Result<Side<'e>, QueryError> {
        let micros = match function {
            Function::MinDateTime => FIRST,
            Function::MaxDateTime => LAST,
            _ => return Err(QueryError::Unsupported { what: "now() where nobody says what the time is".to_owned() }),
        };
        let sql = self.builder.bind(Cell::Integer(micros));
        Ok(Side::Operand(Operand::calculated(sql, Type::Instant, false, format!("{}()", function.name()))))
    }

    /// Writes a function of one date, time, instant or duration.
    pub(crate) fn part_of_time<'e>(
        &mut self,
        function: Function,
        argument: &Expr,
        depth: usize,
    ) -> Result<Side<'e>, QueryError> {
        if let Expr::Literal(Literal::DateTimeOffset { offset, .. }) = argument
            && *offset != 0
        {
            let problem = format!(
                "{} of a time in another zone than UTC has no answer here, where instants are kept in UTC: write it with Z",
                function.name()
            );
            return Err(QueryError::TypeMismatch { property: None, problem });
        }
        let Some(operand) = self.operand(argument, depth)? else { return Ok(Side::Literal(NULL)) };
        let sql = &operand.sql;
        let whole = Type::Exact(Exact::WHOLE);
        // The text of a date has its parts at fixed places.
        let part = |date: &str, from: u8, length: u8| format!("CAST(substr({date}, {from}, {length}) AS bigint)");
        let date = match operand.of {
            Type::Instant => date_at(sql),
            _ => sql.clone(),
        };
        let time = match operand.of {
            Type::Instant => format!("{TIME_OF}({sql})"),
            _ => sql.clone(),
        };
        let (sql, of) = match (function, operand.of) {
            (Function::Date, Type::Instant) => (date, Type::Date),
            (Function::Time, Type::Instant) => (time, Type::Time),
            (Function::Year, Type::Date | Type::Instant) => (part(&date, 1, 4), whole),
            (Function::Month, Type::Date | Type::Instant) => (part(&date, 6, 2), whole),
            (Function::Day, Type::Date | Type::Instant) => (part(&date, 9, 2), whole),
            (Function::Hour, Type::Time | Type::Instant) => (format!("({time} / 3600000000)"), whole),
            (Function::Minute, Type::Time | Type::Instant) => (format!("({time} / 60000000 % 60)"), whole),
            (Function::Second, Type::Time | Type::Instant) => (format!("({time} / 1000000 % 60)"), whole),
            (Function::FractionalSeconds, Type::Time | Type::Instant) => {
                (format!("({time} % 1000000)"), Type::Exact(Exact::decimal(6)))
            }
            (Function::TotalOffsetMinutes, Type::Instant) => (format!("(0 * {sql})"), whole),
            (Function::TotalSeconds, Type::Duration) => (sql.clone(), Type::Exact(Exact::wide(6, false))),
            _ => return Err(no_time(function, &operand)),
        };
        Ok(Side::Operand(Operand::calculated(sql, of, operand.nullable, format!("{}(…)", function.name()))))
    }
}

fn no_time(function: Function, operand: &Operand) -> QueryError {
    let takes = match function {
        Function::Year | Function::Month | Function::Day => "a date or a date and time",
        Function::Hour | Function::Minute | Function::Second | Function::FractionalSeconds => {
            "a time of day or a date and time"
        }
        Function::TotalSeconds => "a duration",
        _ => "a date and time",
    };
    let problem = format!("{} takes {takes}, and {} ({}) is not", function.name(), operand.name, operand.edm);
    QueryError::TypeMismatch { property: operand.property.clone(), problem }
}
