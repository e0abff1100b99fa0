//! The simulated disk under SQLite: what a database of it does, stops at and survives.

mod crashes;
mod databases;
mod faults;
mod support;
