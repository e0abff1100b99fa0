//! `sync`, `sync --watch` and `status`.

use crate::ended::Ended;
use crate::output::{Output, complain};
use crate::words;
use anyhow::bail;
use tidemark_app::{App, AppEvent, CycleOutcome, SyncView, Word};
use tokio::sync::broadcast::error::RecvError;

/// Runs one cycle. Its figures are printed whatever it came to.
pub(crate) async fn once(app: &App, out: Output) -> anyhow::Result<Ended> {
    let cycle = app.sync_now().await?;
    let ended = match cycle.outcome {
        Word::Known(CycleOutcome::Synced) => Ended::Done,
        Word::Known(CycleOutcome::Offline) => Ended::Offline,
        _ => Ended::Failed,
    };
    print(&cycle, out)?;
    Ok(ended)
}

/// Runs cycles in the background until interrupted; each one that ends prints its figures, with `--json` one document
/// a line.
pub(crate) async fn watch(app: &App, out: Output) -> anyhow::Result<Ended> {
    let mut events = app.subscribe();
    if !app.session().await?.signed_in {
        bail!("nobody has signed in on this device yet; sign in once while the server can be reached");
    }
    let stop = stopped();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => return Ok(Ended::Done),
            event = events.recv() => match event {
                Ok(AppEvent::CycleEnded(cycle)) => print(&cycle, out)?,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(Ended::Done),
            },
        }
    }
}

fn print(cycle: &SyncView, out: Output) -> anyhow::Result<()> {
    let is_well = cycle.outcome == CycleOutcome::Synced;
    if out.json || is_well {
        out.print(cycle, || words::sync(cycle))?;
    }
    if !is_well {
        complain(cycle.error.as_deref().unwrap_or("the sync did not end well"));
    }
    Ok(())
}

/// Ends when the process is asked to end, from the keyboard or by the system.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                biased;
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

pub(crate) async fn status(app: &App, out: Output) -> anyhow::Result<Ended> {
    let status = app.status().await?;
    out.print(&status, || words::status(&status))?;
    Ok(Ended::Done)
}
