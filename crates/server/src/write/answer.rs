//! From the outcome of a change to its answer.
//!
//! Owns: statuses, ETags and what a body holds after a write. Refuses: deciding. DESIGN section 5, "The loser"; a
//! repeated request is answered as it was the first time, since its outcome is and its preferences are.

use super::invalid::invalid_for_all;
use crate::answer::{Answer, Reply};
use crate::call::{Call, names};
use crate::change::{Change, Commit, Outcome, Row, Step, etag};
use crate::server::Server;
use http::{StatusCode, header};
use serde_json::json;
use tidemark_model::{JournalKind, Method, RecordId};
use tidemark_odata::{Code, Format, Preference, RecordWriter, WireError, context_url, entity_url, write_entity};

/// How a write is to be answered: everything of the request that outlives its change.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// The entity set.
    pub(crate) set: String,
    /// The key.
    pub(crate) id: RecordId,
    /// What the request does.
    pub(crate) method: Method,
    /// Whether it has a name under which it may be repeated.
    pub(crate) is_repeatable: bool,
    /// `$select`.
    pub(crate) select: Vec<String>,
    /// How JSON is written.
    pub(crate) format: Format,
    /// `Prefer: return`.
    pub(crate) return_minimal: Option<bool>,
    /// The request's `_UpdatedAt`.
    pub(crate) stamp: Option<i64>,
    /// The records that are made with it.
    pub(crate) within: Vec<Within>,
    /// Other records that must be there, each a change in front that says nothing.
    pub(crate) guards: Vec<(String, RecordId)>,
    /// Whether a record that is not there is not made.
    pub(crate) must_exist: bool,
}

/// Records that are made within another.
#[derive(Clone, Debug)]
pub(crate) struct Within {
    /// The navigation property.
    pub(crate) way: String,
    /// Whether it is one record.
    pub(crate) is_one: bool,
    /// Their entity set.
    pub(crate) set: String,
    /// How many they are.
    pub(crate) records: usize,
}

impl Shape {
    /// Returns how many changes the request is.
    pub(crate) fn changes(&self) -> usize {
        1 + self.guards.len() + self.within.iter().map(|within| within.records).sum::<usize>()
    }

    /// Returns how many of them come before the record's own.
    fn before(&self) -> usize {
        let of_one = self.within.iter().filter(|within| within.is_one).map(|within| within.records);
        self.guards.len() + of_one.sum::<usize>()
    }
}

/// Carries out the changes of one request and answers it.
///
/// # Errors
/// What the storage says, and every refusal of the change.
pub(crate) async fn perform(server: &Server, call: &Call, changes: Vec<Change>, shape: &Shape) -> Reply {
    let steps = vec![Step(changes)];
    let commit = Commit { caller: call.caller()?.clone(), steps, stop_on_error: false };
    let outcomes = submit(server, commit).await?;
    Ok(answer_outcomes(server, call, shape, outcomes))
}

/// Hands changes to the database; one outcome per change, in order.
///
/// # Errors
/// What the storage says; then nothing was changed.
pub(crate) async fn submit(server: &Server, commit: Commit) -> Result<Vec<Outcome>, WireError> {
    server.storage.commit(commit).await.map_err(|error| error.to_wire())
}

/// Answers the outcomes of a request's changes: those of records that it refers to, its own, those of records within it.
pub(crate) fn answer_outcomes(server: &Server, call: &Call, shape: &Shape, mut outcomes: Vec<Outcome>) -> Answer {
    if let Some(failed) = failed_within(shape, &outcomes) {
        return failed;
    }
    let own = shape.before();
    let outcome = if own < outcomes.len() { outcomes.remove(own) } else { Outcome::NotRun };
    let is_shown_whole = !outcomes.iter().skip(shape.guards.len()).any(|o| matches!(o, Outcome::AppliedBefore { .. }));
    let outcome = match outcome {
        // An answer without some of what was made would say that it was not.
        Outcome::Applied { what, row } if !is_shown_whole => {
            Outcome::AppliedBefore { what, version: row.version, updated_at: row.updated_at }
        }
        outcome => outcome,
    };
    answer_outcome(server, call, shape, outcome, &outcomes)
}

