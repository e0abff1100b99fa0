//! The server's live notice: it says that the workspace moved, so that an online client pulls at once.
//!
//! Owns: keeping the stream open while there is an account. Refuses: pulling; it only wakes the worker.

use crate::engine::Engine;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// How long to wait before the stream is opened again; the 60 s timer bridges the gap.
const REOPEN_AFTER: Duration = Duration::from_secs(5);

/// Listens for as long as the task lives, and wakes `moved` for each notice.
pub(crate) async fn listen(engine: Engine, moved: Arc<Notify>) {
    loop {
        let account = engine.store.account().ok().flatten().filter(|account| !account.signed_out);
        // A server that asks to wait is not asked for notices either.
        if let (Some(account), None) = (account, engine.hold_off()) {
            let connection = engine.remote.for_account(&account);
            let wake = || moved.notify_one();
            let ended = connection.listen(&|_| wake()).await;
            tracing::trace!(?ended, "the notice stream ended");
        }
        engine.ports().timer.sleep(REOPEN_AFTER).await;
    }
}
