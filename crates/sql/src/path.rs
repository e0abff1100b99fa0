//! Paths over navigation properties, and questions about the records at their end.
//!
//! Owns: `TodoList/Name` (one record, joined once however often it is named), `TodoItems/any(…)`, `all(…)` and `/$count`.
//! Where no record is related, its properties are null (URL Conventions 4.01, section 5.1.1.15). Deleted records are related
//! to nothing. Refuses: types derived from others.

use crate::compiler::{Compiler, Join, Scope, all_of, column_of, gone, unknown};
use crate::error::QueryError;
use crate::name::quoted;
use crate::neighbour::Neighbour;
use crate::operand::{Exact, Operand, Type};
use std::fmt::Write as _;
use tidemark_model::query::{Expr, Path, Quantifier, Search};
use tidemark_model::{Cell, EntitySet, ID};

/// Tables that a statement may name: SQLite joins 64 at the most.
const MOST_TABLES: usize = 20;

/// Where a path has come to.
struct Place<'a> {
    set: &'a EntitySet,
    alias: String,
    /// Whether there may be no record.
    is_optional: bool,
}

/// Records at the end of a path.
struct Related<'a> {
    /// The key of the record that the path comes from.
    from: String,
    /// The property of theirs that holds it.
    key: String,
    /// Conditions on those that are there.
    there: Vec<String>,
    table: String,
    scope: Scope<'a>,
    /// Whether several records that are looked at may lead to the same ones: the path passes another record.
    is_shared: bool,
    /// The scope that the path begins in.
    begins: usize,
}

impl<'a> Compiler<'a> {
    /// Finds what a name of the record that is looked at leads to.
    pub(crate) fn named(&mut self, name: &str) -> Result<Operand, QueryError> {
        match self.column(name) {
            Err(_) if self.set().entity_type.navigation.iter().any(|way| way.name == name) => {
                self.reached(&Path { from: None, names: vec![name.to_owned()] })
            }
            found => found,
        }
    }

    /// Finds what a path leads to: a property, or a record.
    pub(crate) fn reached(&mut self, path: &Path) -> Result<Operand, QueryError> {
        let shown = shown(path);
        let root = self.here();
        if let Some(made) = root.made.iter().find(|made| path.from.is_none() && made.name == shown) {
            return Ok(made.clone());
        }
        let Some((last, before)) = path.names.split_last() else {
            let (_, place) = self.begin(path)?;
            return Ok(self.record(&place, shown));
        };
        let place = self.walk(path, before)?;
        if let Some(mut column) = column_of(self.dialect, place.set, &place.alias, last, &shown) {
            column.nullable |= place.is_optional;
            return Ok(column);
        }
        if place.set.entity_type.collections.iter().any(|way| way.name == *last) {
            return Err(QueryError::TypeMismatch {
                problem: format!("{shown} are records: ask {shown}/any(…), {shown}/all(…) or {shown}/$count"),
                property: Some(shown),
            });
        }
        let place = self.walk(path, &path.names)?;
        Ok(self.record(&place, shown))
    }

    fn record(&self, place: &Place<'_>, name: String) -> Operand {
        let sql = format!("{}.{}", place.alias, quoted(self.dialect, ID));
        Operand::calculated(sql, Type::Record, place.is_optional, name)
    }

