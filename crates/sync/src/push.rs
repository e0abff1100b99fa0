//! Push: pending changes to the server, in `$batch` requests.
//!
//! Owns: cutting batches, conditional and repeatable requests, reading the answer of each part, 413 halving. Refuses:
//! what an answer does to a record (the store settles it). DESIGN section 4, Push.

use crate::batch_limit::BatchLimit;
use crate::connection::refused;
use crate::cycle::{Run, blocking};
use crate::error::SyncError;
use crate::push_part::{TOO_LARGE, read_answer, write_part};
use crate::report::{Phase, Progress};
use crate::session::{fetch_model, with_json};
use http::Method;
use std::collections::{HashMap, HashSet};
use tidemark_model::{EntityModel, RecordId};
use tidemark_odata::{BatchPart, read_batch_answers, write_batch_request};
use tidemark_store::{Answer, Outgoing, Reply};

/// How often one record is sent in one cycle: again after a merge or an edit during the push, but not for ever.
const MOST_TRIES: u32 = 4;

impl Run<'_> {
    /// Sends pending changes until none is left that could go now.
    pub(crate) async fn push(&mut self) -> Result<(), SyncError> {
        let Some(mut model) = self.store.model() else { return Ok(()) };
        let mut limit = BatchLimit::load(self.store)?;
        let mut tries: HashMap<RecordId, u32> = HashMap::new();
        let mut tried = HashSet::new();
        let mut knows_model = false;
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
            let Some(Answered { replies, doubts }) = self.send_batch(&model, &batch, &mut limit, knows_model).await?
            else {
                continue;
            };
            // Once in a cycle the model is fetched for what could not be read under it, and that is sent again.
            let is_in_doubt = !knows_model && !doubts.is_empty();
            for reply in &replies {
                let count = tries.entry(reply.id).or_default();
                // A change that was accepted is a step on: the next one of the record is another.
                *count += u32::from(!matches!(reply.answer, Answer::Done { .. }));
                let waits = matches!(reply.answer, Answer::Undecided { .. });
                if *count >= MOST_TRIES || waits && !(is_in_doubt && doubts.contains(&reply.id)) {
                    tried.insert(reply.id);
                }
            }
            let answered: HashSet<RecordId> = replies.iter().map(|r| r.request_id).collect();
            // What the answer does not name is neither settled nor sent again before the next cycle (FAULTS I18).
            tried.extend(batch.iter().filter(|o| !answered.contains(&o.request_id)).map(|o| o.id));
            self.tally += blocking(|| self.store.settle(&replies))?;
            done += replies.len() as u64;
            if is_in_doubt {
                knows_model = true;
                fetch_model(&self.connection, self.store).await?;
                let Some(newest) = self.store.model() else { return Ok(()) };
                model = newest;
            }
        }
    }

    /// Sends one batch; `None` when it was too large and is to be cut smaller.
    async fn send_batch(
        &self,
        model: &EntityModel,
        batch: &[Outgoing],
        limit: &mut BatchLimit,
        knows_model: bool,
    ) -> Result<Option<Answered>, SyncError> {
        let parts: Vec<BatchPart> =
            batch.iter().enumerate().map(|(index, o)| write_part(index, o)).collect::<Result<_, _>>()?;
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
            413 => return Ok(Some(Answered::one(&batch[0], Answer::Refused { reason: TOO_LARGE.into() }))),
            400 | 422 => {
                let reason = refused(&response).to_string();
                return Ok(Some(Answered::one(&batch[0], Answer::Refused { reason })));
            }
            _ => return Err(refused(&response)),
        }
        let answers = read_batch_answers(&response.body).map_err(|e| SyncError::Malformed(e.message))?;
        let mut answered = Answered { replies: Vec::with_capacity(answers.len()), doubts: HashSet::new() };
        for answer in &answers {
            let Some(outgoing) = answer.id.parse::<usize>().ok().and_then(|index| batch.get(index)) else { continue };
            if answer.status == 401 {
                return Err(SyncError::SignedOut);
            }
            let mut read = read_answer(model, outgoing, answer);
            if read.doubts_model {
                answered.doubts.insert(outgoing.id);
            }
            if let (true, false, Answer::Undecided { counts, .. }) = (read.doubts_model, knows_model, &mut read.answer)
            {
                *counts = false;
            }
            answered.replies.push(reply(outgoing, read.answer));
        }
        Ok(Some(answered))
    }
}

/// What a batch was answered.
struct Answered {
    replies: Vec<Reply>,
    /// The records whose answers make this device's model doubtful.
    doubts: HashSet<RecordId>,
}

impl Answered {
    fn one(outgoing: &Outgoing, answer: Answer) -> Self {
        Self { replies: vec![reply(outgoing, answer)], doubts: HashSet::new() }
    }
}

fn reply(outgoing: &Outgoing, answer: Answer) -> Reply {
    Reply { set: outgoing.set.clone(), id: outgoing.id, request_id: outgoing.request_id, answer }
}
