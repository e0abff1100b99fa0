//! How long a database takes for what.
//!
//! Owns: the figures, as measured over 100,000 records (docs/scale.md). Refuses: what a query asks.

/// How long operations take, in nanoseconds.
pub(super) struct Clock {
    /// Reading a record on the way past.
    pub(super) record: u64,
    /// Finding a record by its key or by a reference to it.
    pub(super) looked_up: u64,
    /// Finding one of those that very many records lead to.
    pub(super) shared: u64,
    /// A value that is there.
    pub(super) value: u64,
    /// A number without rounding.
    pub(super) number: u64,
    /// Looking through a text, or making another of it.
    pub(super) text: u64,
    /// Making one of two.
    pub(super) joined: u64,
    /// A part of a date.
    pub(super) date: u64,
    /// Taking a row into an order of which the first are wanted.
    pub(super) placed: u64,
    /// And into one of all.
    pub(super) sorted: u64,
    /// Taking a row into a group.
    pub(super) grouped: u64,
    /// And a value into a set of them.
    pub(super) distinct: u64,
    /// Finding a value in a list of a thousand.
    pub(super) listed: u64,
}

pub(super) const SQLITE: Clock = Clock {
    record: 150,
    looked_up: 1_300,
    shared: 200,
    value: 20,
    number: 250,
    text: 100,
    joined: 100,
    date: 200,
    placed: 150,
    sorted: 2_600,
    grouped: 900,
    distinct: 900,
    listed: 400,
};

pub(super) const POSTGRES: Clock = Clock {
    record: 600,
    looked_up: 1_000,
    shared: 150,
    value: 50,
    number: 200,
    text: 250,
    joined: 3_000,
    date: 3_500,
    placed: 500,
    sorted: 2_200,
    grouped: 1_500,
    distinct: 2_500,
    listed: 2_000,
};