/// Returns why a record within is not made, which is why none is.
fn failed_within(shape: &Shape, outcomes: &[Outcome]) -> Option<Answer> {
    let own = shape.before();
    for ((set, id), outcome) in shape.guards.iter().zip(outcomes) {
        if matches!(outcome, Outcome::NotFound | Outcome::ConditionFailed(_)) {
            return Some(no_such_record(set, *id).into());
        }
    }
    let of_one = shape.within.iter().filter(|within| within.is_one);
    let of_many = shape.within.iter().filter(|within| !within.is_one);
    let places = shape.guards.iter().map(|_| String::new()).chain(of_one.map(|within| within.way.clone()));
    let places = places
        .chain(std::iter::once(String::new()))
        .chain(of_many.flat_map(|within| (0..within.records).map(|place| format!("{}/{place}", within.way))));
    let mut failed = outcomes.iter().zip(places).enumerate().filter(|(at, _)| *at != own);
    failed.find_map(|(_, (outcome, place))| match outcome {
        Outcome::Invalid(errors) => Some(invalid_for_all(errors).within(&place).into()),
        Outcome::RefusedBefore => Some(refused_before().into()),
        Outcome::OtherRequest => Some(other_request().into()),
        Outcome::NotFound | Outcome::ConditionFailed(_) | Outcome::Withheld => {
            let sentence = "A record within this one cannot be made: another has its key. Nothing was changed";
            Some(WireError::new(412, Code::PreconditionFailed, sentence).about(place).into())
        }
        _ => None,
    })
}

fn refused_before() -> WireError {
    let sentence = "This request was refused when it came first: the record would not have been valid. Nothing was \
                    changed; under another Repeatability-Request-ID it is tried again";
    WireError::new(400, Code::InvalidRecord, sentence)
}

fn other_request() -> WireError {
    let sentence = "This Repeatability-Request-ID was used before, for another change. Nothing was changed";
    WireError::new(400, Code::RepeatabilityConflict, sentence)
}

/// Answers the outcome of a request's own change; `within` are those of the records within.
fn answer_outcome(server: &Server, call: &Call, shape: &Shape, outcome: Outcome, within: &[Outcome]) -> Answer {
    let (answer, was_taken) = match outcome {
        Outcome::Applied { what, row } => (applied(server, call, shape, what, &row, within), true),
        Outcome::AppliedBefore { what, version, updated_at } => {
            let mut tag = String::new();
            etag(version, &mut tag);
            let answer = Answer::empty(StatusCode::NO_CONTENT).with(header::ETAG, &tag);
            (located(call, shape, is_new(shape, what), updated_at, answer), true)
        }
        Outcome::StoredWins(row) => (represent(server, call, shape, StatusCode::OK, &row, &[]), true),
        Outcome::Withheld => {
            let sentence =
                "The answers of this batch are too large together. This request changed nothing; send it again";
            (WireError::new(503, Code::Busy, sentence).into(), true)
        }
        Outcome::ConditionFailed(None) if shape.must_exist => (no_such_record(&shape.set, shape.id).into(), true),
        Outcome::NotFound => (no_such_record(&shape.set, shape.id).into(), true),
        Outcome::ConditionFailed(row) => (condition_failed(server, call, shape, row.as_deref()).into(), true),
        Outcome::Invalid(errors) => (invalid_for_all(&errors).into(), true),
        Outcome::RefusedBefore => (refused_before().into(), true),
        Outcome::OtherRequest => (other_request().into(), false),
        Outcome::StepFailed => (group_failed().into(), true),
        Outcome::NotRun => {
            (WireError::new(424, Code::FailedDependency, "A request before this one failed").into(), true)
        }
    };
    match shape.is_repeatable {
        true => answer.with(names::REPEATABILITY_RESULT, if was_taken { "accepted" } else { "rejected" }),
        false => answer,
    }
}

/// Returns the refusal of a change whose group has another that failed.
pub(crate) fn group_failed() -> WireError {
    WireError::new(424, Code::FailedDependency, "Another change of this atomicity group failed. None of it was applied")
}

/// Returns the 404 of a record: the same for one that never was, one that is gone and one that is somebody else's.
pub(crate) fn no_such_record(set: &str, id: RecordId) -> WireError {
    WireError::new(404, Code::RecordNotFound, format!("There is no record {id} in {set}"))
}

fn applied(server: &Server, call: &Call, shape: &Shape, what: JournalKind, row: &Row, within: &[Outcome]) -> Answer {
    let is_new = is_new(shape, what);
    let is_minimal = match (shape.method, shape.return_minimal) {
        (Method::Delete, _) | (_, Some(true)) => true,
        (_, Some(false)) => false,
        // OData leaves it to the service: what was made is shown, what was changed is known to its client.
        (_, None) => !is_new && shape.method != Method::Create,
    };
    let answer = if is_minimal {
        let preference = shape.return_minimal.filter(|_| shape.method != Method::Delete);
        let answer = Answer::empty(StatusCode::NO_CONTENT).with(header::ETAG, &row.etag());
        match preference {
            Some(_) => call.applied(answer, &[Preference::ReturnMinimal]),
            None => answer,
        }
    } else {
        let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        let answer = represent(server, call, shape, status, row, within);
        match shape.return_minimal {
            Some(_) => call.applied(answer, &[Preference::ReturnRepresentation]),
            None => answer,
        }
    };
    located(call, shape, is_new, row.updated_at, answer)
}

