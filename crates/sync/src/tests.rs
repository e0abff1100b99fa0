//! The worker against the real server: its own `Service` in this process, asked without a socket, in time that is paused.
//!
//! Owns: the world of these tests. Refuses: sockets and waiting; what needs the built programs is in `tests/scenarios`.

mod asked;
mod batches;
mod between;
mod converge;
mod device;
mod fault;
mod faults;
mod links;
mod lists;
mod live;
mod pace;
mod pages;
mod shore;
mod thin;
mod turns;
mod weather;