    /// Tells which entity set the record at the end of a path is of; `None` where a property is there.
    pub(crate) fn set_at(&mut self, path: &Path) -> Result<Option<&'a EntitySet>, QueryError> {
        let Some((last, before)) = path.names.split_last() else { return Ok(Some(self.begin(path)?.1.set)) };
        let place = self.walk(path, before)?;
        let way = place.set.entity_type.navigation.iter().find(|way| way.name == *last);
        match way {
            Some(way) => Ok(Some(self.neighbour(&way.target_set, last)?.set)),
            None => Ok(None),
        }
    }

    /// Finds the record that a path begins at, and in which scope.
    fn begin(&self, path: &Path) -> Result<(usize, Place<'a>), QueryError> {
        let variable = path.from.as_deref().unwrap_or_default();
        let scope = self.scopes.iter().rposition(|scope| scope.variable == variable).ok_or_else(|| {
            QueryError::TypeMismatch { property: None, problem: format!("Nothing is called {variable} here") }
        })?;
        let found = &self.scopes[scope];
        if !found.is_record {
            return Err(gone(&shown(path)));
        }
        Ok((scope, Place { set: found.set, alias: found.alias.clone(), is_optional: false }))
    }

    /// Follows navigation properties that lead to one record each.
    fn walk(&mut self, path: &Path, names: &[String]) -> Result<Place<'a>, QueryError> {
        let (scope, mut place) = self.begin(path)?;
        for name in names {
            let way = place.set.entity_type.navigation.iter().find(|way| way.name == *name).ok_or_else(|| {
                if place.set.entity_type.property(name).is_some() {
                    let problem = format!("{name} has no parts: nothing can stand behind it and /");
                    return QueryError::TypeMismatch { property: Some(shown(path)), problem };
                }
                unknown(place.set, name)
            })?;
            let via = (place.alias.clone(), name.clone());
            let known = self.scopes[scope].joins.iter().find(|join| join.via == via);
            if let Some(join) = known {
                place = Place { set: join.set, alias: join.alias.clone(), is_optional: true };
                continue;
            }
            let neighbour = self.neighbour(&way.target_set, name)?;
            let (set, alias) = (neighbour.set, self.table("j")?);
            let (id, key) = (quoted(self.dialect, ID), quoted(self.dialect, &way.property));
            let table = quoted(self.dialect, neighbour.table);
            let mut on = vec![format!("{alias}.{id} = {}.{key}", place.alias)];
            on.extend(self.there(&neighbour, &alias));
            let sql = format!(" LEFT JOIN {table} AS {alias} ON {}", on.join(" AND "));
            self.scopes[scope].joins.push(Join { via, set, alias: alias.clone(), sql });
            place = Place { set, alias, is_optional: true };
        }
        Ok(place)
    }

    /// Writes `any` and `all`: a record for which the condition is null counts for neither.
    pub(crate) fn lambda(
        &mut self,
        quantifier: Quantifier,
        over: &Path,
        variable: &str,
        condition: Option<&Expr>,
        depth: usize,
    ) -> Result<String, QueryError> {
        let Related { from, key, mut there, table, scope, is_shared, .. } = self.related(over, variable)?;
        self.scopes.push(scope);
        let failing = self.failing;
        let written = condition.map(|condition| self.condition(condition, depth)).transpose();
        let joins = self.scopes.pop().map(|scope| joined(&scope)).unwrap_or_default();
        let written = written?.map(|sql| match quantifier {
            Quantifier::Any => sql,
            Quantifier::All => format!("({sql} IS NOT TRUE)"),
        });
        let not = if quantifier == Quantifier::All { "NOT " } else { "" };
        let is_failing = self.failing > failing;
        let is_apart = condition.is_none_or(|condition| condition.is_of_own_alone(&mut vec![Some(variable)]));
        if is_shared && is_apart && !is_failing {
            // Many records lead to the same ones: what holds of those is asked once, and not for each that leads there.
            there.push(format!("{key} IS NOT NULL"));
            there.extend(written);
            let those = format!("SELECT {key} FROM {table}{joins} WHERE {}", all_of(&there, &[]));
            return Ok(format!("({not}COALESCE({from} IN ({those}), FALSE))"));
        }
        there.insert(0, format!("{key} = {from}"));
        let mut unsafe_ones = Vec::new();
        if is_failing {
            unsafe_ones.extend(written)
        } else {
            there.extend(written)
        }
        Ok(format!("({not}EXISTS (SELECT 1 FROM {table}{joins} WHERE {}))", all_of(&there, &unsafe_ones)))
    }

    /// Writes `…/$count`, of those records for which a condition holds and in which something is found.
    pub(crate) fn counted(
        &mut self,
        over: &Path,
        filter: Option<&Expr>,
        search: &[Search],
        depth: usize,
    ) -> Result<Operand, QueryError> {
        let Related { from, key, mut there, table, scope, is_shared, begins } = self.related(over, "")?;
        // Names lead from one of the records within.
        self.scopes.push(scope);
        let failing = self.failing;
        let asked = filter.map(|filter| self.condition(filter, depth)).transpose();
        let found = crate::search::search(self, search);
        let joins = self.scopes.pop().map(|scope| joined(&scope)).unwrap_or_default();
        there.extend(found?);
        let mut unsafe_ones = Vec::new();
        let asked = asked?.map(|sql| format!("({sql} IS TRUE)"));
        let is_failing = self.failing > failing;
        if is_failing {
            unsafe_ones.extend(asked)
        } else {
            there.extend(asked)
        }
        let name = format!("{}/$count", shown(over));
        let is_apart = filter.is_none_or(|filter| filter.is_of_own_alone(&mut vec![None]));
        let sql = if is_shared && is_apart && !is_failing {
            // Many records lead to the same ones: these are counted once, and not for each that leads there.
            let numbers = self.table("n")?;
            let those = format!("SELECT {key} AS k, count(*) AS n FROM {table}{joins} WHERE {}", all_of(&there, &[]));
            let sql = format!(" LEFT JOIN ({those} GROUP BY {key}) AS {numbers} ON {numbers}.k = {from}");
            let (via, set) = ((numbers.clone(), name.clone()), self.scopes[begins].set);
            self.scopes[begins].joins.push(Join { via, set, alias: numbers.clone(), sql });
            format!("COALESCE({numbers}.n, 0)")
        } else {
            there.insert(0, format!("{key} = {from}"));
            format!("(SELECT count(*) FROM {table}{joins} WHERE {})", all_of(&there, &unsafe_ones))
        };
        Ok(Operand::calculated(sql, Type::Exact(Exact::WHOLE), false, name))
    }

    /// Finds the records that a path leads to.
    fn related(&mut self, over: &Path, variable: &str) -> Result<Related<'a>, QueryError> {
        let Some((last, before)) = over.names.split_last() else {
            let problem = "any, all and $count need the name of related records in front".to_owned();
            return Err(QueryError::TypeMismatch { property: None, problem });
        };
        let begins = self.begin(over)?.0;
        let place = self.walk(over, before)?;
        let way = place.set.entity_type.collections.iter().find(|way| way.name == *last).ok_or_else(|| {
            let is_known = place.set.entity_type.property(last).is_some()
                || place.set.entity_type.navigation.iter().any(|way| way.name == *last);
            if is_known {
                let problem = format!("{} is one value: any, all and $count are for several records", shown(over));
                return QueryError::TypeMismatch { property: Some(shown(over)), problem };
            }
            unknown(place.set, last)
        })?;
        let neighbour = self.neighbour(&way.target_set, last)?;
        let alias = self.table("r")?;
        let (id, key) = (quoted(self.dialect, ID), quoted(self.dialect, &way.property));
        let there = self.there(&neighbour, &alias);
        let table = format!("{} AS {alias}", quoted(self.dialect, neighbour.table));
        let scope = Scope::of(variable, neighbour.set, &alias);
        let (from, key) = (format!("{}.{id}", place.alias), format!("{alias}.{key}"));
        Ok(Related { from, key, there, table, scope, is_shared: !before.is_empty(), begins })
    }

    fn neighbour(&self, set: &str, name: &str) -> Result<Neighbour<'a>, QueryError> {
        let found = self.neighbours.and_then(|neighbours| neighbours.neighbour(set));
        found.ok_or_else(|| QueryError::Unsupported { what: format!("Asking for {name} where {set} is not kept") })
    }

    /// Writes which rows of a table are there.
    fn there(&mut self, neighbour: &Neighbour<'_>, alias: &str) -> Vec<String> {
        let equal = neighbour.scope.iter().map(|condition| (condition, "="));
        let other = neighbour.apart_from.iter().map(|condition| (condition, "<>"));
        let mut texts = Vec::new();
        for ((name, value), sign) in equal.chain(other) {
            let column = format!("{alias}.{}", quoted(self.dialect, name));
            texts.push(match value {
                Cell::Null => format!("{column} IS NULL"),
                value => format!("{column} {sign} {}", self.builder.bind(value.clone())),
            });
        }
        texts
    }

    fn table(&mut self, prefix: &str) -> Result<String, QueryError> {
        self.tables += 1;
        if self.tables > MOST_TABLES { Err(QueryError::TooComplex) } else { Ok(format!("{prefix}{}", self.tables)) }
    }
}

/// Writes the tables that paths from a record lead to.
pub(crate) fn joined(scope: &Scope<'_>) -> String {
    scope.joins.iter().fold(String::new(), |mut text, join| {
        let _ = write!(text, "{}", join.sql);
        text
    })
}

/// Writes a path as whoever asked knows it.
pub(crate) fn shown(path: &Path) -> String {
    let names = path.from.iter().chain(&path.names).map(String::as_str).collect::<Vec<_>>().join("/");
    if names.is_empty() { "$it".to_owned() } else { names }
}
