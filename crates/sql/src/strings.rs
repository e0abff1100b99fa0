//! OData's string functions in both dialects; null in, null out.
//!
//! Owns: `contains startswith endswith matchespattern` as conditions, the others as values (URL Conventions 4.01, sections
//! 5.1.1.5 and 5.1.1.6).
//! Every text that goes in is in normal form, so that composed and decomposed letters meet and positions count letters
//! as people see them (ADR 0012). Refuses: LIKE with a user's text.

use crate::calculation::{MATCHES, SUBSTRING};
use crate::compiler::Compiler;
use crate::constant::text_cell;
use crate::error::QueryError;
use crate::operand::{Exact, Operand, Side, Type, describe};
use crate::pattern::for_postgres;
use crate::statement::Dialect;
use crate::text::{LOWER, NORMAL, UPPER};
use crate::wide::wide;
use tidemark_model::Cell;
use tidemark_model::pattern::Pattern;
use tidemark_model::query::{Expr, Function, Literal};
use tidemark_model::text::normal;

/// What `trim` takes away: Unicode white space.
const WHITE_SPACE: &str = "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\
                           \u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";

/// So many texts are joined by `concat` within `concat`: doubling a text twenty times would fill the machine's memory,
/// and no database can be stopped in the middle of one value.
const MOST_JOINED: usize = 64;

fn texts_in(expr: &Expr) -> usize {
    expr.parts().into_iter().map(texts_in).sum::<usize>().max(1)
}

struct Text {
    /// In normal form.
    sql: String,
    nullable: bool,
    /// The column that it is, where it is one.
    column: Option<String>,
}

/// Writes what becomes of a column's text. Most texts are ASCII, which PostgreSQL's functions of Unicode take ten times as long
/// for as its others; two lengths tell. A column may be named three times, which a calculation may not.
fn quickly(column: &str, ascii: &str, other: &str) -> String {
    format!("(CASE WHEN octet_length({column}) = char_length({column}) THEN {ascii} ELSE {other}({column}) END)")
}

