//! Hearing from the other processes on the database that a workspace moved, or that another model is served.
//!
//! Owns: a connection of its own that listens, connects again when it breaks, and then reads where the workspaces
//! stand, since what was said meanwhile is lost. Refuses: being relied on: a client that hears nothing asks every 60 s.

use super::connect::{Address, Connection};
use super::error::storage_error;
use super::wall::SERVED_LOCK;
use crate::machine;
use crate::storage::Result;
use crate::storage::notices::Notices;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio_postgres::AsyncMessage;

/// The channel on which it is told that a workspace moved: its number and where it stands.
pub(super) const MOVED: &str = "tidemark_moved";
/// The channel on which it is told that another model is served: its number.
pub(super) const REMODELLED: &str = "tidemark_model";
/// How long is waited between two attempts to connect: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Starts to listen; aborting it ends that. `opened` is held until that stands: it says meanwhile that the database is
/// served.
pub(super) fn start(address: Address, notices: Arc<Notices>, opened: Connection) -> AbortHandle {
    tokio::spawn(async move {
        let mut opened = Some(opened);
        let mut pause = FIRST_PAUSE;
        loop {
            match listen(&address, &notices).await {
                Ok(mut connection) => {
                    pause = FIRST_PAUSE;
                    drop(opened.take());
                    connection.broken().await;
                    tracing::info!("the connection that hears of changes broke; it is made again");
                }
                Err(error) => tracing::warn!(%error, "notices of other processes are not heard for now"),
            }
            machine::pause(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    })
    .abort_handle()
}

async fn listen(address: &Address, notices: &Arc<Notices>) -> Result<Connection> {
    let heard = Arc::clone(notices);
    let connection = address
        .connect_hearing(move |message| {
            if let AsyncMessage::Notification(notification) = message {
                hear(&heard, notification.channel(), notification.payload());
            }
        })
        .await?;
    let about = |error: tokio_postgres::Error| storage_error(&error, false);
    connection.client.batch_execute(&format!("LISTEN {MOVED}; LISTEN {REMODELLED}")).await.map_err(about)?;
    // For as long as this connection stands: others see by it that the database is served.
    let serve = format!("SELECT pg_advisory_lock_shared({SERVED_LOCK})");
    connection.client.batch_execute(&serve).await.map_err(about)?;
    // What moved before the first LISTEN, or while nobody listened.
    let listened = notices.listened();
    let rows = connection.client.query("SELECT no, sequence FROM workspace WHERE no = ANY($1)", &[&listened]).await;
    for row in rows.map_err(about)? {
        let (workspace_no, sequence): (i64, i64) = (row.get(0), row.get(1));
        notices.moved(workspace_no, u64::try_from(sequence).unwrap_or_default());
    }
    let newest = connection.client.query_one("SELECT coalesce(max(no), 0) FROM model", &[]).await.map_err(about)?;
    notices.remodelled(newest.get(0));
    Ok(connection)
}

fn hear(notices: &Notices, channel: &str, payload: &str) {
    if channel == REMODELLED {
        if let Ok(no) = payload.parse() {
            notices.remodelled(no);
        }
    } else if let Some((workspace_no, sequence)) = payload.split_once(' ')
        && let (Ok(workspace_no), Ok(sequence)) = (workspace_no.parse(), sequence.parse())
    {
        notices.moved(workspace_no, sequence);
    }
}
