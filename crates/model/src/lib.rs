//! The pure centre of Tidemark: the entity model, records, stamps, and every rule that decides something.
//!
//! Owns: what a record is, how values are validated and written, how local changes fold, how two versions
//! merge, who wins on the server. Refuses: I/O, SQL, HTTP, the clock, randomness (they come in through
//! [`ports`]). Every rule names its source: an OData clause, a step of the seed, or an ADR.

mod arbitrate;
mod bring_back;
mod cached_entities;
mod calendar;
#[cfg(test)]
mod cases;
pub mod casts;
mod cell;
mod csdl;
mod decimal;
mod digest;
mod duration;
mod entity;
mod file_edit;
mod fold;
pub mod give_back;
mod incoming;
mod instant;
mod know_better;
mod literal;
mod members;
mod merge;
mod merge_rule;
pub mod pattern;
mod planted;
pub mod ports;
pub mod query;
mod reconcile;
mod record;
mod request_id;
mod resolve;
mod shown;
mod stamp;
mod take_back;
pub mod text;
mod time_of_day;
mod validate;
mod wide;
mod words;

pub use arbitrate::{Arbitration, Condition, Method, Ruling, arbitrate};
pub use bring_back::{BroughtBack, Lost, bring_back, can_bring_back};
pub use cached_entities::{CACHED_ENTITIES, CachedEntity, CachedEntityProperty, Policy};
pub use calendar::{date_of_days, days_of_date};
pub use cell::{Cell, CellSeed, ValueError};
pub use csdl::{BATCH_PATH, ModelError};
pub use decimal::decimal_unscaled;
pub use digest::{BUCKETS, Bucket, RowDigest, bucket_of};
pub use duration::{duration_micros, duration_text};
pub use entity::{Collection, EntityModel, EntitySet, EntityType, Kind, MergeRule, NavigationProperty, Property, Role};
pub use file_edit::{FileEdit, is_as_written, read_back};
pub use fold::{Fold, LocalChange, fold};
pub use incoming::{Incoming, IncomingRow, Removal, RowSink};
pub use instant::{instant_micros, instant_text, read_instant};
pub use know_better::{KnownBetter, know_better};
pub use members::{Members, UnreadRecord, read_members, read_members_apart};
pub use merge::{Merge, merge};
#[cfg(feature = "planted")]
pub use planted::plant;
pub use planted::{Origin, Planted, is_planted};
pub use reconcile::{ConflictKind, Pending, ServerSide, Verdict, reconcile};
pub use record::{
    ID, IS_TOMBSTONED, InvalidId, Record, RecordId, STATE, State, UPDATED_AT, UPDATED_BY, Versioned,
    changed_properties, is_sync_property, same_value,
};
pub use request_id::{ChangeIdentity, request_id};
pub use resolve::{Conflict, Resolution, ResolutionError, Resolved, Side, resolve};
pub use shown::{ETAG, Shown, TypedOver, type_over};
pub use stamp::{ClockSample, STAMP_TOLERANCE_MS, StampClock, next_stamp, plausible_stamp};
pub use take_back::{Answered, Standing, TakenBack, take_back};
pub use time_of_day::{time_of_day_micros, time_of_day_text};
pub use validate::{InvalidRecord, Strictness, read_changes, read_record};
pub use wide::{NoNumber, Rounding, Wide};
pub use words::{AttemptOutcome, CycleOutcome, HistoryEvent, JournalKind, Vocabulary, Word};
