//! Writing by an address behind a record (OData Protocol 4.01 sections 11.4.2, 11.4.6, 11.4.9): a property, a reference, a new
//! record among related ones.
//!
//! Owns: which change of which record each is: a reference is the property that holds its key, and so each of them is a change
//! as any other, in a batch too. Refuses: longer ways than from one record to another: those records have addresses of their own.

use super::{Asked, Write, check_content, finish, with_inside};
use crate::call::Call;
use crate::change::{Body, Change};
use crate::server::Server;
use crate::write::{address_in, bind_to, read_body_of, read_new, record_at};
use http::{Method as Verb, header};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use tidemark_model::{Cell, Collection, Condition, EntitySet, Method, Property, RecordId};
use tidemark_odata::{Code, End, Step, WireError};

/// The annotation that binds.
const BIND: &str = "@odata.bind";

/// An address behind a record.
pub(super) struct Below<'r> {
    pub(super) set: &'r str,
    pub(super) id: RecordId,
    pub(super) steps: &'r [Step],
    pub(super) end: End,
}

/// What stands at such an address.
enum Place<'s> {
    Property(&'s Property),
    /// The related record.
    One(&'s str),
    /// Related records.
    Many(&'s Collection),
    /// One of them.
    OfMany(&'s Collection, RecordId),
}

impl Below<'_> {
    fn place<'s>(&self, set: &'s EntitySet) -> Option<Place<'s>> {
        let (first, rest) = self.steps.split_first()?;
        let Step::Name(name) = first else { return None };
        let of = &set.entity_type;
        let many = of.collections.iter().find(|way| way.name == *name);
        match (rest, many) {
            ([], Some(way)) => return Some(Place::Many(way)),
            ([Step::Key(key)], Some(way)) => return Some(Place::OfMany(way, *key)),
            ([], None) => {}
            _ => return None,
        }
        let one = of.navigation.iter().find(|way| way.name == *name).map(|way| Place::One(&way.name));
        one.or_else(|| of.declared().find(|property| property.name == *name).map(Place::Property))
    }

    /// Returns the methods beside reading.
    pub(super) fn methods(&self, set: &EntitySet) -> &'static str {
        match (self.place(set), self.end) {
            (Some(Place::Property(_)), End::Itself) => "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
            (Some(Place::Property(_)), End::Value) => "GET, HEAD, PUT, DELETE, OPTIONS",
            (Some(Place::One(_)), End::Reference) => "GET, HEAD, PUT, DELETE, OPTIONS",
            (Some(Place::Many(_)), End::Itself) => "GET, HEAD, POST, OPTIONS",
            (Some(Place::Many(_)), End::Reference) => "GET, HEAD, POST, DELETE, OPTIONS",
            (Some(Place::OfMany(..)), End::Reference) => "GET, HEAD, DELETE, OPTIONS",
            _ => "GET, HEAD, OPTIONS",
        }
    }

    /// Reads a request that writes; `None` where this method means nothing at the address.
    pub(super) fn read(&self, server: &Server, call: &Call) -> Option<Result<Write, WireError>> {
        let set = match server.set(self.set) {
            Ok(set) => set,
            Err(error) => return Some(Err(error)),
        };
        let write = match (&call.method, self.place(set)?, self.end) {
            (&Verb::PUT | &Verb::PATCH, Place::Property(property), End::Itself) => {
                self.value(server, call, set, property)
            }
            (&Verb::PUT, Place::Property(property), End::Value) => self.raw(server, call, set, property),
            (&Verb::DELETE, Place::Property(property), End::Itself | End::Value) => {
                self.own(server, call, set, &member(&property.name, "null"))
            }
            (&Verb::PUT, Place::One(way), End::Reference) => self.refer(server, call, set, way),
            (&Verb::DELETE, Place::One(way), End::Reference) => {
                self.own(server, call, set, &member(&format!("{way}{BIND}"), "null"))
            }
            (&Verb::POST, Place::Many(way), End::Itself) => self.make(server, call, way),
            (&Verb::POST, Place::Many(way), End::Reference) => self.add(server, call, way),
            (&Verb::DELETE, Place::OfMany(way, key), End::Reference) => self.remove(server, call, way, key),
            (&Verb::DELETE, Place::Many(way), End::Reference) => {
                named_by_id(call, &way.target_set).and_then(|key| self.remove(server, call, way, key))
            }
            _ => return None,
        };
        Some(write)
    }

    /// Sets a property to what the body has as its `value`.
    fn value(&self, server: &Server, call: &Call, set: &EntitySet, property: &Property) -> Result<Write, WireError> {
        check_content(call)?;
        let members: Option<BTreeMap<String, &RawValue>> = serde_json::from_slice(&call.body).ok();
        let value = members.as_ref().and_then(|members| members.get("value")).ok_or_else(|| {
            let sentence = format!("{} is set by an object with a value, such as {{\"value\": …}}", property.name);
            WireError::bad_request(sentence).about("value")
        })?;
        self.own(server, call, set, &member(&property.name, value.get()))
    }

    /// Sets a property to the text that the body is.
    fn raw(&self, server: &Server, call: &Call, set: &EntitySet, property: &Property) -> Result<Write, WireError> {
        let media = call.header(&header::CONTENT_TYPE).unwrap_or("text/plain").split(';').next().unwrap_or_default();
        if !media.trim().eq_ignore_ascii_case("text/plain") {
            let sentence = format!("A bare value is taken as text/plain, not as {media}");
            return Err(WireError::new(415, Code::UnsupportedMediaType, sentence).about("Content-Type"));
        }
        let text = std::str::from_utf8(&call.body).map_err(|_| WireError::bad_request("The value is not UTF-8"))?;
        let value = match property.kind.is_bare() && serde_json::from_str::<&RawValue>(text.trim()).is_ok() {
            true => text.trim().to_owned(),
            false => json_text(text),
        };
        self.own(server, call, set, &member(&property.name, &value))
    }

    /// Changes the record that the address begins with.
    fn own(&self, server: &Server, call: &Call, set: &EntitySet, body: &str) -> Result<Write, WireError> {
        let call = Call { body: body.to_owned().into(), ..call.clone() };
        let (_, body) = read_body_of(&call, set)?;
        changed(server, &call, &set.name, self.id, body)
    }

    /// Makes the record refer to the one whose address the body is.
    fn refer(&self, server: &Server, call: &Call, set: &EntitySet, way: &str) -> Result<Write, WireError> {
        check_content(call)?;
        let address = json_text(&address_in(&call.body)?);
        let mut write = self.own(server, call, set, &member(&format!("{way}{BIND}"), &address))?;
        let target = set.entity_type.navigation.iter().find(|known| known.name == way);
        let target = target.and_then(|way| Some((server.model.set(&way.target_set)?, &way.property)));
        if let Some((target, property)) = target {
            let index = set.entity_type.declared().position(|declared| declared.name == *property);
            let bound = index.and_then(|index| write.change.body.cells.get(index)).cloned().flatten();
            if let Some(Cell::Guid(id)) = bound {
                guard(&mut write, target, RecordId(id));
            }
        }
        Ok(write)
    }

    /// Makes a record that refers to this one.
    fn make(&self, server: &Server, call: &Call, way: &Collection) -> Result<Write, WireError> {
        let (own, target) = (server.set(self.set)?, server.set(&way.target_set)?);
        check_content(call)?;
        let mut read = read_new(call, &server.model, target)?;
        bind_to(target, &mut read.body, &way.property, self.id)?;
        let asked = Asked { set: &target.name, key: read.id, method: Method::Create, body: read.body };
        let mut write = finish(server, call, asked)?;
        with_inside(server, call, &mut write, read.inside)?;
        guard(&mut write, own, self.id);
        Ok(write)
    }

    /// Makes the record whose address the body is refer to this one.
    fn add(&self, server: &Server, call: &Call, way: &Collection) -> Result<Write, WireError> {
        check_content(call)?;
        let key = key_at(call, &address_in(&call.body)?, &way.target_set)?;
        let (own, target) = (server.set(self.set)?, server.set(&way.target_set)?);
        let mut body = nothing(target);
        bind_to(target, &mut body, &way.property, self.id)?;
        let mut write = changed(server, call, &target.name, key, body)?;
        guard(&mut write, own, self.id);
        Ok(write)
    }

    /// Makes one of the records that refer to this one refer to none.
    fn remove(&self, server: &Server, call: &Call, way: &Collection, key: RecordId) -> Result<Write, WireError> {
        let target = server.set(&way.target_set)?;
        let index = target.entity_type.declared().position(|declared| declared.name == way.property);
        let mut body = nothing(target);
        if let Some(cell) = index.and_then(|index| body.cells.get_mut(index)) {
            *cell = Some(Cell::Null);
        }
        // `$id` has been read.
        let call = Call { query: String::new(), ..call.clone() };
        let mut write = changed(server, &call, &target.name, key, body)?;
        write.change.only_if = index.map(|index| (index, Cell::Guid(self.id.0)));
        Ok(write)
    }
}

