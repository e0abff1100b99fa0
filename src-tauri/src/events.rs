//! What changed, told to the web view, the tray and the notifications.

use crate::{notify, tray};
use tauri::{AppHandle, Emitter, Manager};
use tidemark_app::{App, AppEvent};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Forwards events until the app ends.
pub(crate) fn forward(handle: AppHandle, mut events: Receiver<AppEvent>) {
    tauri::async_runtime::spawn(async move {
        // Events tell changes; the tray and the notifications start from what is true now.
        tell_status(&handle).await;
        loop {
            match events.recv().await {
                Ok(event) => tell(&handle, event),
                Err(RecvError::Lagged(_)) => {
                    for event in handle.state::<App>().afresh().await {
                        tell(&handle, event);
                    }
                }
                Err(RecvError::Closed) => break,
            }
        }
    });
}

fn tell(handle: &AppHandle, event: AppEvent) {
    if let AppEvent::StatusChanged(status) = &event {
        tray::update(handle, status);
        notify::update(handle, status);
    }
    let Some((name, payload)) = event.told() else { return };
    if let Err(error) = handle.emit(name, payload) {
        tracing::warn!("the window did not hear {name}: {error}");
    }
}

async fn tell_status(handle: &AppHandle) {
    match handle.state::<App>().status().await {
        Ok(status) => tell(handle, AppEvent::StatusChanged(status)),
        Err(error) => tracing::warn!("the status is not known: {error}"),
    }
}