impl Compiler<'_> {
    /// Writes a function that is a condition.
    pub(crate) fn text_condition(
        &mut self,
        function: Function,
        arguments: &[Expr],
        depth: usize,
    ) -> Result<String, QueryError> {
        let [a, b] = self.texts(function, arguments, depth)?;
        let (a, b) = (a.sql, b.sql);
        Ok(match (function, self.dialect) {
            (Function::StartsWith, Dialect::Sqlite) => format!("(substr({a}, 1, length({b})) = {b})"),
            (Function::StartsWith, Dialect::Postgres) => format!("starts_with({a}, {b})"),
            // Where b is longer than a, the start is not positive and what comes back is shorter than b.
            (Function::EndsWith, Dialect::Sqlite) => format!("(substr({a}, length({a}) - length({b}) + 1) = {b})"),
            (Function::EndsWith, Dialect::Postgres) => format!("(right({a}, length({b})) = {b})"),
            (_, Dialect::Sqlite) => format!("(instr({a}, {b}) > 0)"),
            (_, Dialect::Postgres) => format!("(strpos({a}, {b}) > 0)"),
        })
    }

    /// Writes a function that is a value.
    pub(crate) fn text_value(
        &mut self,
        function: Function,
        arguments: &[Expr],
        depth: usize,
    ) -> Result<Operand, QueryError> {
        let postgres = self.dialect == Dialect::Postgres;
        if function == Function::Concat && arguments.iter().map(texts_in).sum::<usize>() > MOST_JOINED {
            return Err(QueryError::TooComplex);
        }
        let (sql, nullable) = if function == Function::Substring {
            self.substring(arguments, depth)?
        } else if let Function::IndexOf | Function::Concat = function {
            let [a, b] = self.texts(function, arguments, depth)?;
            let sql = match (function, self.dialect) {
                (Function::Concat, _) => format!("({} || {})", a.sql, b.sql),
                (_, Dialect::Sqlite) => format!("(instr({}, {}) - 1)", a.sql, b.sql),
                (_, Dialect::Postgres) => format!("(strpos({}, {}) - 1)::bigint", a.sql, b.sql),
            };
            (sql, a.nullable || b.nullable)
        } else {
            let [Text { sql: a, nullable, column }] = self.texts(function, arguments, depth)?;
            let column = column.filter(|_| postgres);
            let sql = match (function, column) {
                (Function::ToLower, Some(column)) => quickly(&column, &format!("lower({column})"), LOWER),
                (Function::ToUpper, Some(column)) => quickly(&column, &format!("upper({column})"), UPPER),
                (Function::ToLower, _) => format!("{LOWER}({a})"),
                (Function::ToUpper, _) => format!("{UPPER}({a})"),
                (Function::Trim, _) => {
                    let white_space = self.builder.bind(Cell::Text(WHITE_SPACE.into()));
                    format!("{}({a}, {white_space})", if postgres { "btrim" } else { "trim" })
                }
                _ if postgres => format!("length({a})::bigint"),
                _ => format!("length({a})"),
            };
            (sql, nullable)
        };
        let of = match function {
            Function::Length | Function::IndexOf => Type::Exact(Exact::WHOLE),
            _ => Type::Text,
        };
        // Two texts that are joined may make letters of what stood alone; a part of a text is in normal form as the text is.
        let is_normal = of == Type::Text && function != Function::Concat;
        Ok(Operand { is_normal, ..Operand::calculated(sql, of, nullable, format!("{}(…)", function.name())) })
    }

    /// Writes the part of a text; what is negative counts from its end.
    fn substring(&mut self, arguments: &[Expr], depth: usize) -> Result<(String, bool), QueryError> {
        let [text, numbers @ ..] = arguments else { return Err(QueryError::TooComplex) };
        let text = self.text(Function::Substring, text, depth)?;
        let mut texts = vec![text.sql];
        let mut nullable = text.nullable;
        for (place, number) in numbers.iter().enumerate() {
            if let (1, Expr::Literal(Literal::Number(length))) = (place, number)
                && length.starts_with('-')
            {
                let problem = "The length of a substring must not be negative".to_owned();
                return Err(QueryError::TypeMismatch { property: None, problem });
            }
            let Some(operand) = self.operand(number, depth)? else {
                texts.push(if self.dialect == Dialect::Postgres { "NULL::numeric" } else { "NULL" }.to_owned());
                nullable = true;
                continue;
            };
            let Type::Exact(of @ Exact { scale: 0, .. }) = operand.of else {
                let problem = format!("substring takes whole numbers, and {} ({}) is none", operand.name, operand.edm);
                return Err(QueryError::TypeMismatch { property: operand.property, problem });
            };
            if place == 1 {
                self.failing += 1;
            }
            texts.push(wide(self.dialect, &operand.sql, of, 0));
            nullable |= operand.nullable;
        }
        Ok((format!("{SUBSTRING}({})", texts.join(", ")), nullable))
    }

    /// Writes `matchespattern`. The pattern is the same for every record, so that it is understood once, and refused before
    /// anything is read.
    pub(crate) fn pattern(&mut self, arguments: &[Expr], depth: usize) -> Result<String, QueryError> {
        let [text, rest @ ..] = arguments else { return Err(QueryError::TooComplex) };
        let text = self.text(Function::MatchesPattern, text, depth)?;
        let mut literals = Vec::new();
        for argument in rest {
            match argument {
                Expr::Literal(Literal::String(text)) => literals.push(text.as_str()),
                // Null whatever the text is, which must occur all the same with its binds.
                Expr::Literal(Literal::Null) => {
                    return Ok(format!("(({0} IS NULL AND {0} IS NOT NULL) OR NULL)", text.sql));
                }
                _ => {
                    let problem = "matchespattern takes a pattern in single quotes".to_owned();
                    return Err(QueryError::TypeMismatch { property: None, problem });
                }
            }
        }
        let flags = literals.get(1).copied().unwrap_or_default();
        let pattern = Pattern::new(literals.first().copied().unwrap_or_default(), flags)
            .map_err(|problem| QueryError::TypeMismatch { property: None, problem })?;
        Ok(match self.dialect {
            Dialect::Sqlite => {
                let pattern = self.builder.bind(text_cell(pattern.syntax())?);
                format!("{MATCHES}({}, {pattern})", text.sql)
            }
            Dialect::Postgres => {
                let pattern = self.builder.bind(text_cell(&for_postgres(&pattern)?)?);
                format!("({} ~ {pattern})", text.sql)
            }
        })
    }

    fn texts<const N: usize>(
        &mut self,
        function: Function,
        arguments: &[Expr],
        depth: usize,
    ) -> Result<[Text; N], QueryError> {
        let arguments: &[Expr; N] = arguments.try_into().map_err(|_| QueryError::TypeMismatch {
            property: None,
            problem: format!("{} takes {N} argument{}", function.name(), if N == 1 { "" } else { "s" }),
        })?;
        let mut texts = Vec::with_capacity(N);
        for argument in arguments {
            texts.push(self.text(function, argument, depth)?);
        }
        texts.try_into().map_err(|_| QueryError::TooComplex)
    }

    fn text(&mut self, function: Function, argument: &Expr, depth: usize) -> Result<Text, QueryError> {
        if depth > crate::compiler::DEEPEST {
            return Err(QueryError::TooComplex);
        }
        let refuse = |property, is: String| QueryError::TypeMismatch {
            property,
            problem: format!("{} takes text, and {is} is not", function.name()),
        };
        match self.side(argument, depth)? {
            Side::Operand(Operand { sql, of: Type::Text, nullable, is_normal: true, .. }) => {
                Ok(Text { sql, nullable, column: None })
            }
            Side::Operand(Operand { sql, of: Type::Text, nullable, .. }) => {
                // A table's own column, which has the order of bytes.
                let column = (sql.ends_with('"') && !sql.contains(['(', ' '])).then(|| sql.clone());
                let quick = column.as_ref().filter(|_| self.dialect == Dialect::Postgres);
                let text = quick.map_or_else(|| format!("{NORMAL}({sql})"), |column| quickly(column, column, NORMAL));
                Ok(Text { sql: text, nullable, column })
            }
            Side::Operand(other) => Err(refuse(other.property, format!("{} ({})", other.name, other.edm))),
            Side::Literal(Literal::String(text)) => {
                Ok(Text { sql: self.builder.bind(text_cell(&normal(text))?), nullable: false, column: None })
            }
            Side::Literal(Literal::Null) => {
                let sql = if self.dialect == Dialect::Postgres { "NULL::text" } else { "NULL" };
                Ok(Text { sql: sql.to_owned(), nullable: true, column: None })
            }
            Side::Literal(literal) => Err(refuse(None, describe(literal))),
            Side::Condition(_) => Err(refuse(None, "a condition".to_owned())),
        }
    }
}