/// A change of a record that must be there.
fn changed(server: &Server, call: &Call, set: &str, id: RecordId, body: Body) -> Result<Write, WireError> {
    let mut write = finish(server, call, Asked { set, key: Some(id), method: Method::Update, body })?;
    if write.change.condition == Condition::None {
        write.change.condition = Condition::MatchAny;
    }
    write.shape.must_exist = true;
    Ok(write)
}

/// Lets a write stand only where another record is there too.
fn guard(write: &mut Write, set: &EntitySet, id: RecordId) {
    let there = Change {
        set: set.name.clone(),
        id,
        method: Method::Update,
        condition: Condition::MatchAny,
        body: nothing(set),
        repeat: None,
        asks_for: write.change.repeat,
        only_if: None,
    };
    write.beside.before.insert(0, there);
    write.shape.guards.push((set.name.clone(), id));
}

/// A body that says nothing of a record.
fn nothing(set: &EntitySet) -> Body {
    Body { cells: vec![None; set.entity_type.declared().count()], ..Body::default() }
}

/// The body that a property's own address stands for.
fn member(name: &str, value: &str) -> String {
    format!("{{{}:{value}}}", json_text(name))
}

fn json_text(text: &str) -> String {
    // Writing a text to memory cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

fn key_at(call: &Call, address: &str, set: &str) -> Result<RecordId, WireError> {
    record_at(call, address, set)
        .map_err(|problem| WireError::new(400, Code::InvalidRecord, format!("The reference {problem}")))
}

fn named_by_id(call: &Call, set: &str) -> Result<RecordId, WireError> {
    let address = call.options()?.id.ok_or_else(|| {
        WireError::bad_request("Say which reference is to go: its address in $id, or its key in the path").about("$id")
    })?;
    key_at(call, &address, set)
}
