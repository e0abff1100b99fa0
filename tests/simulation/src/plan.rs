//! Plans: what happens in a run.
//!
//! Owns: the words of a plan (`deed`, `fate`), what may go wrong in one (`swarm`), what follows from one another
//! (`stories`, `more_stories`), and drawing one from a seed (`draw`). Refuses: carrying it out (`run`).

pub mod deed;
mod draw;
pub mod fate;
mod more_stories;
mod stories;
mod swarm;

pub use draw::draw;
