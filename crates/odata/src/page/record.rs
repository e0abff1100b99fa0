//! One item of a page, read member by member into cells that are reused from item to item.
//!
//! Owns: what each member of an item is. Servers write records of one set with their members in one order, so the
//! order of the item before is the guess for this one: a right guess costs one comparison of names, a wrong one a
//! look-up. Refuses: the envelope (`page`).

use super::Text;
use super::removed::{RemovedSeed, key_of_url, removal};
use super::value::{TextInto, decimal, deepest_nesting};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use tidemark_model::{
    Cell, CellSeed, EntitySet, Incoming, IncomingRow, Kind, Property, RecordId, Removal, Role, STATE,
};

/// An unknown property may nest so deep; everything that reads JSON into a tree stops at 128.
pub(crate) const DEEPEST_UNKNOWN: usize = 100;

/// What a member of an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    /// A declared property, with its place among the cells.
    Declared(usize),
    /// The key or a sync property, with its place in the entity type.
    Fixed(Role, usize),
    Etag,
    Context,
    Removed,
    /// `@id`: in a removed item the URL of what was removed.
    Link,
    /// `id`: the same in a deleted entity of 4.0, in any other item an unknown property.
    DeletedLink,
    /// `reason`: of a deleted entity of 4.0, in any other item an unknown property.
    DeletedReason,
    /// An annotation that says nothing here.
    Ignored,
    /// A property that the model does not know.
    Unknown,
}

/// Reads items of one entity set.
pub(super) struct RecordReader<'de, 'm> {
    properties: &'m [Property],
    declared: Vec<&'m Property>,
    names: HashMap<&'m str, Member>,
    /// The members of the item before, in their order.
    guesses: Vec<(&'de str, Member)>,
    cells: Vec<Cell<'de>>,
    /// Its own buffer: ETags have quotes in them, so they are never borrowed from JSON.
    etag: String,
    extra: String,
    item: Item<'de>,
    /// The member being read when the page was given up.
    failed: Option<String>,
}

/// The members of an item that are no cells.
#[derive(Default)]
struct Item<'de> {
    has_begun: bool,
    id: Option<RecordId>,
    link: Option<RecordId>,
    has_etag: bool,
    updated_at: Option<i64>,
    is_tombstoned: bool,
    updated_by: Option<Cow<'de, str>>,
    removed: Option<Removal>,
    /// Its context says `$deletedEntity`.
    is_deleted_entity: bool,
    deleted_link: Option<RecordId>,
    reason: Option<Removal>,
}

impl<'de, 'm> RecordReader<'de, 'm> {
    pub(super) fn new(set: &'m EntitySet) -> Self {
        let properties = &set.entity_type.properties;
        let declared: Vec<&Property> = set.entity_type.declared().collect();
        let mut names = HashMap::with_capacity(properties.len());
        for (place, property) in properties.iter().enumerate() {
            if property.role != Role::Declared {
                names.insert(property.name.as_str(), Member::Fixed(property.role, place));
            }
        }
        names.extend(declared.iter().enumerate().map(|(place, p)| (p.name.as_str(), Member::Declared(place))));
        let cells = declared.iter().map(|_| Cell::Null).collect();
        Self {
            properties,
            declared,
            names,
            guesses: Vec::new(),
            cells,
            etag: String::new(),
            extra: String::new(),
            item: Item::default(),
            failed: None,
        }
    }

    /// Forgets the item, so that the next one can be read.
    pub(super) fn clear(&mut self) {
        self.cells.fill(Cell::Null);
        self.etag.clear();
        self.extra.clear();
        self.item = Item::default();
    }

    /// Says which item, and which member of it, was being read.
    pub(super) fn place(&self, number: u64) -> Option<String> {
        let item = match self.item.id.or(self.item.link) {
            Some(id) => format!("record {id} (item {number} of the page)"),
            None if self.item.has_begun => format!("item {number} of the page"),
            None => return None,
        };
        Some(self.failed.as_ref().map_or(item.clone(), |member| format!("{item}, {member}")))
    }

    /// Returns the item that was read, or what it lacks.
    pub(super) fn incoming(&mut self) -> Result<Incoming<'_>, &'static str> {
        if !self.extra.is_empty() {
            self.extra.push('}');
        }
        let item = &self.item;
        let by_entity = item.is_deleted_entity || (item.id.is_none() && item.deleted_link.is_some());
        let reason = item.removed.or_else(|| by_entity.then(|| item.reason.unwrap_or(Removal::Changed)));
        let etag = item.has_etag.then_some(self.etag.as_str());
        let updated_by = item.updated_by.as_deref();
        if let Some(reason) = reason {
            let id = item.id.or(item.link).or(item.deleted_link).ok_or("it is removed, but has neither Id nor @id")?;
            return Ok(Incoming::Removed { id, reason, etag, updated_at: item.updated_at, updated_by });
        }
        Ok(Incoming::Row(IncomingRow {
            id: item.id.ok_or("it has no Id")?,
            etag: etag.ok_or("it has no ETag")?,
            cells: &self.cells,
            updated_at: item.updated_at.unwrap_or(0),
            is_tombstoned: item.is_tombstoned,
            updated_by,
            extra: (!self.extra.is_empty()).then_some(self.extra.as_str()),
        }))
    }