fn is_new(shape: &Shape, what: JournalKind) -> bool {
    what == JournalKind::Create || (shape.method == Method::Create && what == JournalKind::Restore)
}

/// Says where the record is, and with which stamp it was taken.
fn located(call: &Call, shape: &Shape, is_new: bool, updated_at: i64, answer: Answer) -> Answer {
    if shape.method == Method::Delete {
        return answer;
    }
    // Who was clamped is told: their own copy would go on claiming a time that has not come yet.
    let answer = match shape.stamp {
        Some(stamp) if stamp != updated_at => answer.with(names::UPDATED_AT, &updated_at.to_string()),
        _ => answer,
    };
    let url = format!("{}{}", call.base(), entity_url(&shape.set, shape.id));
    let answer = answer.with(names::ODATA_ENTITY_ID, &url);
    if is_new { answer.with(header::LOCATION, &url) } else { answer }
}

fn represent(server: &Server, call: &Call, shape: &Shape, status: StatusCode, row: &Row, within: &[Outcome]) -> Answer {
    let body = match shape.within.is_empty() {
        true => entity_body(server, call, &shape.set, &shape.select, shape.format, row),
        false => deep_body(server, call, shape, row, within),
    };
    match body {
        Ok(body) => Answer::new(status, shape.format.content_type(), body).with(header::ETAG, &row.etag()),
        Err(error) => error.into(),
    }
}

/// Writes one record as a whole answer.
///
/// # Errors
/// 400 for a property of `select` that the set does not have.
pub(crate) fn entity_body(
    server: &Server,
    call: &Call,
    set: &str,
    select: &[String],
    format: Format,
    row: &Row,
) -> Result<Vec<u8>, WireError> {
    let set = server.set(set)?;
    let writer = RecordWriter::new(set, select, call.version, format)?;
    let cells = row.cells_of(set, writer.properties());
    let context = context_url(call.base(), &set.name, select, "/$entity");
    Ok(writer.entity(&context, &row.etag(), cells.iter()))
}

/// Writes one record with those that were made with it (Protocol 4.01 section 11.4.2.2).
fn deep_body(
    server: &Server,
    call: &Call,
    shape: &Shape,
    row: &Row,
    outcomes: &[Outcome],
) -> Result<Vec<u8>, WireError> {
    let (of_one, of_many): (Vec<&Within>, Vec<&Within>) = shape.within.iter().partition(|within| within.is_one);
    let set = server.set(&shape.set)?;
    let writer = RecordWriter::new(set, &shape.select, call.version, shape.format)?;
    let mut rows = outcomes.iter().skip(shape.guards.len()).map(|outcome| match outcome {
        Outcome::Applied { row, .. } | Outcome::StoredWins(row) => Some(row),
        _ => None,
    });
    let (mut members, mut names) = (Vec::new(), shape.select.clone());
    for within in of_one.into_iter().chain(of_many) {
        let target = server.set(&within.set)?;
        let inner = RecordWriter::new(target, &[], call.version, shape.format)?;
        names.push(format!("{}()", within.way));
        members.extend_from_slice(format!(",\"{}\":", within.way).as_bytes());
        let start = members.len();
        for row in rows.by_ref().take(within.records).flatten() {
            members.push(b',');
            let cells = row.cells_of(target, inner.properties());
            inner.append(&mut members, &row.etag(), cells.iter(), |_| {});
        }
        match (within.is_one, members.len() == start) {
            (true, true) => members.extend_from_slice(b"null"),
            (true, false) => drop(members.remove(start)),
            (false, true) => members.extend_from_slice(b"[]"),
            (false, false) => {
                members[start] = b'[';
                members.push(b']');
            }
        }
    }
    let context = context_url(call.base(), &set.name, &names, "/$entity");
    let cells = row.cells_of(set, writer.properties());
    Ok(writer.entity_with(&context, &row.etag(), cells.iter(), |out| out.extend_from_slice(&members)))
}

fn condition_failed(server: &Server, call: &Call, shape: &Shape, row: Option<&Row>) -> WireError {
    let (code, sentence) = match row {
        Some(_) if shape.method == Method::Create => (
            Code::PreconditionFailed,
            "There is a record with this key already. Nothing was changed; it is in \"current\"",
        ),
        Some(_) => (
            Code::PreconditionFailed,
            "The record was changed since. Nothing was changed; the current record is in \"current\"",
        ),
        None => (Code::RecordNotFound, "There is no such record to compare with. Nothing was changed"),
    };
    let error = WireError::new(412, code, sentence);
    let current = row.and_then(|row| {
        let set = server.model.set(&shape.set)?;
        Some(write_entity(&row.to_record(set), &row.etag(), call.version))
    });
    match current {
        Some(current) => error.with_inner(json!({ "current": current })),
        None => error,
    }
}
