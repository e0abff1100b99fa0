//! Push: pending changes to the server, in `$batch` requests.
//!
//! Owns: cutting batches, conditional and repeatable requests, reading the answer of each part, 413 halving. Refuses:
//! what an answer does to a record (the store settles it). DESIGN section 4, Push.

use crate::batch_limit::BatchLimit;
use crate::connection::{refused, refused_part};
use crate::cycle::{Run, blocking};
use crate::error::SyncError;
use crate::report::{Phase, Progress};
use crate::session::with_json;
use http::Method;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use tidemark_model::{EntityModel, RecordId};
use tidemark_odata::{
    BatchAnswer, BatchPart, entity_url, http_date, read_batch_answers, read_entity, write_batch_request,
};
use tidemark_store::{Answer, Outgoing, OutgoingChange, Reply};

/// How often one record is sent in one cycle: again after a merge or an edit during the push, but not for ever.
const MOST_TRIES: u32 = 4;

impl Run<'_> {
    /// Sends pending changes until none is left that could go now.
    pub(crate) async fn push(&mut self) -> Result<(), SyncError> {
        let Some(model) = self.store.model() else { return Ok(()) };
        let mut limit = BatchLimit::load(self.store)?;
        let mut tries: HashMap<RecordId, u32> = HashMap::new();
        let mut tried = HashSet::new();
        let mut done = 0;
        let mut total = None;
        loop {
            let batch = blocking(|| self.store.next_batch(limit.records, limit.bytes, &tried))?;
            if batch.is_empty() {
                return Ok(());
            }
            // Counted once: counting is as long as what waits.
            let total = match total {
                Some(total) => total,
                None => *total.insert(blocking(|| self.store.counts())?.pending),
            };
            self.progress(Progress { phase: Phase::Push, set: None, done, total: Some(total.max(done)) });
            let Some(replies) = self.send_batch(&model, &batch, &mut limit).await? else { continue };
            for reply in &replies {
                let count = tries.entry(reply.id).or_default();
                // A change that was accepted is a step on: the next one of the record is another.
                *count += u32::from(!matches!(reply.answer, Answer::Done { .. }));
                if *count >= MOST_TRIES || reply.answer == Answer::Retry {
                    tried.insert(reply.id);
                }
            }
            let answered: HashSet<RecordId> = replies.iter().map(|r| r.request_id).collect();
            // What the answer does not name is neither settled nor sent again before the next cycle (FAULTS I18).
            tried.extend(batch.iter().filter(|o| !answered.contains(&o.request_id)).map(|o| o.id));
            self.tally += blocking(|| self.store.settle(&replies))?;
            done += replies.len() as u64;
        }
    }

    /// Sends one batch; `None` when it was too large and is to be cut smaller.
    async fn send_batch(
        &self,
        model: &EntityModel,
        batch: &[Outgoing],
        limit: &mut BatchLimit,
    ) -> Result<Option<Vec<Reply>>, SyncError> {
        let parts: Vec<BatchPart> =
            batch.iter().enumerate().map(|(index, o)| part(index, o)).collect::<Result<_, _>>()?;
        let mut request = self.connection.odata(Method::POST, "$batch")?;
        request.headers.push(("prefer", "odata.continue-on-error".into()));
        let body = String::from_utf8(write_batch_request(&parts)).map_err(|e| SyncError::Malformed(e.to_string()))?;
        with_json(&mut request, body);
        let response = self.connection.send(request).await?;
        match response.status {
            200 => {}
            // Too large, or refused as a whole for something in it: cut it until the one at fault stands alone.
            413 | 400 | 422 if batch.len() > 1 => {
                blocking(|| limit.halve(batch.len(), self.store))?;
                return Ok(None);
            }
            413 => return Ok(Some(vec![reply(&batch[0], Answer::Refused { reason: TOO_LARGE.into() })])),
            400 | 422 => {
                let reason = refused(&response).to_string();
                return Ok(Some(vec![reply(&batch[0], Answer::Refused { reason })]));
            }
            _ => return Err(refused(&response)),
        }
        let answers = read_batch_answers(&response.body).map_err(|e| SyncError::Malformed(e.message))?;
        let mut replies = Vec::with_capacity(answers.len());
        for answer in &answers {
            let Some(outgoing) = answer.id.parse::<usize>().ok().and_then(|index| batch.get(index)) else { continue };
            if answer.status == 401 {
                return Err(SyncError::SignedOut);
            }
            replies.push(reply(outgoing, read_answer(model, outgoing, answer)));
        }
        Ok(Some(replies))
    }
}

