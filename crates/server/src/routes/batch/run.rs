//! One batch on its way: which parts wait for the database, which have their answer.
//!
//! Owns: order, atomicity groups and continue-on-error. Refuses: what a part says of others (`refer`), and formats (`render`).

use super::part::to_call;
use super::refer::{Known, names};
use crate::answer::Answer;
use crate::call::Call;
use crate::change::{Change, Commit, Outcome, Step};
use crate::limits::{MAX_BATCH_ANSWER_BYTES, MAX_BATCH_CHANGES};
use crate::routes::entity::{Write, read_write};
use crate::routes::one;
use crate::server::Server;
use crate::write::{Shape, answer_outcomes, group_failed, submit};
use http::Method;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use tidemark_odata::{BatchPart, Code, Resource, WireError, entity_url};

/// A part that waits for the next transaction.
struct Waiting {
    index: usize,
    call: Call,
    shape: Shape,
}

/// A part that has its answer.
pub(super) struct Settled {
    /// The part's id.
    pub(super) id: String,
    /// Its atomicity group or change set.
    pub(super) group: Option<String>,
    /// The answer.
    pub(super) answer: Answer,
}

/// One batch.
pub(super) struct Run<'r> {
    server: &'r Arc<Server>,
    batch: &'r Call,
    parts: Vec<BatchPart>,
    continue_on_error: bool,
    answers: Vec<Option<Answer>>,
    known: Known,
    waiting: Vec<Waiting>,
    steps: Vec<Step>,
    answer_bytes: usize,
    /// How many records the requests so far change.
    changes: usize,
    is_stopped: bool,
}

/// A part, read.
enum Read {
    Write(Call, Box<Write>),
    Other(Call),
}

impl<'r> Run<'r> {
    /// Makes ready.
    pub(super) fn new(
        server: &'r Arc<Server>,
        batch: &'r Call,
        parts: Vec<BatchPart>,
        continue_on_error: bool,
    ) -> Self {
        let answers = parts.iter().map(|_| None).collect();
        Self {
            server,
            batch,
            parts,
            continue_on_error,
            answers,
            known: Known::default(),
            waiting: Vec::new(),
            steps: Vec::new(),
            answer_bytes: 0,
            changes: 0,
            is_stopped: false,
        }
    }

    /// Carries out part after part. Without continue-on-error the answers end with the first failure.
    ///
    /// # Errors
    /// The database failed: nothing of the open transaction was applied.
    pub(super) async fn finish(mut self) -> Result<Vec<Settled>, WireError> {
        let mut index = 0;
        while index < self.parts.len() && !self.is_stopped {
            let end = self.end_of_group(index);
            if self.parts[index].group.is_some() {
                self.group(index..end).await?;
            } else {
                self.single(index).await?;
            }
            index = end;
        }
        self.flush().await?;
        let answered = self.parts.into_iter().zip(self.answers);
        Ok(answered
            .filter_map(|(part, answer)| Some(Settled { id: part.id, group: part.group, answer: answer? }))
            .collect())
    }

    fn end_of_group(&self, start: usize) -> usize {
        let Some(group) = &self.parts[start].group else { return start + 1 };
        let length = self.parts[start..].iter().take_while(|part| part.group.as_ref() == Some(group)).count();
        start + length
    }

    async fn single(&mut self, index: usize) -> Result<(), WireError> {
        self.settle_what_is_named(index..index + 1).await?;
        if self.is_stopped {
            return Ok(());
        }
        match self.read(index) {
            Ok(Read::Write(call, write)) => {
                let changes = self.will_write(index, call, *write);
                self.steps.push(Step(changes));
            }
            Ok(Read::Other(call)) => {
                self.flush().await?;
                if !self.is_stopped {
                    let answer = self.answer_other(index, &call).await;
                    if let Resource::Entity { set, id } = &call.resource {
                        self.known.names_record(&self.parts[index], entity_url(set, *id));
                    }
                    self.settle(index, answer);
                }
            }
            Err(error) => {
                if !self.continue_on_error {
                    self.flush().await?;
                }
                if !self.is_stopped {
                    self.settle(index, error.into());
                }
            }
        }
        Ok(())
    }

    /// All parts of a group are read before any of them waits: one that cannot be read fails the others. What asks is asked
    /// before anything is written, so that its failure fails the group too; a service may choose the order of a group
    /// (OData JSON 4.01 section 19.4).
    async fn group(&mut self, group: Range<usize>) -> Result<(), WireError> {
        self.settle_what_is_named(group.clone()).await?;
        if self.is_stopped {
            return Ok(());
        }
        let mut errors: HashMap<usize, Answer> = HashMap::new();
        let (mut writes, mut reads) = (Vec::new(), Vec::new());
        for index in group.clone() {
            match self.read(index) {
                Ok(Read::Write(call, write)) => {
                    // Others of the group may refer to it.
                    self.known.names_record(&self.parts[index], entity_url(&write.shape.set, write.shape.id));
                    writes.push((index, call, write));
                }
                Ok(Read::Other(call)) => match self.depends_on_write(index, &writes) {
                    true => drop(errors.insert(index, depends_on_own_group().into())),
                    false => reads.push((index, call)),
                },
                Err(error) => drop(errors.insert(index, error.into())),
            }
        }
        let mut answers = Vec::new();
        if errors.is_empty() && !reads.is_empty() {
            self.flush().await?;
            if self.is_stopped {
                return Ok(());
            }
            for (index, call) in reads {
                let answer = self.answer_other(index, &call).await;
                match answer.status.is_client_error() || answer.status.is_server_error() {
                    true => drop(errors.insert(index, answer)),
                    false => answers.push((index, answer)),
                }
            }
        }
        if !errors.is_empty() {
            return self.fail_group(group, errors).await;
        }
        let changes: Vec<_> =
            writes.into_iter().flat_map(|(index, call, write)| self.will_write(index, call, *write)).collect();
        if !changes.is_empty() {
            self.steps.push(Step(changes));
        }
        if !answers.is_empty() {
            // They stand, or fall, with what the group writes.
            self.flush().await?;
            let name = self.parts[group.start].group.clone().unwrap_or_default();
            let has_failed = self.known.has_failed(&name);
            for (index, answer) in answers {
                self.settle(index, if has_failed { group_failed().into() } else { answer });
            }
        }
        Ok(())
    }

