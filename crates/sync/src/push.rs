//! Push: pending changes to the server, in `$batch` requests.
//!
//! Owns: sending batches, what a batch that is answered or fails as a whole means for the next one. Refuses: parts and
//! their answers (`part`), whose fault a failure is (`blame`), what an answer does to a record (the store settles
//! it). DESIGN section 4, Push.

mod batch_limit;
mod blame;
mod part;

use crate::blocking::blocking;
use crate::error::SyncError;
use crate::ports::transport::Request;
use crate::remote::connection::refused;
use crate::remote::session::{fetch_model, with_json};
use crate::report::{Phase, Progress};
use crate::run::Run;
use batch_limit::BatchLimit;
use blame::{Blame, Next};
use http::Method;
use part::{TOO_LARGE, read_answer, write_part};
use std::collections::{HashMap, HashSet};
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tidemark_model::{EntityModel, Planted, RecordId, is_planted};
use tidemark_odata::{BatchPart, read_batch_answers, write_batch_request};
use tidemark_store::{Answer, Batch, Outgoing, Reply, Tally, Wanted};

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

    /// While a batch is on the wire the answers to the one before are settled and the one after is made ready, in one
    /// transaction: neither the line nor the disk waits for the other.
    async fn push_all(&mut self, limit: &mut BatchLimit, blame: &mut Blame) -> Result<(), SyncError> {
        let Some(mut model) = self.store.model() else { return Ok(()) };
        let mut tries = Tries::default();
        let mut knows_model = false;
        let mut done = 0;
        let mut total = None;
        let mut replies = Vec::new();
        let mut ready = Batch::default();
        loop {
            let batch = match ready.changes.is_empty() {
                true => self.settle_and_next(&mut replies, limit, &tries)?,
                false => std::mem::take(&mut ready),
            };
            if batch.changes.is_empty() {
                return Ok(());
            }
            // Counted once: counting is as long as what waits.
            let total = match total {
                Some(total) => total,
                None => *total.insert(blocking(|| self.store.counts())?.pending),
            };
            self.progress(Progress { phase: Phase::Push, set: None, done, total: Some(total.max(done)) });
            let started_ms = self.connection.monotonic_ms();
            let (sent, tally);
            (sent, ready, tally) =
                self.send_meanwhile(&model, &batch, limit, &tries, &mut replies, knows_model).await?;
            self.tally += tally;
            // At once: the process may be killed before it is through.
            blocking(|| limit.save(self.store))?;
            let Answered { replies: answers, doubts } = match sent {
                Ok(Some(answered)) => answered,
                // What was made ready is in flight as well, and comes again in batches of the new size.
                Ok(None) => {
                    ready = Batch::default();
                    continue;
                }
                Err(error) if error.may_be_the_request() => {
                    ready = Batch::default();
                    let took = self.since(started_ms);
                    match self.batch_failed(error, &batch.changes, limit, blame, took).await? {
                        (Next::Stop, _) => return Ok(()),
                        (Next::Go(pause), is_left) => {
                            tries.left.extend(is_left.then_some(batch.changes[0].id));
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
            tries.count(&batch.changes, &answers, |id| is_in_doubt && doubts.contains(&id));
            done += answers.len() as u64;
            replies = [answers, blame.verdicts(false)].concat();
            if is_in_doubt {
                self.tally += blocking(|| self.store.settle(&std::mem::take(&mut replies)))?;
                knows_model = true;
                fetch_model(&self.connection, self.store).await?;
                let Some(newest) = self.store.model() else { return Ok(()) };
                model = newest;
            }
        }
    }

    /// Settles what was answered, and gathers what is sent next.
    fn settle_and_next(
        &mut self,
        replies: &mut Vec<Reply>,
        limit: &BatchLimit,
        tries: &Tries,
    ) -> Result<Batch, SyncError> {
        let leaves_out = |id| tries.left.contains(&id);
        let wanted = Wanted { records: limit.records, bytes: limit.bytes, leaves_out: &leaves_out };
        let (tally, batch) = blocking(|| self.store.settle_and_next(&std::mem::take(replies), wanted))?;
        self.tally += tally;
        Ok(batch)
    }

    /// Sends a batch; while it is on the wire, settles what was answered before and makes ready what comes after it.
    async fn send_meanwhile(
        &self,
        model: &EntityModel,
        batch: &Batch,
        limit: &mut BatchLimit,
        tries: &Tries,
        replies: &mut Vec<Reply>,
        knows_model: bool,
    ) -> Result<(Result<Option<Answered>, SyncError>, Batch, Tally), SyncError> {
        let (records, bytes) = (limit.records, limit.bytes);
        let mut sending = pin!(self.send_batch(model, &batch.changes, limit, knows_model));
        let begun = poll_fn(|context| Poll::Ready(sending.as_mut().poll(context))).await;
        let (mut tally, mut ready) = (Tally::default(), Batch::default());
        // Where nothing more waits, what the answers leave to be sent is looked for once they are here.
        if batch.is_full {
            let on_its_way: HashSet<RecordId> = batch.changes.iter().map(|outgoing| outgoing.id).collect();
            let leaves_out = |id| tries.left.contains(&id) || on_its_way.contains(&id);
            let wanted = Wanted { records, bytes, leaves_out: &leaves_out };
            (tally, ready) = blocking(|| self.store.settle_and_next(&std::mem::take(replies), wanted))?;
        } else if !replies.is_empty() {
            tally = blocking(|| self.store.settle(&std::mem::take(replies)))?;
        }
        let sent = match begun {
            Poll::Ready(sent) => sent,
            Poll::Pending => sending.await,
        };
        Ok((sent, ready, tally))
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
        if error.is_of_the_server() {
            // It has no room for anybody's change: none of these is to blame, and there is still something to read.
            self.held = Some(error);
            return Ok((Next::Stop, false));
        }
        if !self.answers_others().await? {
            return Err(error);
        }
        let (next, is_left) = match batch {
            [alone] => blame.record_failed(alone, format!("the server could not be given this change: {error}"), took),
            several => {
                if !is_planted(Planted::A8BatchNeverCut) {
                    limit.failed(several.len(), several.iter().map(Outgoing::bytes).sum());
                }
                (blame.batch_failed(took), false)
            }
        };
        self.held = Some(error);
        Ok((next, is_left))
    }

    /// Tells whether a batch gets through that holds nothing but a small read.
    ///
    /// # Errors
    /// What the server says of all requests, such as that it is to be left alone for a while (FAULTS N8).
    async fn answers_others(&self) -> Result<bool, SyncError> {
        let part = BatchPart {
            id: "0".to_owned(),
            method: "GET".to_owned(),
            url: format!("{}/$count", tidemark_model::CACHED_ENTITIES),
            ..BatchPart::default()
        };
        let response = match self.connection.send(self.batch_request(&[part])?).await {
            Err(error) if error.may_be_the_request() => return Ok(false),
            answered => answered?,
        };
        let answers = read_batch_answers(&response.body).unwrap_or_default();
        Ok(response.status == 200 && answers.iter().all(|answer| answer.status < 500))
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
        let parts: Vec<BatchPart> = batch.iter().enumerate().map(|(index, o)| write_part(index, o)).collect();
        let bytes = batch.iter().map(Outgoing::bytes).sum();
        let started_ms = self.connection.monotonic_ms();
        let response = match self.connection.send(self.batch_request(&parts)?).await {
            Ok(response) => response,
            // A proxy's limit is as good as the server's own.
            Err(SyncError::OnTheWay { status: 413 }) if batch.len() > 1 && !is_planted(Planted::A9bLimitOfAProxy) => {
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
        for (place, answer) in answers.iter().enumerate() {
            let named = if is_planted(Planted::X3SettledByPosition) { Some(place) } else { answer.id.parse().ok() };
            let Some((index, outgoing)) = named.and_then(|index| Some((index, batch.get(index)?))) else { continue };
            if answer.status == 401 {
                return Err(SyncError::SignedOut);
            }
            let mut read = read_answer(model, outgoing, answer);
            if is_planted(Planted::X2LastOfAFullBatch) && index + 1 == batch_limit::MOST_RECORDS {
                read.answer = Answer::Done { etag: outgoing.change.if_match().to_owned(), stamp: None };
            }
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

/// How often each record was sent in this cycle, and which are not sent again in it.
#[derive(Default)]
struct Tries {
    of: HashMap<RecordId, u32>,
    left: HashSet<RecordId>,
}

impl Tries {
    /// Counts what was answered to a batch; a record in doubt is sent again although its answer decided nothing.
    fn count(&mut self, batch: &[Outgoing], answers: &[Reply], is_in_doubt: impl Fn(RecordId) -> bool) {
        let mut answered = HashSet::with_capacity(answers.len());
        for reply in answers {
            answered.insert(reply.request_id);
            // A change that was accepted is a step on: the next one of the record is another.
            if matches!(reply.answer, Answer::Done { .. }) {
                continue;
            }
            let count = self.of.entry(reply.id).or_default();
            *count += 1;
            let waits = matches!(reply.answer, Answer::Undecided { .. });
            if *count >= MOST_TRIES || waits && !is_in_doubt(reply.id) {
                self.left.insert(reply.id);
            }
        }
        // What the answer does not name is neither settled nor sent again before the next cycle (FAULTS I18).
        self.left.extend(batch.iter().filter(|o| !answered.contains(&o.request_id)).map(|o| o.id));
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