const TOO_LARGE: &str = "the record is larger than the server accepts; shorten its text, then it is sent again";

fn reply(outgoing: &Outgoing, answer: Answer) -> Reply {
    Reply { set: outgoing.set.clone(), id: outgoing.id, request_id: outgoing.request_id, answer }
}

/// Writes one change as a part: conditional on what this device last saw, and repeatable (OASIS Repeatable Requests).
fn part(index: usize, outgoing: &Outgoing) -> Result<BatchPart, SyncError> {
    let entity = || entity_url(&outgoing.set, outgoing.id);
    let (method, url, condition, body) = match &outgoing.change {
        OutgoingChange::Add { body } => ("POST", outgoing.set.clone(), ("if-none-match", "*"), Some(body)),
        OutgoingChange::Update { body, if_match } => ("PATCH", entity(), ("if-match", if_match.as_str()), Some(body)),
        OutgoingChange::Restore { body, if_match } => ("PUT", entity(), ("if-match", if_match.as_str()), Some(body)),
        OutgoingChange::Delete { if_match } => ("DELETE", entity(), ("if-match", if_match.as_str()), None),
    };
    let mut headers = vec![
        (condition.0.to_owned(), condition.1.to_owned()),
        ("repeatability-request-id".to_owned(), outgoing.request_id.to_string()),
        ("repeatability-first-sent".to_owned(), http_date(outgoing.first_sent_ms)),
        ("prefer".to_owned(), "return=minimal".to_owned()),
    ];
    let mut raw = None;
    if let Some(body) = body {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        let text = serde_json::to_string(body).map_err(|e| SyncError::Malformed(e.to_string()))?;
        raw = Some(RawValue::from_string(text).map_err(|e| SyncError::Malformed(e.to_string()))?);
    }
    Ok(BatchPart {
        id: index.to_string(),
        method: method.to_owned(),
        url,
        headers,
        body: raw,
        group: None,
        depends_on: Vec::new(),
    })
}

fn read_answer(model: &EntityModel, outgoing: &Outgoing, answer: &BatchAnswer) -> Answer {
    let body = answer.body.as_ref().map_or(&b""[..], |raw| raw.get().as_bytes());
    let is_delete = matches!(outgoing.change, OutgoingChange::Delete { .. });
    match answer.status {
        200..=299 => match etag_of(answer, body) {
            Some(etag) => Answer::Done { etag },
            None if is_delete => Answer::Gone,
            // Without an ETag nothing later could be conditional; the repeat asks for it again.
            None => Answer::Retry,
        },
        404 | 410 if is_delete => Answer::Gone,
        404 | 410 if is_unknown_set(body) => refusal(answer.status, body),
        404 | 410 => Answer::Stale { current: None },
        412 => Answer::Stale { current: current_of(model, outgoing, body) },
        408 | 424 | 425 | 429 | 500..=599 => Answer::Retry,
        413 => Answer::Refused { reason: TOO_LARGE.into() },
        status => refusal(status, body),
    }
}

fn refusal(status: u16, body: &[u8]) -> Answer {
    let reason = match refused_part(status, body) {
        SyncError::Refused { message, .. } => message,
        other => other.to_string(),
    };
    Answer::Refused { reason }
}

/// An entity set that the server no longer has is no deletion of its records (FAULTS S4).
fn is_unknown_set(body: &[u8]) -> bool {
    let error: Option<Value> = serde_json::from_slice(body).ok();
    error.is_some_and(|e| e["error"]["code"] == "UnknownEntitySet" || e["error"]["code"] == "UnknownResource")
}

fn etag_of(answer: &BatchAnswer, body: &[u8]) -> Option<String> {
    let header = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("etag"));
    header.map(|(_, value)| value.clone()).or_else(|| {
        let entity: Value = serde_json::from_slice(body).ok()?;
        entity.get("@etag").or_else(|| entity.get("@odata.etag"))?.as_str().map(str::to_owned)
    })
}

/// Reads the server's current record out of a 412.
fn current_of(model: &EntityModel, outgoing: &Outgoing, body: &[u8]) -> Option<tidemark_model::Versioned> {
    let error: Value = serde_json::from_slice(body).ok()?;
    let current = error.get("error")?.get("innererror")?.get("current")?.as_object()?;
    read_entity(current, model.set(&outgoing.set)?).ok()
}