    async fn fail_group(&mut self, group: Range<usize>, mut errors: HashMap<usize, Answer>) -> Result<(), WireError> {
        if !self.continue_on_error {
            self.flush().await?;
        }
        if !self.is_stopped {
            for index in group {
                let answer = errors.remove(&index).unwrap_or_else(|| group_failed().into());
                self.settle(index, answer);
            }
        }
        Ok(())
    }

    fn depends_on_write(&self, index: usize, writes: &[(usize, Call, Box<Write>)]) -> bool {
        names(&self.parts[index]).any(|id| writes.iter().any(|(write, ..)| self.parts[*write].id == id))
    }

    fn will_write(&mut self, index: usize, call: Call, write: Write) -> Vec<Change> {
        let (changes, shape) = write.into_step();
        self.known.writes(&self.parts[index], entity_url(&shape.set, shape.id));
        self.waiting.push(Waiting { index, call, shape });
        changes
    }

    /// What is named by a part must have its answer before the part is read.
    async fn settle_what_is_named(&mut self, mut parts: Range<usize>) -> Result<(), WireError> {
        if parts.any(|index| self.known.must_wait(&self.parts[index])) { self.flush().await } else { Ok(()) }
    }

    fn read(&mut self, index: usize) -> Result<Read, WireError> {
        let part = &mut self.parts[index];
        if let Some(problem) = part.problem.take() {
            return Err(problem);
        }
        self.known.check(part)?;
        self.known.put_etags(part)?;
        let url = self.known.url(&part.url);
        let named = self.known.bound(part);
        let call = to_call(self.batch, part, &url, named)?;
        let Some(write) = read_write(self.server, &call) else { return Ok(Read::Other(call)) };
        let write = write?;
        self.changes += write.shape.changes();
        if self.changes > MAX_BATCH_CHANGES {
            let sentence = format!("A batch changes at most {MAX_BATCH_CHANGES} records. Send the rest in another one");
            return Err(WireError::new(413, Code::TooLarge, sentence));
        }
        Ok(Read::Write(call, Box::new(write)))
    }

    /// What is read counts as soon as it is in memory, also where a group keeps it back until its writes stand.
    async fn answer_other(&mut self, index: usize, call: &Call) -> Answer {
        if self.answer_bytes > MAX_BATCH_ANSWER_BYTES {
            let sentence = "The answers of this batch are too large together. Ask this in another request";
            return WireError::new(413, Code::TooLarge, sentence).into();
        }
        let mut answer = one::answer(self.server, call).await.unwrap_or_else(Answer::from);
        if self.parts[index].method == Method::HEAD.as_str() {
            answer.body.clear();
        }
        self.answer_bytes += answer.body.len();
        answer
    }

    /// Carries out the writes that wait, in one transaction.
    async fn flush(&mut self) -> Result<(), WireError> {
        self.known.flushed();
        if self.waiting.is_empty() {
            return Ok(());
        }
        let commit = Commit {
            caller: self.batch.caller()?.clone(),
            steps: std::mem::take(&mut self.steps),
            stop_on_error: !self.continue_on_error,
        };
        let mut outcomes = submit(self.server, commit).await?.into_iter();
        for waiting in std::mem::take(&mut self.waiting) {
            let own: Vec<Outcome> = outcomes.by_ref().take(waiting.shape.changes()).collect();
            if own.contains(&Outcome::NotRun) {
                self.is_stopped = true;
                continue;
            }
            let answer = answer_outcomes(self.server, &waiting.call, &waiting.shape, own);
            self.answer_bytes += answer.body.len();
            self.settle(waiting.index, answer);
        }
        Ok(())
    }

    fn settle(&mut self, index: usize, answer: Answer) {
        let has_failed = answer.status.is_client_error() || answer.status.is_server_error();
        self.is_stopped |= has_failed && !self.continue_on_error;
        self.known.answered(&self.parts[index], &answer);
        self.answers[index] = Some(answer);
    }
}

fn depends_on_own_group() -> WireError {
    let sentence = "A request that reads cannot depend on one that writes in the same atomicity group: what it would show is \
        not there before the whole group is. Ask it after the group";
    WireError::new(400, Code::InvalidBatch, sentence)
}
