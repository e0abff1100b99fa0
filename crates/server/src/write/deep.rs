//! Records that are made with the record around them (OData Protocol 4.01 section 11.4.2.2): one level, and all or none.
//!
//! Owns: their keys, and the changes that make them. Refuses: reading them (`body`).

use super::answer::{Shape, Within};
use super::bind;
use super::body::Inside;
use super::relation::Relation;
use crate::change::{Body, Change, Repeat};
use tidemark_model::{Cell, Condition, EntityModel, EntitySet, Method, RecordId};
use tidemark_odata::WireError;

/// The changes that make the records within, by whether they come before the record or behind it.
#[derive(Default)]
pub(crate) struct Beside {
    /// Those that the record refers to.
    pub(crate) before: Vec<Change>,
    /// Those that refer to the record.
    pub(crate) after: Vec<Change>,
}

/// Ties records within to the record that is made by a change, and tells its answer of them.
///
/// # Errors
/// 400 where one of them names another record in its place.
pub(crate) fn tie(
    model: &EntityModel,
    inside: Vec<Inside<'_>>,
    (change, shape): (&mut Change, &mut Shape),
    fresh: &mut dyn FnMut(&str, Option<&Repeat>) -> RecordId,
) -> Result<Beside, WireError> {
    let mut beside = Beside::default();
    for Inside { relation, records } in inside {
        let Some(target) = model.set(relation.target()) else { continue };
        let (way, is_one) = (relation.name().to_owned(), relation.is_one());
        shape.within.push(Within { way, is_one, set: target.name.clone(), records: records.len() });
        for (place, (id, mut body)) in records.into_iter().enumerate() {
            // A repeat must make the same records, which its own name says.
            let name = change.repeat.map(|repeat| repeat.inner(relation.name(), place));
            let id = id.unwrap_or_else(|| fresh(&target.name, name.as_ref()));
            match relation {
                Relation::One(way) => {
                    let set = model.set(&change.set).unwrap_or(target);
                    bind::put(set, &mut change.body, (&way.name, &way.property), Cell::Guid(id.0))?;
                }
                Relation::Many(way) => {
                    let error = |error: WireError| error.within(&format!("{}/{place}", way.name));
                    bind::put(target, &mut body, (&way.property, &way.property), Cell::Guid(change.id.0))
                        .map_err(error)?;
                }
            }
            let made = made(target, id, body, name);
            if relation.is_one() { beside.before.push(made) } else { beside.after.push(made) }
        }
    }
    Ok(beside)
}

fn made(set: &EntitySet, id: RecordId, body: Body, name: Option<Repeat>) -> Change {
    let repeat = name.map(|name| name.of_content(set, Method::Create, Some(id), &body));
    Change {
        set: set.name.clone(),
        id,
        method: Method::Create,
        // It is made, or is not: what is there already is somebody's.
        condition: Condition::NoneMatchAny,
        body,
        repeat,
        asks_for: None,
        only_if: None,
    }
}
