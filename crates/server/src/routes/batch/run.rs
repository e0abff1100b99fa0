//! One batch on its way: which parts wait for the database, which have their answer, which failed.

use super::part::{to_call, to_part};
use crate::answer::Answer;
use crate::call::Call;
use crate::change::{Commit, Outcome, Step};
use crate::limits::MAX_BATCH_ANSWER_BYTES;
use crate::routes::entity::{Write, read_write};
use crate::routes::one;
use crate::server::Server;
use crate::write::{Shape, answer_outcome, group_failed, submit};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tidemark_odata::{BatchAnswer, BatchPart, Code, WireError, entity_url};

/// A part that waits for the next transaction.
struct Waiting {
    index: usize,
    call: Call,
    shape: Shape,
}

/// One batch.
pub(super) struct Run<'r> {
    server: &'r Arc<Server>,
    batch: &'r Call,
    parts: Vec<BatchPart>,
    continue_on_error: bool,
    answers: Vec<Option<Answer>>,
    /// Ids of parts and groups that failed.
    failed: HashSet<String>,
    /// Where the records are that parts write, for URLs that refer to them (`$1`).
    targets: HashMap<String, String>,
    waiting: Vec<Waiting>,
    steps: Vec<Step>,
    answer_bytes: usize,
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
            failed: HashSet::new(),
            targets: HashMap::new(),
            waiting: Vec::new(),
            steps: Vec::new(),
            answer_bytes: 0,
            is_stopped: false,
        }
    }

    /// Carries out part after part. Without continue-on-error the answers end with the first failure.
    ///
    /// # Errors
    /// The database failed: nothing of the open transaction was applied.
    pub(super) async fn finish(mut self) -> Result<Vec<BatchAnswer>, WireError> {
        let mut index = 0;
        while index < self.parts.len() && !self.is_stopped {
            let end = self.end_of_group(index);
            if self.parts[index].group.is_some() {
                self.group(index, end).await?;
            } else {
                self.single(index).await?;
            }
            index = end;
        }
        self.flush().await?;
        let answered = self.parts.into_iter().zip(self.answers);
        Ok(answered.filter_map(|(part, answer)| Some(to_part(part.id, part.group, answer?))).collect())
    }

    fn end_of_group(&self, start: usize) -> usize {
        let Some(group) = &self.parts[start].group else { return start + 1 };
        let length = self.parts[start..].iter().take_while(|part| part.group.as_ref() == Some(group)).count();
        start + length
    }

    async fn single(&mut self, index: usize) -> Result<(), WireError> {
        self.wait_for_dependencies(index).await?;
        if self.is_stopped {
            return Ok(());
        }
        match self.read(index) {
            Ok(Read::Write(call, write)) => {
                self.targets.insert(self.parts[index].id.clone(), entity_url(&write.shape.set, write.shape.id));
                self.waiting.push(Waiting { index, call, shape: write.shape });
                self.steps.push(Step(vec![write.change]));
            }
            Ok(Read::Other(call)) => {
                self.flush().await?;
                if !self.is_stopped {
                    let answer = self.answer_other(&call).await;
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

    /// All parts of a group are read before any of them waits: one that cannot be read fails the others.
    async fn group(&mut self, start: usize, end: usize) -> Result<(), WireError> {
        for index in start..end {
            self.wait_for_dependencies(index).await?;
        }
        let mut changes = Vec::new();
        let mut ready = Vec::new();
        let mut errors = HashMap::new();
        for index in start..end {
            match self.read(index) {
                Ok(Read::Write(call, write)) => {
                    self.targets.insert(self.parts[index].id.clone(), entity_url(&write.shape.set, write.shape.id));
                    ready.push(Waiting { index, call, shape: write.shape });
                    changes.push(write.change);
                }
                Ok(Read::Other(_)) => {
                    errors.insert(index, WireError::not_supported("A request that reads, in an atomicity group,"));
                }
                Err(error) => {
                    errors.insert(index, error);
                }
            }
        }
        if errors.is_empty() {
            self.waiting.extend(ready);
            self.steps.push(Step(changes));
            return Ok(());
        }
        if !self.continue_on_error {
            self.flush().await?;
        }
        if !self.is_stopped {
            for index in start..end {
                let error = errors.remove(&index).unwrap_or_else(group_failed);
                self.settle(index, error.into());
            }
        }
        Ok(())
    }

    /// What a part depends on must be settled before it is read.
    async fn wait_for_dependencies(&mut self, index: usize) -> Result<(), WireError> {
        let part = &self.parts[index];
        let own_group = part.group.as_deref();
        let waits = self.waiting.iter().any(|waiting| {
            let other = &self.parts[waiting.index];
            let names = |id: &String| *id == other.id || Some(id) == other.group.as_ref();
            part.depends_on.iter().any(names) || referred(&part.url).is_some_and(|id| id == other.id)
        });
        let inside = own_group.is_some()
            && self.waiting.last().is_some_and(|w| self.parts[w.index].group.as_deref() == own_group);
        if waits && !inside { self.flush().await } else { Ok(()) }
    }

    fn read(&mut self, index: usize) -> Result<Read, WireError> {
        let part = &self.parts[index];
        let refers = referred(&part.url).filter(|id| self.targets.contains_key(*id));
        let failed = |id: &str| self.failed.contains(id);
        if part.depends_on.iter().any(|id| failed(id)) || refers.is_some_and(failed) {
            return Err(WireError::new(424, Code::FailedDependency, "A request that this one depends on failed"));
        }
        if let Some(unknown) = part.depends_on.iter().find(|id| !self.is_known(id, index)) {
            let sentence = format!("dependsOn names {unknown:?}, which is no request or group before this one");
            return Err(WireError::bad_request(sentence));
        }
        let url = match refers.and_then(|id| self.targets.get(id)) {
            Some(target) => part.url.replacen(&part.url[..reference_length(&part.url)], target, 1),
            None => part.url.clone(),
        };
        let call = to_call(self.batch, &mut self.parts[index], &url)?;
        match read_write(self.server, &call) {
            Some(write) => Ok(Read::Write(call, Box::new(write?))),
            None => Ok(Read::Other(call)),
        }
    }

    fn is_known(&self, id: &str, before: usize) -> bool {
        self.parts[..before].iter().any(|part| part.id == id || part.group.as_deref() == Some(id))
    }

    async fn answer_other(&self, call: &Call) -> Answer {
        if self.answer_bytes > MAX_BATCH_ANSWER_BYTES {
            let sentence = "The answers of this batch are too large together. Ask this in another request";
            return WireError::new(413, Code::TooLarge, sentence).into();
        }
        one::answer(self.server, call).await.unwrap_or_else(Answer::from)
    }

    /// Carries out the writes that wait, in one transaction.
    async fn flush(&mut self) -> Result<(), WireError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let commit = Commit {
            caller: self.batch.caller()?.clone(),
            steps: std::mem::take(&mut self.steps),
            stop_on_error: !self.continue_on_error,
        };
        let outcomes = submit(self.server, commit).await?;
        for (waiting, outcome) in std::mem::take(&mut self.waiting).into_iter().zip(outcomes) {
            if outcome == Outcome::NotRun {
                self.is_stopped = true;
                continue;
            }
            let answer = answer_outcome(self.server, &waiting.call, &waiting.shape, outcome);
            self.settle(waiting.index, answer);
        }
        Ok(())
    }

    fn settle(&mut self, index: usize, answer: Answer) {
        if answer.status.is_client_error() || answer.status.is_server_error() {
            self.failed.insert(self.parts[index].id.clone());
            self.failed.extend(self.parts[index].group.clone());
            self.is_stopped |= !self.continue_on_error;
        }
        self.answer_bytes += answer.body.len();
        self.answers[index] = Some(answer);
    }
}

/// Returns the id of the part that a URL begins with (`$1`, `$1/...`), if it does.
fn referred(url: &str) -> Option<&str> {
    let length = reference_length(url);
    (length > 1).then(|| &url[1..length])
}

fn reference_length(url: &str) -> usize {
    if url.starts_with('$') { url.find(['/', '?']).unwrap_or(url.len()) } else { 0 }
}
