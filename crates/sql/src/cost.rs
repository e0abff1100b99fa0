//! What a read costs: at how many records it looks, and for how long at each.
//!
//! Owns: an estimate in nanoseconds, good to about a factor of two, from what each operation took over 100,000 records
//! (docs/scale.md); sums, where a database may stop early. Refuses: what is too much (the caller says), and the
//! database's own plan: that an index finds the records of a reference or a key is all that is known of it here.

mod clock;

use crate::neighbour::Neighbours;
use crate::reading::Select;
use crate::statement::Dialect;
use clock::{Clock, POSTGRES, SQLITE};
use tidemark_model::query::{
    Aggregate, Compare, Expr, Function, Literal, Logic, Method, OrderBy, Path, Search, Transformation,
};
use tidemark_model::{EntitySet, ID};

/// What a date or an upper bound leaves of the records, where an index finds them: nobody knows, and most ask for few.
const RANGE: u64 = 10;

/// Records are spread over so many others at the least: a team has its own list, and an inbox.
const EVEN: u64 = 10;

/// At how many records a read looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// At those that the filter leaves, or at the first ones where nothing is asked of them.
    AsAsked {
        /// How many are returned at the most.
        page: u64,
    },
    /// As it is asked, of records of which so many at the least have what is searched for.
    Common {
        /// How many are returned at the most.
        page: u64,
        /// How many have it.
        least: u64,
    },
    /// At so many, and all of them are put in order.
    At(u64),
    /// At so many, in any order.
    Counted(u64),
}

/// Estimates a read of a table; `rows` says how many records a set has.
pub fn cost(select: &Select<'_>, looked: Looked, rows: &dyn Fn(&str) -> u64) -> u64 {
    let query = select.query;
    let clock = if select.dialect == Dialect::Postgres { &POSTGRES } else { &SQLITE };
    let mut costs = Costs { clock, neighbours: select.neighbours, made: Vec::new(), rows, once: 0 };
    let at = At { set: select.set, variables: Vec::new() };
    // Each may name those before it, and is reckoned once.
    for one in &query.compute {
        let cost = costs.expr(&at, &one.expr);
        costs.made.push((&one.name, cost));
    }
    let shown = sum(costs.made.iter().map(|(_, cost)| *cost));
    let asked = sum([
        costs.searched(&at, &query.search),
        query.filter.as_ref().map_or(0, |filter| costs.expr(&at, filter)),
        sum(query.apply.iter().map(|step| costs.step(&at, step))),
    ]);
    let placed = costs.order(&at, query.order(), query.skip);
    let all = rows(&select.set.name);
    // What `$apply` makes is made of all.
    let filter = query.filter.as_ref().filter(|_| query.apply.is_empty());
    let narrowed = || costs.narrowed(select.set, filter, all);
    let (looked_at, page, placed) = match looked {
        Looked::At(n) => (n, n, sum([clock.looked_up, clock.sorted, placed])),
        Looked::Counted(n) => (n, 0, clock.shared),
        // The first ones that are met, in the order in which they lie.
        Looked::AsAsked { page } if asked == 0 && placed == 0 => (all.min(query.skip.saturating_add(page)), page, 0),
        Looked::Common { page, least } if placed == 0 && page > 0 && query.filter.is_none() => {
            let until_full = all.saturating_mul(query.skip.saturating_add(page)) / least.max(1);
            (narrowed().min(until_full), page, 0)
        }
        Looked::AsAsked { page } | Looked::Common { page, .. } => (narrowed(), page, placed),
    };
    let each = sum([clock.record, asked, placed]);
    sum([looked_at.saturating_mul(each), page.min(looked_at).saturating_mul(shown), costs.once])
}

/// What is too much stays too much.
fn sum(costs: impl IntoIterator<Item = u64>) -> u64 {
    costs.into_iter().fold(0, u64::saturating_add)
}

/// The record that names lead from.
struct At<'a> {
    set: &'a EntitySet,
    /// What lambdas around call theirs.
    variables: Vec<(String, &'a EntitySet)>,
}

struct Costs<'a> {
    clock: &'static Clock,
    neighbours: Option<&'a dyn Neighbours>,
    /// What each made value costs that can be named.
    made: Vec<(&'a str, u64)>,
    rows: &'a dyn Fn(&str) -> u64,
    /// What is done once for all records.
    once: u64,
}

