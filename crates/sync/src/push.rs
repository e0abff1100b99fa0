//! Push: pending changes to the server, in `$batch` requests.
//!
//! Owns: sending batches, what a batch that is answered or fails as a whole means for the next one. Refuses: parts and
//! their answers (`push_part`), whose fault a failure is (`blame`), what an answer does to a record (the store settles
//! it). DESIGN section 4, Push.

use crate::batch_limit::BatchLimit;
use crate::blame::{Blame, Next};
use crate::blocking::blocking;
use crate::connection::refused;
use crate::error::SyncError;
use crate::push_part::{TOO_LARGE, read_answer, write_part};
use crate::report::{Phase, Progress};
use crate::run::Run;
use crate::session::{fetch_model, with_json};
use crate::transport::Request;
use http::Method;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tidemark_model::{EntityModel, RecordId};
use tidemark_odata::{BatchPart, read_batch_answers, write_batch_request};
use tidemark_store::{Answer, Outgoing, Reply};

/// How often one record is sent in one cycle: again after a merge or an edit during the push, but not for ever.
const MOST_TRIES: u32 = 4;

impl Run<'_> {
    /// Sends pending changes until none is left that could go now. What a batch alone fails with does not end the
    /// cycle: it is told at its end (`Run::held`), and the pull goes on.
    pub(crate) async fn push(&mut self) -> Result<(), SyncError> {
        // Where the time is known by now, what was stamped by a wrong clock is stamped anew before it is sent.
        self.learn_clock()?;
        let mut limit = BatchLimit::load(self.store)?;
        let mut blame = Blame::default();
        let pushed = self.push_all(&mut limit, &mut blame).await;
        // What was learned is kept however it ended.
        blocking(|| limit.save(self.store))?;
        pushed?;
        self.tally += blocking(|| self.store.settle(&blame.verdicts(true)))?;
        Ok(())
    }

    async fn push_all(&mut self, limit: &mut BatchLimit, blame: &mut Blame) -> Result<(), SyncError> {
        let Some(mut model) = self.store.model() else { return Ok(()) };
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
            let started_ms = self.connection.monotonic_ms();
            let sent = self.send_batch(&model, &batch, limit, knows_model).await;
            // At once: the process may be killed before it is through.
            blocking(|| limit.save(self.store))?;
            let Answered { replies, doubts } = match sent {
                Ok(Some(answered)) => answered,
                Ok(None) => continue,
                Err(error) if error.may_be_the_request() => {
                    let took = self.since(started_ms);
                    match self.batch_failed(error, &batch, limit, blame, took).await? {
                        (Next::Stop, _) => return Ok(()),
                        (Next::Go(pause), is_left) => {
                            tried.extend(is_left.then_some(batch[0].id));
                            self.engine.ports().timer.sleep(pause).await;
                            continue;
                        }
                    }
                }
                Err(error) => return Err(error),
            };
            self.held = None;
            blame.went_through();
            self.learn_clock()?;
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
            done += replies.len() as u64;
            let verdicts = blame.verdicts(false);
            self.tally += blocking(|| self.store.settle(&[replies, verdicts].concat()))?;
            if is_in_doubt {
                knows_model = true;
                fetch_model(&self.connection, self.store).await?;
                let Some(newest) = self.store.model() else { return Ok(()) };
                model = newest;
            }
        }
    }

    fn since(&self, started_ms: u64) -> Duration {
        Duration::from_millis(self.connection.monotonic_ms().saturating_sub(started_ms))
    }

    /// A batch failed as a whole: where other requests fail as well, that ends the cycle; else it is something in the
    /// batch, which is cut until the one at fault stands alone. Tells what comes next, and whether the batch, which is
    /// then one record, is left for now.
    async fn batch_failed(
        &mut self,
        error: SyncError,
        batch: &[Outgoing],
        limit: &mut BatchLimit,
        blame: &mut Blame,
        took: Duration,
    ) -> Result<(Next, bool), SyncError> {
        if !self.answers_others().await {
            return Err(error);
        }
        let (next, is_left) = match batch {
            [alone] => blame.record_failed(alone, format!("the server could not be given this change: {error}"), took),
            several => {
                limit.failed(several.len(), several.iter().map(|outgoing| outgoing.bytes).sum());
                (blame.batch_failed(took), false)
            }
        };
        self.held = Some(error);
        Ok((next, is_left))
    }

    /// Tells whether a batch gets through that holds nothing but a small read.
    async fn answers_others(&self) -> bool {
        let part = BatchPart {
            id: "0".to_owned(),
            method: "GET".to_owned(),
            url: format!("{}/$count", tidemark_model::CACHED_ENTITIES),
            headers: Vec::new(),
            body: None,
            group: None,
            depends_on: Vec::new(),
        };
        let Ok(request) = self.batch_request(&[part]) else { return false };
        let Ok(response) = self.connection.send(request).await else { return false };
        let answers = read_batch_answers(&response.body).unwrap_or_default();
        response.status == 200 && answers.iter().all(|answer| answer.status < 500)
    }

    fn batch_request(&self, parts: &[BatchPart]) -> Result<Request, SyncError> {
        let mut request = self.connection.odata(Method::POST, "$batch")?;
        request.headers.push(("prefer", "odata.continue-on-error".into()));
        let body = String::from_utf8(write_batch_request(parts)).map_err(|e| SyncError::Malformed(e.to_string()))?;
        with_json(&mut request, body);
        Ok(request)
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
        let bytes = batch.iter().map(|outgoing| outgoing.bytes).sum();
        let started_ms = self.connection.monotonic_ms();
        let response = match self.connection.send(self.batch_request(&parts)?).await {
            Ok(response) => response,
            // A proxy's limit is as good as the server's own.
            Err(SyncError::OnTheWay { status: 413 }) if batch.len() > 1 => {
                limit.too_large(batch.len(), bytes);
                return Ok(None);
            }
            Err(SyncError::OnTheWay { status: 413 }) => return Ok(Some(Answered::one(&batch[0], too_large()))),
            Err(error) => return Err(error),
        };
        match response.status {
            200 => {}
            // Too large, or refused as a whole for something in it: cut it until the one at fault stands alone.
            413 | 400 | 422 if batch.len() > 1 => {
                limit.too_large(batch.len(), bytes);
                return Ok(None);
            }
            413 => return Ok(Some(Answered::one(&batch[0], too_large()))),
            400 | 422 => {
                let reason = refused(&response).to_string();
                return Ok(Some(Answered::one(&batch[0], Answer::Refused { reason })));
            }
            _ => return Err(refused(&response)),
        }
        let answers = read_batch_answers(&response.body).map_err(|e| SyncError::Malformed(e.message))?;
        limit.went_through(batch.len(), bytes, self.since(started_ms));
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

fn too_large() -> Answer {
    Answer::Refused { reason: TOO_LARGE.into() }
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
