//! A world: a server, laptops, the network between them, and time, all in one thread.
//!
//! Owns: what a run happens to. Refuses: what happens (`run`), and judging it (`oracle`).

mod bodies;
mod chance;
pub(crate) mod interfered;
pub(crate) mod laptop;
pub(crate) mod lasting;
pub(crate) mod network;
pub(crate) mod seat;
pub(crate) mod shore;
pub(crate) mod time;