impl<'a> Costs<'a> {
    /// Returns at how many records a filter has a read look.
    fn narrowed(&self, set: &EntitySet, filter: Option<&Expr>, all: u64) -> u64 {
        match filter {
            Some(filter @ Expr::Logic { op: Logic::And, .. }) => {
                let every = filter.chain(Logic::And).into_iter();
                every.map(|one| self.narrowed(set, Some(one), all)).min().unwrap_or(all)
            }
            Some(Expr::Compare { op, left, right }) => {
                let (Expr::Property(name), Expr::Literal(value)) = (&**left, &**right) else { return all };
                let reference = set.entity_type.navigation.iter().find(|way| way.property == *name);
                match (op, reference) {
                    (_, _) if *value == Literal::Null => all,
                    (Compare::Eq, _) if name == ID => 1,
                    (Compare::Eq, Some(way)) => all / (self.rows)(&way.target_set).max(1),
                    (Compare::Ne, _) => all,
                    _ if set.entity_type.indexed().any(|property| property.name == *name) => all / RANGE,
                    _ => all,
                }
            }
            Some(Expr::In { left, list }) => match &**left {
                Expr::Property(name) if name == ID => list.len() as u64,
                Expr::Property(name) => match set.entity_type.navigation.iter().find(|way| way.property == *name) {
                    Some(way) => (list.len() as u64).saturating_mul(all / (self.rows)(&way.target_set).max(1)).min(all),
                    None => all,
                },
                _ => all,
            },
            _ => all,
        }
    }

    fn expr(&mut self, at: &At<'a>, expr: &Expr) -> u64 {
        if let Expr::Property(name) = expr
            && let Some((_, cost)) = self.made.iter().find(|(made, _)| made == name)
        {
            return *cost;
        }
        if let Expr::Logic { op, .. } = expr {
            let terms = expr.chain(*op).into_iter();
            return sum(terms.map(|term| sum([self.expr(at, term), self.clock.value])));
        }
        let own = match expr {
            Expr::Literal(_) => 0,
            Expr::Property(_) | Expr::Not(_) | Expr::Logic { .. } | Expr::IsOf { .. } => self.clock.value,
            Expr::Compare { .. } | Expr::Case(_) => 2 * self.clock.value,
            Expr::In { list, .. } => 2 * self.clock.value + list.len() as u64 * self.clock.listed / 1_000,
            Expr::Path(path) => self.clock.value + self.clock.shared * (path.names.len() as u64).saturating_sub(1),
            Expr::Negate(_) | Expr::Arithmetic { .. } | Expr::Cast { .. } => self.clock.number,
            Expr::Call { function, .. } => self.call(*function),
            Expr::Lambda { over, variable, condition, .. } => {
                let is_apart = |own: &mut Vec<_>| condition.as_ref().is_none_or(|c| c.is_of_own_alone(own));
                let is_apart = is_apart(&mut vec![Some(variable.as_str())]);
                return self.related(at, over, Some(variable), condition.as_deref(), &[], is_apart);
            }
            Expr::Count(over) => return self.related(at, over, None, None, &[], true),
            Expr::CountOf { over, filter, search } => {
                let is_apart = filter.as_ref().is_none_or(|filter| filter.is_of_own_alone(&mut vec![None]));
                return self.related(at, over, None, filter.as_deref(), search, is_apart);
            }
        };
        sum([own, sum(expr.parts().into_iter().map(|part| self.expr(at, part)))])
    }

    /// Asking something of the records at the end of a path.
    fn related(
        &mut self,
        at: &At<'a>,
        over: &Path,
        variable: Option<&str>,
        condition: Option<&Expr>,
        search: &[Search],
        is_apart: bool,
    ) -> u64 {
        let begin = match &over.from {
            Some(name) => at.variables.iter().rev().find(|(variable, _)| variable == name).map(|(_, set)| *set),
            None => Some(at.set),
        };
        let Some((last, before)) = over.names.split_last() else { return 0 };
        // What is not there is refused when it is written.
        let mut owner = begin;
        for name in before {
            owner = owner.and_then(|set| self.target(set, name, true));
        }
        let Some((owner, set)) = owner.and_then(|owner| Some((owner, self.target(owner, last, false)?))) else {
            return 0;
        };
        let inner = match variable {
            Some(variable) => {
                let mut variables = at.variables.clone();
                variables.push((variable.to_owned(), set));
                At { set: at.set, variables }
            }
            None => At { set, variables: at.variables.clone() },
        };
        let each = sum([condition.map_or(0, |condition| self.expr(&inner, condition)), self.searched(&inner, search)]);
        let (all, owners) = ((self.rows)(&set.name), (self.rows)(&owner.name).max(1));
        let passed = self.clock.shared * before.len() as u64;
        if before.is_empty() || !is_apart {
            // Through another record most may lead to the one that most others refer to; of their own they have all together.
            let of_each = all / if before.is_empty() { owners } else { owners.min(EVEN) };
            return sum([passed, self.clock.looked_up, of_each.saturating_mul(sum([self.clock.looked_up, each]))]);
        }
        // A number of each is made in their order, a set of them in any.
        let sorted = if variable.is_none() { self.clock.sorted } else { self.clock.shared };
        self.once = sum([self.once, all.saturating_mul(sum([self.clock.record, sorted, each]))]);
        passed + self.clock.looked_up / 2
    }

