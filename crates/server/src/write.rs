//! From a request that writes to a record: reading its body, and the answer.
//!
//! Owns: what a body may hold on the wire and what a write is answered with. Refuses: the rule (`change`), SQL
//! (`storage`) and HTTP methods' own ways (`routes::entity` has a file for each). Seed step 9; DESIGN section 4.

mod answer;
mod bind;
mod body;
mod deep;
mod invalid;
mod relation;

pub(crate) use answer::{Shape, answer_outcomes, entity_body, group_failed, no_such_record, perform, submit};
pub(crate) use bind::{address_in, bind_to, record_at, references};
pub(crate) use body::{Inside, read_body, read_body_of, read_new};
pub(crate) use deep::{Beside, tie};
