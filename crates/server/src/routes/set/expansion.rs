//! `$expand` against the model: which records are wanted, and how their answer is written.
//!
//! Owns: names, `*` and `$levels` (OData URL Conventions 4.01 section 5.1.3). Refuses: reading (`storage`) and writing
//! (`expanded`).

use super::shape;
use crate::call::Call;
use crate::server::Server;
use crate::storage::expand::{Expansion, Way};
use std::cell::{Cell, OnceCell};
use tidemark_model::EntitySet;
use tidemark_model::query::{Expand, Want};
use tidemark_odata::{Code, Format, MadeWriter, RecordWriter, WireError};

/// Related records of one record that are given at once; the rest has an address.
pub(crate) const MOST_BESIDE: u64 = 200;
/// How deep related records may stand within related records.
const DEEPEST: u32 = 6;
/// How many navigation properties may be followed in all, with what `*` stands for.
const MOST_BRANCHES: u32 = 100;

/// One expansion: what is read, and how it is written.
pub(crate) struct Branch<'m> {
    /// What is read.
    pub(crate) expansion: Expansion,
    /// The name of the navigation property.
    pub(crate) name: String,
    /// What was asked for.
    pub(crate) item: Expand,
    /// Writes one of the records.
    pub(crate) writer: RecordWriter<'m>,
    /// How they are written.
    pub(crate) format: Format,
    /// Writes what is computed of one, as soon as it is known what that is.
    pub(crate) made: OnceCell<MadeWriter>,
    /// How many of each record's are given, unless it asks for fewer.
    pub(crate) limit: u64,
    /// What stands within them.
    pub(crate) below: Vec<Branch<'m>>,
}

/// Finds what is wanted beside the records of a set.
///
/// # Errors
/// 400 for a name that the set does not lead on by, and for options that have no meaning there.
pub(crate) fn branches<'s>(
    server: &'s Server,
    call: &Call,
    format: Format,
    set: &'s EntitySet,
    items: &[Expand],
) -> Result<Vec<Branch<'s>>, WireError> {
    of_level(&Within { server, call, format, branches: Cell::new(0) }, set, items, 0)
}

/// What is the same at every level.
struct Within<'s, 'c> {
    server: &'s Server,
    call: &'c Call,
    format: Format,
    /// How many there are so far.
    branches: Cell<u32>,
}

fn of_level<'s>(
    within: &Within<'s, '_>,
    set: &'s EntitySet,
    items: &[Expand],
    depth: u32,
) -> Result<Vec<Branch<'s>>, WireError> {
    if depth > DEEPEST {
        return Err(wrong("nests more than 6 levels deep"));
    }
    let of = &set.entity_type;
    let names = of.navigation.iter().map(|way| &way.name).chain(of.collections.iter().map(|way| &way.name));
    let mut wanted: Vec<Expand> = Vec::new();
    for item in items {
        if item.name != "*" {
            wanted.push(item.clone());
            continue;
        }
        // What is named beside the star is asked for as it says itself.
        let others = names.clone().filter(|name| !items.iter().any(|item| item.name == **name));
        for name in others {
            wanted.push(of_star(item, name)?);
        }
    }
    wanted.into_iter().map(|item| branch(within, set, item, depth)).collect()
}

