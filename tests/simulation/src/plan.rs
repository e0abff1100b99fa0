//! Plans: what happens in a run.
//!
//! Owns: the words of a plan (`deed`), what may go wrong in one (`swarm`), and drawing one from a seed (`draw`). Refuses:
//! carrying it out (`run`).

pub mod deed;
mod draw;
mod swarm;

pub use draw::draw;
