//! "Explain this record": its versions, why it waits, what the server answered.
//!
//! Owns: the one sentence. Refuses: knowing what is the case (the store does).

use super::conflicts::conflict_view;
use super::place::read_id;
use super::status::last_sync;
use crate::app::App;
use crate::error::AppError;
use crate::views::{AttemptView, ExplainView};
use tidemark_model::{ConflictKind, State};
use tidemark_store::{Attempt, Explained, Mark};

impl App {
    /// Explains a record of a set that is kept here.
    ///
    /// # Errors
    /// There is no such record on this device, or the offline database cannot be read.
    pub async fn explain(&self, set: &str, id: &str) -> Result<ExplainView, AppError> {
        self.entity_set(set)?;
        let (name, record_id, text) = (set.to_owned(), read_id(id)?, id.to_owned());
        let is_offline = self.inner.background.as_ref().is_some_and(|background| background.is_offline());
        self.with_store(move |store| {
            let Some(explained) = store.explain(&name, record_id)? else {
                return Err(AppError::UnknownRecord { set: name, id: text });
            };
            let model = store.model();
            let must_sign_in = store.account()?.is_none_or(|account| account.signed_out);
            let attempt = |attempt: Attempt| AttemptView {
                at: attempt.at,
                outcome: attempt.outcome.into(),
                message: attempt.message,
            };
            Ok(ExplainView {
                waiting_because: because(&explained, must_sign_in, is_offline),
                state: explained.local.state.as_str().to_owned(),
                mark: explained.local.mark.as_str().to_owned(),
                local: explained.local.to_json(),
                base_etag: explained.base.as_ref().map(|base| base.etag.clone()),
                base: explained.base.map(|base| base.record.to_json()),
                in_flight: explained.in_flight.map(|record| record.to_json()),
                server: explained.server.map(|record| record.to_json()),
                parked_reason: explained.reason,
                conflict: explained.conflict.map(|open| conflict_view(model.as_deref(), open)),
                attempts: explained.attempts.into_iter().map(attempt).collect(),
                last_synced_at: last_sync(store)?,
            })
        })
        .await
    }
}

fn because(explained: &Explained, must_sign_in: bool, is_offline: bool) -> String {
    let local = &explained.local;
    if let Some(open) = &explained.conflict {
        let who =
            open.server.as_ref().and_then(|server| server.record.updated_by.as_deref()).unwrap_or("somebody else");
        return match open.kind {
            ConflictKind::BothEdited => format!("It waits for your decision: you and {who} both changed it."),
            ConflictKind::DeletedOnServer => format!("It waits for your decision: you changed it, {who} deleted it."),
            ConflictKind::EditedOnServer => format!("It waits for your decision: you deleted it, {who} changed it."),
        };
    }
    let what = match local.state {
        State::Add => "It was made here",
        State::Delete => "It was deleted here",
        State::None | State::Update => "It was changed here",
    };
    match local.mark {
        Mark::None => "Nothing waits: it is as the server last had it.".to_owned(),
        Mark::Refused => {
            let reason = explained.reason.as_deref().unwrap_or("no reason was given");
            let reason = reason.trim_end_matches('.');
            format!("The server refuses it ({reason}); it is sent again when you edit it or choose Retry.")
        }
        Mark::Sending => {
            format!("{what} and was sent, and the server's answer has not arrived; it is asked for again.")
        }
        Mark::Waiting | Mark::Conflict if must_sign_in => format!("{what}; it is sent once you have signed in again."),
        Mark::Waiting | Mark::Conflict if is_offline => {
            format!("{what} while the server could not be reached; it is sent when it can.")
        }
        Mark::Waiting | Mark::Conflict => format!("{what} and has not been sent yet; it goes with the next sync."),
    }
}