fn branch<'s>(within: &Within<'s, '_>, set: &'s EntitySet, item: Expand, depth: u32) -> Result<Branch<'s>, WireError> {
    within.branches.set(within.branches.get() + 1);
    if within.branches.get() > MOST_BRANCHES {
        return Err(wrong(&format!("leads over more than {MOST_BRANCHES} navigation properties")));
    }
    let of = &set.entity_type;
    let one = of.navigation.iter().find(|way| way.name == item.name);
    let many = of.collections.iter().find(|way| way.name == item.name);
    let (target, way) = match (one, many) {
        (Some(way), _) => (&way.target_set, Way::ToOne(way.property.clone())),
        (None, Some(way)) => (&way.target_set, Way::ToMany(way.property.clone())),
        (None, None) => {
            return Err(wrong(&format!("names {}, which leads from {} to no other records", item.name, set.name)));
        }
    };
    if one.is_some() {
        refuse_list_options(&item)?;
    }
    let (target, place) = within.server.place(within.call.caller()?, target)?;
    let inner = levels(&item, set, target)?;
    let below = match item.want {
        Want::Records => of_level(within, target, &inner, depth + 1)?,
        Want::References | Want::Count if inner.is_empty() => Vec::new(),
        Want::References | Want::Count => return Err(wrong("asks for records within addresses or a number")),
    };
    let (made, format) = (shape::made_names(&item.query), within.format);
    let writer = RecordWriter::beside(target, &item.query.select, &made, within.call.version, format)?;
    let limit = item.query.top.unwrap_or(u64::MAX).min(MOST_BESIDE);
    let mut query = item.query.clone();
    // One more than is given tells whether there are more, where `$top` does not say it.
    query.top = many.is_some().then(|| limit.saturating_add(1).min(item.query.top.unwrap_or(u64::MAX)));
    query.expand = Vec::new();
    let expansion = Expansion {
        place,
        way,
        want: item.want,
        query,
        below: below.iter().map(|branch: &Branch<'_>| branch.expansion.clone()).collect(),
    };
    let (name, made) = (item.name.clone(), OnceCell::new());
    Ok(Branch { expansion, name, item, writer, format, made, limit, below })
}

/// Returns what `*` means for one of the properties. With `$levels` everything is followed on from there too.
fn of_star(star: &Expand, name: &str) -> Result<Expand, WireError> {
    let mut item = Expand { name: name.to_owned(), levels: 1, ..star.clone() };
    let Some(levels) = levels_left(star) else { return Ok(item) };
    if item.query.expand.iter().any(|inner| inner.name == star.name) {
        return Err(wrong("names * within itself, which $levels does too"));
    }
    item.query.expand.push(Expand { levels, ..star.clone() });
    let text = followed(star, levels);
    match item.options.iter_mut().find(|(option, _)| option == "expand") {
        Some((_, given)) => *given = format!("{given},{text}"),
        None => item.options.push(("expand".to_owned(), text)),
    }
    Ok(item)
}

/// Writes an item that is followed on, with the levels that are left.
pub(crate) fn followed(item: &Expand, levels: u32) -> String {
    let within = item.options.iter().filter(|(name, _)| name != "levels");
    let mut within: Vec<String> = within.map(|(name, value)| format!("${name}={value}")).collect();
    within.push(format!("$levels={levels}"));
    format!("{}({})", item.name, within.join(";"))
}

/// Returns what stands within the records: what the item says, and itself where it is to be followed on.
fn levels(item: &Expand, set: &EntitySet, target: &EntitySet) -> Result<Vec<Expand>, WireError> {
    let mut within = item.query.expand.clone();
    let Some(levels) = levels_left(item) else { return Ok(within) };
    if set.name != target.name {
        return Err(wrong(&format!("follows {} with $levels, which leads to records of another kind", item.name)));
    }
    if within.iter().any(|inner| inner.name == item.name) {
        return Err(wrong(&format!("names {} within itself, which $levels does too", item.name)));
    }
    within.push(Expand { levels, ..item.clone() });
    Ok(within)
}

/// Returns how many levels are left behind the first one; `None` where there is but that.
pub(crate) fn levels_left(item: &Expand) -> Option<u32> {
    let levels = if item.levels == u32::MAX { DEEPEST } else { item.levels };
    levels.checked_sub(1).filter(|left| *left > 0)
}

/// Refuses the options of lists where there is one record.
fn refuse_list_options(item: &Expand) -> Result<(), WireError> {
    let query = &item.query;
    let is_listed = query.filter.is_some()
        || !query.order_by.is_empty()
        || !query.search.is_empty()
        || query.top.is_some()
        || query.skip > 0
        || query.count;
    match is_listed {
        true => Err(wrong(&format!("filters, orders or counts {}, which is one record", item.name))),
        false => Ok(()),
    }
}

fn wrong(problem: &str) -> WireError {
    WireError::new(400, Code::InvalidQuery, format!("$expand {problem}")).about("$expand")
}
