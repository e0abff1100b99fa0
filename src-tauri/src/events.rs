//! What changed, told to the web view, the tray and the notifications.

use crate::{notify, tray};
use serde::Serialize;
use tauri::{AppHandle, Emitter, Manager};
use tidemark_app::{App, AppEvent, RecordsChanged};
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
                Err(RecvError::Lagged(_)) => tell_everything(&handle).await,
                Err(RecvError::Closed) => break,
            }
        }
    });
}

fn tell(handle: &AppHandle, event: AppEvent) {
    match event {
        AppEvent::RecordsChanged(changed) => emit(handle, "records-changed", changed),
        AppEvent::StatusChanged(status) => {
            tray::update(handle, &status);
            notify::update(handle, &status);
            emit(handle, "status-changed", status);
        }
        AppEvent::EntitiesChanged => emit(handle, "entities-changed", ()),
        AppEvent::SessionChanged => emit(handle, "session-changed", ()),
        // What a cycle did is in the records and in the status line; Activity is read when it is looked at.
        AppEvent::CycleEnded(_) => {}
    }
}

/// Has everything read afresh after events were lost.
async fn tell_everything(handle: &AppHandle) {
    let app = handle.state::<App>();
    let sets = app.model().await.map(|model| model.sets).unwrap_or_default();
    for set in sets {
        tell(handle, AppEvent::RecordsChanged(RecordsChanged { set: set.name, ids: None }));
    }
    tell(handle, AppEvent::EntitiesChanged);
    tell(handle, AppEvent::SessionChanged);
    tell_status(handle).await;
}

async fn tell_status(handle: &AppHandle) {
    match handle.state::<App>().status().await {
        Ok(status) => tell(handle, AppEvent::StatusChanged(status)),
        Err(error) => tracing::warn!("the status is not known: {error}"),
    }
}

fn emit(handle: &AppHandle, name: &str, payload: impl Serialize + Clone) {
    if let Err(error) = handle.emit(name, payload) {
        tracing::warn!("the window did not hear {name}: {error}");
    }
}