    fn member(&self, name: &str) -> Member {
        if let Some(member) = self.names.get(name) {
            return *member;
        }
        match name.strip_prefix("@odata.").or_else(|| name.strip_prefix('@')) {
            Some("etag") => Member::Etag,
            Some("context") => Member::Context,
            Some("removed") => Member::Removed,
            Some("id") => Member::Link,
            Some(_) => Member::Ignored,
            None if name.contains('@') || name == STATE => Member::Ignored,
            None if name == "id" => Member::DeletedLink,
            None if name == "reason" => Member::DeletedReason,
            None => Member::Unknown,
        }
    }

    fn read<A: MapAccess<'de>>(&mut self, member: Member, name: &str, map: &mut A) -> Result<(), A::Error> {
        let item = &mut self.item;
        match member {
            // A model may have a property called `reason`; in a deleted entity it is not that one.
            Member::Declared(_) if item.is_deleted_entity && name == "reason" => {
                item.reason = Some(removal(&map.next_value_seed(Text)?));
            }
            Member::Declared(place) if matches!(self.declared[place].kind, Kind::Decimal { .. }) => {
                let raw: &'de RawValue = map.next_value()?;
                self.cells[place] = decimal(self.declared[place], raw.get()).map_err(A::Error::custom)?;
            }
            Member::Declared(place) => self.cells[place] = map.next_value_seed(CellSeed::held(self.declared[place]))?,
            Member::Fixed(role, place) => {
                let cell = map.next_value_seed(CellSeed::held(&self.properties[place]))?;
                match (role, cell) {
                    (Role::Key, Cell::Guid(id)) => item.id = Some(RecordId(id)),
                    (Role::UpdatedAt, Cell::Integer(ms)) => item.updated_at = Some(ms),
                    (Role::IsTombstoned, Cell::Integer(flag)) => item.is_tombstoned = flag != 0,
                    (Role::UpdatedBy, Cell::Text(name)) => item.updated_by = Some(name),
                    _ => {}
                }
            }
            Member::Etag => {
                map.next_value_seed(TextInto(&mut self.etag))?;
                item.has_etag = true;
            }
            Member::Context => item.is_deleted_entity = map.next_value_seed(Text)?.ends_with("/$deletedEntity"),
            Member::Removed => item.removed = Some(map.next_value_seed(RemovedSeed)?),
            Member::Link => item.link = key_of_url(&map.next_value_seed(Text)?),
            Member::DeletedLink | Member::DeletedReason => {
                let raw: &RawValue = map.next_value()?;
                let text = serde_json::from_str::<Cow<'_, str>>(raw.get()).unwrap_or_default();
                if member == Member::DeletedLink {
                    item.deleted_link = key_of_url(&text);
                } else {
                    item.reason = Some(removal(&text));
                }
                self.keep(name, raw.get()).map_err(A::Error::custom)?;
            }
            Member::Ignored => {
                map.next_value::<IgnoredAny>()?;
            }
            Member::Unknown => {
                let raw: &RawValue = map.next_value()?;
                self.keep(name, raw.get()).map_err(A::Error::custom)?;
            }
        }
        Ok(())
    }

    /// Keeps a property that the model does not know, as it was written.
    fn keep(&mut self, name: &str, raw: &str) -> Result<(), String> {
        if deepest_nesting(raw) > DEEPEST_UNKNOWN {
            return Err(format!("{name} nests more than {DEEPEST_UNKNOWN} levels deep"));
        }
        // It is kept as text and read as a tree whenever the record is: half a surrogate pair or a number that no tree
        // holds would then make the whole set unreadable.
        if let Err(error) = serde_json::from_str::<Value>(raw) {
            let problem = error.to_string();
            let (problem, _) = problem.rsplit_once(" at line").unwrap_or((&problem, ""));
            return Err(format!("{name} cannot be read ({problem})"));
        }
        self.extra.push(if self.extra.is_empty() { '{' } else { ',' });
        self.extra.push_str(&serde_json::to_string(name).unwrap_or_default());
        self.extra.push(':');
        self.extra.push_str(raw);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut RecordReader<'de, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut RecordReader<'de, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.item.has_begun = true;
        let mut place = 0;
        while let Some((name, member)) = map.next_key_seed(NameSeed { reader: &mut *self, place })? {
            if let Err(error) = self.read(member, &name, &mut map) {
                self.failed = Some(name.into_owned());
                return Err(error);
            }
            place += 1;
        }
        Ok(())
    }
}

/// A member's name, and what it is: first by the guess, then by look-up.
struct NameSeed<'r, 'de, 'm> {
    reader: &'r mut RecordReader<'de, 'm>,
    place: usize,
}

impl<'de> DeserializeSeed<'de> for NameSeed<'_, 'de, '_> {
    type Value = (Cow<'de, str>, Member);
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed<'_, 'de, '_> {
    type Value = (Cow<'de, str>, Member);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a property")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        let member = match self.reader.guesses.get(self.place) {
            Some((guess, member)) if *guess == name => *member,
            _ => {
                let member = self.reader.member(name);
                match self.reader.guesses.get_mut(self.place) {
                    Some(guess) => *guess = (name, member),
                    None => self.reader.guesses.push((name, member)),
                }
                member
            }
        };
        Ok((Cow::Borrowed(name), member))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let member = self.reader.member(name);
        Ok((Cow::Owned(name.to_owned()), member))
    }
}
