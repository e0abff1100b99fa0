//! Where the rows of a read come from: a table, or what the steps of `$apply` made of it.
//!
//! Owns: the text behind `FROM`, its conditions, and what can be named in its rows. Within a statement it is always called
//! `t`. Refuses: single steps (`apply`), which rows are returned in which order (`select`).

use crate::compiler::{Compiler, ROOT, all_of, column, join};
use crate::error::QueryError;
use crate::name::quoted;
use crate::path::joined;
use crate::reading::Select;
use crate::search;
use std::fmt::Write as _;
use tidemark_model::query::{Expr, Search};
use tidemark_model::{Cell, ID};

/// Rows that something is asked of.
pub(crate) struct Source {
    /// What stands behind `FROM`.
    pub(crate) text: String,
    /// Conditions that must all hold.
    pub(crate) safe: Vec<String>,
    /// Those that may fail, and must not for a row that the others leave out: it may be another workspace's.
    pub(crate) failing: Vec<String>,
}

impl Source {
    /// Takes the rows that a read is about: those in its scope, as `$apply`, `$filter` and `$search` leave them.
    pub(crate) fn of<'a>(select: &Select<'a>, compiler: &mut Compiler<'a>) -> Result<Self, QueryError> {
        let mut source = Self {
            text: format!("{} AS t", quoted(select.dialect, select.table)),
            safe: Vec::new(),
            failing: Vec::new(),
        };
        source.within(select, compiler);
        source.apply(compiler, &select.query.apply)?;
        compiler.compute(&select.query.compute)?;
        if let Some(filter) = &select.query.filter {
            source.filter(compiler, filter)?;
        }
        source.search(compiler, &select.query.search)?;
        Ok(source)
    }

    /// Leaves out what the caller does.
    fn within(&mut self, select: &Select<'_>, compiler: &mut Compiler<'_>) {
        if let Some(text) = select.extra_where {
            for value in select.extra_values {
                compiler.builder.reserve(value.clone());
            }
            self.safe.push(format!("({text})"));
        }
        for (name, value) in select.scope {
            let name = column(select.dialect, name);
            self.safe.push(match value {
                Cell::Null => format!("({name} IS NULL)"),
                value => format!("({name} = {})", compiler.builder.bind(value.clone())),
            });
        }
        match select.among {
            Some((_, [])) => self.safe.push("FALSE".to_owned()),
            Some((name, values)) => {
                let name = column(select.dialect, name);
                self.safe.push(compiler.builder.is_one_of(&name, values.to_vec()));
            }
            None => {}
        }
    }

    /// Leaves out the rows for which a condition does not hold.
    pub(crate) fn filter(&mut self, compiler: &mut Compiler<'_>, filter: &Expr) -> Result<(), QueryError> {
        let before = compiler.failing;
        let condition = compiler.condition(filter, 0)?;
        if compiler.failing > before {
            self.failing.push(condition)
        } else {
            self.safe.push(condition)
        }
        Ok(())
    }

    /// Leaves out the rows in which something is not found.
    pub(crate) fn search(&mut self, compiler: &mut Compiler<'_>, parts: &[Search]) -> Result<(), QueryError> {
        self.safe.extend(search::search(compiler, parts)?);
        Ok(())
    }

    /// Writes ` FROM … WHERE …` for the columns of the records that another statement has chosen, by their `Id`s, which it calls
    /// `i`: what is put in order is then as short as it can be.
    pub(crate) fn of_chosen(select: &Select<'_>, compiler: &mut Compiler<'_>, chosen: &str) -> String {
        let table = quoted(select.dialect, select.table);
        let mut same = vec![format!("{} = x.i", column(select.dialect, ID))];
        for (name, value) in select.scope.iter().filter(|(_, value)| *value != Cell::Null) {
            same.push(format!("{} = {}", column(select.dialect, name), compiler.builder.bind(value.clone())));
        }
        let joins = compiler.scopes.first().map(joined).unwrap_or_default();
        format!(" FROM ({chosen}) AS x JOIN {table} AS {ROOT} ON {}{joins}", same.join(" AND "))
    }

    /// Writes ` FROM … WHERE …`.
    pub(crate) fn from(&self, compiler: &Compiler<'_>) -> String {
        let mut sql = format!(" FROM {}", self.text);
        sql.extend(compiler.scopes.first().map(joined));
        let Self { safe, failing, .. } = self;
        // The safe ones stand by themselves too, where an index finds them.
        let guarded = (!failing.is_empty()).then(|| match safe.is_empty() {
            true => join(failing, " AND "),
            false => all_of(safe, failing),
        });
        let all: Vec<&str> = safe.iter().chain(&guarded).map(String::as_str).collect();
        if !all.is_empty() {
            let _ = write!(sql, " WHERE {}", all.join(" AND "));
        }
        sql
    }
}