    fn target(&self, set: &'a EntitySet, name: &str, is_one: bool) -> Option<&'a EntitySet> {
        let target = match is_one {
            true => &set.entity_type.navigation.iter().find(|way| way.name == name)?.target_set,
            false => &set.entity_type.collections.iter().find(|way| way.name == name)?.target_set,
        };
        self.neighbours?.neighbour(target).map(|neighbour| neighbour.set)
    }

    fn searched(&self, at: &At<'_>, search: &[Search]) -> u64 {
        all_searched(at.set.entity_type.searched().count() as u64 * self.clock.text, search)
    }

    fn order(&mut self, at: &At<'a>, order_by: &[OrderBy], skip: u64) -> u64 {
        let is_indexed = |expr: &Expr| match expr {
            Expr::Property(name) => name == ID || at.set.entity_type.indexed().any(|property| property.name == *name),
            _ => false,
        };
        match order_by.first() {
            None => 0,
            Some(first) if is_indexed(&first.expr) => 0,
            Some(_) => {
                let placed = if skip > 1_000 { self.clock.sorted } else { self.clock.placed };
                sum([placed, sum(order_by.iter().map(|key| self.expr(at, &key.expr)))])
            }
        }
    }

    fn step(&mut self, at: &At<'a>, step: &Transformation) -> u64 {
        let clock = self.clock;
        let mut made = |aggregates: &[Aggregate]| -> u64 {
            let one = |aggregate: &Aggregate| match aggregate.method {
                Method::CountDistinct => clock.distinct,
                _ => 4 * clock.value,
            };
            sum(aggregates.iter().map(|aggregate| sum([one(aggregate), self.expr(at, &aggregate.expr)])))
        };
        match step {
            Transformation::Identity | Transformation::Top(_) | Transformation::Skip(_) => 0,
            Transformation::Filter(filter) => self.expr(at, filter),
            Transformation::Search(search) => self.searched(at, search),
            Transformation::Compute(computed) => sum(computed.iter().map(|one| self.expr(at, &one.expr))),
            Transformation::OrderBy(order_by) => self.order(at, order_by, u64::MAX),
            Transformation::Most { by, .. } => sum([clock.placed, self.expr(at, &by.expr)]),
            Transformation::Aggregate(aggregates) => made(aggregates),
            Transformation::GroupBy { by, aggregates } => {
                let paths: usize = by.iter().map(|path| path.len() - 1).sum();
                sum([made(aggregates), clock.grouped, paths as u64 * clock.shared])
            }
        }
    }

    fn call(&self, function: Function) -> u64 {
        let Clock { value, number, text, joined, date, .. } = *self.clock;
        match function {
            Function::Contains | Function::StartsWith | Function::EndsWith | Function::IndexOf => text,
            Function::ToLower | Function::ToUpper | Function::Trim | Function::Substring => text,
            Function::MatchesPattern => 2 * text,
            Function::Concat => joined,
            Function::Length => 2 * value,
            Function::Round | Function::Floor | Function::Ceiling => number,
            Function::Now | Function::MinDateTime | Function::MaxDateTime => 0,
            _ => date,
        }
    }
}

/// What follows a word that is not found is not looked for.
fn all_searched(word: u64, search: &[Search]) -> u64 {
    let mut costs = search.iter().map(|part| searched(word, part));
    costs.next().map_or(0, |first| sum([first, sum(costs) / 4]))
}

fn searched(word: u64, search: &Search) -> u64 {
    match search {
        Search::Word(_) => word,
        Search::Not(inner) => searched(word, inner),
        Search::All(parts) => all_searched(word, parts),
        Search::Any(parts) => sum(parts.iter().map(|part| searched(word, part))),
    }
}

#[cfg(test)]
mod tests;
