//! Records small enough that millions of them fit: two properties, a stamp, a mark.
//!
//! Owns: their shape, and that it is the shape of `tidemark_model::Record` for one of the default model's sets, there and
//! back. Refuses: deciding anything.

use std::sync::LazyLock;
use tidemark_model::{EntityModel, EntitySet, Record, RecordId, State, Versioned};
use uuid::Uuid;

/// The value of a property: 0 is what everybody began with, every other one was typed once by one person.
pub type Token = u8;
/// A value that is not there, as after a purge.
pub const NULL: Token = 255;
/// How many properties a record has.
pub const PROPERTIES: usize = 2;
/// Their names in the default model's `Contacts`: the first is required.
pub const NAMES: [&str; PROPERTIES] = ["Name", "Phone"];

/// Names one version: its number, and which history of the server gave it (the random mark on the wire).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Etag {
    /// The sequence number.
    pub seq: u8,
    /// 0, and one more each time the server is restored from a backup.
    pub history: u8,
}

/// A record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rec {
    /// One value per property.
    pub values: [Token; PROPERTIES],
    /// `_UpdatedAt`.
    pub stamp: i16,
    /// `_IsTombstoned`.
    pub tomb: bool,
}

/// A record with the name of its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ver {
    /// The content.
    pub rec: Rec,
    /// The version.
    pub etag: Etag,
}

/// `_State`, as something that has an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    /// Nothing is pending.
    None,
    /// Made here.
    Add,
    /// Changed here.
    Update,
    /// Deleted here.
    Delete,
}

impl Act {
    /// Returns it as the model's.
    pub fn state(self) -> State {
        match self {
            Self::None => State::None,
            Self::Add => State::Add,
            Self::Update => State::Update,
            Self::Delete => State::Delete,
        }
    }

    /// Takes it from the model's.
    pub fn of(state: State) -> Self {
        match state {
            State::None => Self::None,
            State::Add => Self::Add,
            State::Update => Self::Update,
            State::Delete => Self::Delete,
        }
    }
}

static MODEL: LazyLock<EntityModel> =
    LazyLock::new(|| EntityModel::parse(EntityModel::default_document()).expect("the default model reads"));

/// Returns the entity set that all of it is about.
pub fn set() -> &'static EntitySet {
    MODEL.set("Contacts").expect("the default model has contacts")
}

/// Returns the id of a row.
pub fn id(row: u8) -> RecordId {
    RecordId(Uuid::from_u128(0x8f0e_6a52_6d5f_4a55_9d5e_2f7b_4c1d_9e00 + u128::from(row)))
}

impl Etag {
    /// Returns it as it stands on the wire; the name of no version is empty.
    pub fn text(self) -> String {
        if self == Self::NONE { String::new() } else { format!("W/\"{}.{:08x}\"", self.seq, self.history) }
    }

    /// Reads what [`Etag::text`] wrote.
    pub fn read(text: &str) -> Self {
        let inner = text.trim_start_matches("W/\"").trim_end_matches('"');
        let Some((seq, history)) = inner.split_once('.') else { return Self::NONE };
        let history = u8::from_str_radix(history, 16).expect("a mark");
        Self { seq: seq.parse().expect("a number"), history }
    }

    /// The name of a base that is no version of the server's.
    pub const NONE: Self = Self { seq: 255, history: 255 };
}

impl Rec {
    /// Tells whether two hold the same content; written here a second time, for what judges.
    pub fn same(&self, other: &Self) -> bool {
        self.tomb == other.tomb && self.values == other.values
    }

    /// Returns it as the model's.
    pub fn record(&self, row: u8) -> Record {
        let mut record = Record::new(id(row), self.stamp.into());
        record.is_tombstoned = self.tomb;
        for (name, value) in NAMES.iter().zip(self.values) {
            let value = if value == NULL { serde_json::Value::Null } else { format!("typed {value}").into() };
            record.properties.insert((*name).to_owned(), value);
        }
        record
    }

    /// Reads what [`Rec::record`] made, or a rule made of it.
    pub fn read(record: &Record) -> Self {
        let values = NAMES.map(|name| match record.get(name).as_str() {
            Some(text) => text.trim_start_matches("typed ").parse().expect("a token"),
            None => NULL,
        });
        let stamp = i16::try_from(record.updated_at).expect("a small stamp");
        Self { values, stamp, tomb: record.is_tombstoned }
    }
}

impl Ver {
    /// Returns it as the model's.
    pub fn versioned(&self, row: u8) -> Versioned {
        Versioned { record: self.rec.record(row), etag: self.etag.text() }
    }

    /// Reads what [`Ver::versioned`] made, or a rule made of it.
    pub fn read(versioned: &Versioned) -> Self {
        Self { rec: Rec::read(&versioned.record), etag: Etag::read(&versioned.etag) }
    }
}

/// Returns properties by name as a mask, one bit each.
pub fn mask<'n>(names: impl IntoIterator<Item = &'n str>) -> u8 {
    names.into_iter().map(|name| 1 << NAMES.iter().position(|known| *known == name).expect("a property")).sum()
}

/// Returns a mask as names.
pub fn names(mask: u8) -> Vec<String> {
    (0..PROPERTIES).filter(|at| mask & (1 << at) != 0).map(|at| NAMES[at].to_owned()).collect()
}
