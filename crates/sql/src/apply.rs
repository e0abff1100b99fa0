//! The steps of `$apply` (Data Aggregation 4.0 section 3): each makes a table of the rows before it.
//!
//! Owns: how a step nests the statement, and what its rows are called: columns that a step makes have a `=` in their name,
//! which no property has. Refuses: single aggregates (`aggregate`).

use crate::aggregate::{aggregate, distinct};
use crate::compiler::{Compiler, ROOT};
use crate::error::QueryError;
use crate::keys;
use crate::name::quoted;
use crate::operand::{Operand, Type};
use crate::source::Source;
use crate::statement::{Dialect, whole};
use std::fmt::Write as _;
use std::slice::from_ref;
use tidemark_model::query::{Aggregate, Computed, OrderBy, Path, Transformation};

/// Each step nests the statement one level deeper.
const MOST_STEPS: usize = 20;
/// Values that are made of a row or of a group.
const MOST_VALUES: usize = 100;

impl Source {
    /// Carries out the steps.
    pub(crate) fn apply<'a>(
        &mut self,
        compiler: &mut Compiler<'a>,
        steps: &'a [Transformation],
    ) -> Result<(), QueryError> {
        if steps.len() > MOST_STEPS {
            return Err(QueryError::TooComplex);
        }
        // The order that rows are in counts for what is cut off them.
        let mut order: &[OrderBy] = &[];
        for step in steps {
            match step {
                Transformation::Identity => {}
                Transformation::Filter(filter) => self.filter(compiler, filter)?,
                Transformation::Search(parts) => self.search(compiler, parts)?,
                Transformation::Compute(computed) => self.compute(compiler, computed)?,
                Transformation::OrderBy(keys) => {
                    // What cannot be ordered by is refused whether or not something is cut off.
                    compiler.tried(|compiler| keys::keys(compiler, keys).map(drop))?;
                    order = keys;
                }
                Transformation::Top(count) => self.cut(compiler, order, Some(*count), 0)?,
                Transformation::Skip(count) => self.cut(compiler, order, None, *count)?,
                Transformation::Most { count, by } => self.cut(compiler, from_ref(by), Some(*count), 0)?,
                Transformation::Aggregate(aggregates) => {
                    order = &[];
                    self.group(compiler, &[], aggregates)?;
                }
                Transformation::GroupBy { by, aggregates } => {
                    order = &[];
                    self.group(compiler, by, aggregates)?;
                }
            }
        }
        Ok(())
    }

    /// Adds values to each row.
    fn compute<'a>(&mut self, compiler: &mut Compiler<'a>, computed: &'a [Computed]) -> Result<(), QueryError> {
        let mut columns = String::new();
        let mut made = Vec::with_capacity(computed.len());
        compiler.compute(computed)?;
        for one in computed {
            let value = compiler.made_of(one)?;
            made.push(compiler.becomes(value, &one.name, &mut columns));
        }
        compiler.compute(&[])?;
        self.nest(compiler, &format!("t.*{columns}"), "");
        compiler.scopes[0].made.extend(made);
        if compiler.scopes[0].made.len() > MOST_VALUES { Err(QueryError::TooComplex) } else { Ok(()) }
    }

    /// Leaves some of the rows, in an order.
    fn cut(
        &mut self,
        compiler: &mut Compiler<'_>,
        order: &[OrderBy],
        top: Option<u64>,
        skip: u64,
    ) -> Result<(), QueryError> {
        let keys = keys::keys(compiler, order)?;
        let mut tail = format!(" ORDER BY {}", keys::order(compiler.dialect, &keys));
        match top {
            Some(top) => {
                let _ = write!(tail, " LIMIT {}", compiler.builder.bind(whole(top)));
            }
            None if compiler.dialect == Dialect::Sqlite => tail.push_str(" LIMIT -1"),
            None => {}
        }
        let _ = write!(tail, " OFFSET {}", compiler.builder.bind(whole(skip)));
        self.nest(compiler, "t.*", &tail);
        Ok(())
    }

    /// Makes one row of those that agree in some values.
    fn group(
        &mut self,
        compiler: &mut Compiler<'_>,
        by: &[Vec<String>],
        aggregates: &[Aggregate],
    ) -> Result<(), QueryError> {
        if by.len() + aggregates.len() > MOST_VALUES {
            return Err(QueryError::TooComplex);
        }
        let mut columns = String::new();
        let mut made = Vec::with_capacity(by.len() + aggregates.len());
        for names in by {
            let shown = names.join("/");
            let value = compiler.reached(&Path { from: None, names: names.clone() })?;
            if value.of == Type::Record {
                let problem = format!("groupby({shown}) needs a property behind it, as in {shown}/Id");
                return Err(QueryError::TypeMismatch { property: Some(shown), problem });
            }
            refuse_twice(&made, &shown)?;
            let value = distinct(value);
            made.push(compiler.becomes(value, &shown, &mut columns));
        }
        for one in aggregates {
            let value = aggregate(compiler, one)?;
            refuse_twice(&made, &one.name)?;
            made.push(compiler.becomes(value, &one.name, &mut columns));
        }
        // By place: a text that is written twice would be two values to PostgreSQL.
        let places: Vec<String> = (1..=by.len()).map(|place| place.to_string()).collect();
        let tail = if places.is_empty() { String::new() } else { format!(" GROUP BY {}", places.join(", ")) };
        let columns = columns.trim_start_matches(", ").to_owned();
        self.nest(compiler, &columns, &tail);
        let root = &mut compiler.scopes[0];
        (root.made, root.is_record) = (made, false);
        Ok(())
    }

    /// Makes a table of the rows so far.
    fn nest(&mut self, compiler: &mut Compiler<'_>, columns: &str, tail: &str) {
        // A calculation that may fail must not move among the conditions outside, where it would be made for other rows.
        let fence = match compiler.dialect {
            _ if compiler.failing == 0 || tail.contains("OFFSET") => "",
            Dialect::Sqlite => " LIMIT -1 OFFSET 0",
            Dialect::Postgres => " OFFSET 0",
        };
        self.text = format!("(SELECT {columns}{}{tail}{fence}) AS {ROOT}", self.from(compiler));
        self.safe.clear();
        self.failing.clear();
        compiler.scopes[0].joins.clear();
    }
}

impl Compiler<'_> {
    /// Writes a value as a column of the next table, and returns how it is read there.
    fn becomes(&mut self, value: Operand, name: &str, columns: &mut String) -> Operand {
        self.columns += 1;
        let column = quoted(self.dialect, &format!("={}", self.columns));
        let _ = write!(columns, ", {} AS {column}", value.sql);
        Operand { sql: format!("{ROOT}.{column}"), name: name.to_owned(), nullable: true, ..value }
    }
}

fn refuse_twice(made: &[Operand], name: &str) -> Result<(), QueryError> {
    if made.iter().any(|known| known.name == name) {
        let problem = format!("$apply makes two values that are called {name}");
        return Err(QueryError::TypeMismatch { property: Some(name.to_owned()), problem });
    }
    Ok(())
}
