//! `GET /odata/Set(key)/…`: what is reached from a record: a property, a related record, related records.
//!
//! Owns: the way there, one read a record that it passes. Where it passes nobody, there is nothing at the address; where it
//! ends so, the answer is 204 (OData Protocol 4.01 sections 11.2.4, 11.2.8). Refuses: writing by such an address.

mod property;

use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::change::{Place, Row};
use crate::routes::set::related::{self, Related};
use crate::routes::{entity, reference, set};
use crate::server::Server;
use crate::write::no_such_record;
use http::StatusCode;
use std::sync::Arc;
use tidemark_model::{Cell, EntitySet, Property, RecordId};
use tidemark_odata::{End, Step, WireError, entity_url};

/// A path behind a record.
pub(crate) struct Asked<'r> {
    /// The entity set.
    pub(crate) set: &'r str,
    /// The key.
    pub(crate) id: RecordId,
    /// The way from there.
    pub(crate) steps: &'r [Step],
    /// What is asked of its end.
    pub(crate) end: End,
}

/// A record on the way.
struct At<'s> {
    set: &'s EntitySet,
    row: Row,
}

/// Where a way ends.
enum Reached<'s> {
    Record(At<'s>),
    Property(At<'s>, &'s Property),
    Records(Related<'s>),
    Nobody,
}

/// Answers what a path leads to.
///
/// # Errors
/// 404 where it leads nowhere, 400 for options that have no meaning there.
pub(crate) async fn read(server: &Arc<Server>, call: &Call, asked: &Asked<'_>) -> Reply {
    match (walk(server, call, asked).await?, asked.end) {
        (Reached::Record(at), End::Itself) => entity::read::read(server, call, &at.set.name, RecordId(at.row.id)).await,
        (Reached::Record(at), End::Reference) => {
            let options = call.options()?;
            set::refuse_list_options(&options, "the address of a record")?;
            set::refuse_beside(&options)?;
            Ok(reference::of_record(call, call.format(&options)?, &at.set.name, RecordId(at.row.id)))
        }
        (Reached::Property(at, property), End::Itself) => property::read(call, at.set, &at.row, property),
        (Reached::Property(at, property), End::Value) => property::read_raw(call, at.set, &at.row, property),
        (Reached::Records(records), End::Itself) => related::read(server, call, &records).await,
        (Reached::Records(records), End::Count) => set::count::of(server, call, &records.place, Some(&records)).await,
        (Reached::Records(mut records), End::Reference) => {
            records.path.push_str("/$ref");
            let list = related::read(server, &reference::only_ids(call)?, &records).await?;
            reference::of_list(call, list, &records.set.name)
        }
        (Reached::Nobody, End::Itself | End::Reference) => Ok(Answer::empty(StatusCode::NO_CONTENT)),
        _ => Err(nothing_there()),
    }
}

async fn walk<'s>(server: &'s Server, call: &Call, asked: &Asked<'_>) -> Result<Reached<'s>, WireError> {
    let (set, place) = server.place(call.caller()?, asked.set)?;
    let found = live(server, &place, asked.id).await?;
    let mut at = At { set, row: found.ok_or_else(|| no_such_record(&set.name, asked.id))? };
    let mut path = entity_url(&set.name, asked.id);
    let mut steps = asked.steps.iter();
    while let Some(step) = steps.next() {
        let Step::Name(name) = step else { return Err(nothing_there()) };
        path = format!("{path}/{name}");
        let of = &at.set.entity_type;
        if let Some(property) = of.property(name) {
            return if steps.next().is_none() { Ok(Reached::Property(at, property)) } else { Err(nothing_there()) };
        }
        if let Some(way) = of.navigation.iter().find(|way| way.name == *name) {
            let (set, place) = server.place(call.caller()?, &way.target_set)?;
            let key = of.property(&way.property).map(|property| at.row.cells_of(at.set, &[property]));
            let row = match key.as_deref() {
                Some([Cell::Guid(id)]) => live(server, &place, RecordId(*id)).await?,
                _ => None,
            };
            match row {
                Some(row) => at = At { set, row },
                None if steps.next().is_none() => return Ok(Reached::Nobody),
                None => return Err(nothing_there()),
            }
            continue;
        }
        let way = of.collections.iter().find(|way| way.name == *name).ok_or_else(nothing_there)?;
        let (set, place) = server.place(call.caller()?, &way.target_set)?;
        let id = RecordId(at.row.id);
        let Some(step) = steps.next() else {
            return Ok(Reached::Records(Related { path, set, place, property: way.property.clone(), id }));
        };
        let Step::Key(key) = step else { return Err(nothing_there()) };
        path = format!("{path}({key})");
        let row = live(server, &place, *key).await?;
        let property = set.entity_type.property(&way.property);
        let is_related = |row: &Row| property.is_some_and(|p| row.cells_of(set, &[p]) == [Cell::Guid(id.0)]);
        at = At { set, row: row.filter(is_related).ok_or_else(|| no_such_record(&set.name, *key))? };
    }
    Ok(Reached::Record(at))
}

async fn live(server: &Server, place: &Place, id: RecordId) -> Result<Option<Row>, WireError> {
    let row = server.storage.record(place, id).await.map_err(|error| error.to_wire())?;
    Ok(row.filter(|row| !row.is_tombstoned))
}

fn nothing_there() -> WireError {
    WireError::not_found("There is nothing at this address")
}
