//! What the web view may ask for: one handler, which goes through the table of `tidemark-app`.
//!
//! Owns: from Tauri's message to the table and back. Refuses: rules, and whatever has no permission. Each command of the
//! table has one of its own (`build.rs`), and the web view has a command only when `capabilities/main.json` allows it.
//! Few typed commands: no SQL, no path, no shell (FAULTS A8).

mod own;

use own::Own;
use serde_json::Value;
use tauri::ipc::{Invoke, InvokeBody, InvokeError};
use tauri::{Manager, Wry};
use tidemark_app::{App, AppError, COMMANDS, ErrorView, HOST_COMMANDS, dispatch, dispatch_host};

/// Returns the handler of every command in the table.
pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    answer
}

/// Answers a command, or says that there is none of this name.
fn answer(invoke: Invoke<Wry>) -> bool {
    let Invoke { message, resolver, acl } = invoke;
    let name = message.command().to_owned();
    // Tauri looks permissions up before it comes here, as long as `build.rs` names the commands. This asks once more, so that
    // nothing is reached where that was forgotten.
    let is_allowed = acl.is_some_and(|permissions| !permissions.is_empty());
    let is_hosts = HOST_COMMANDS.contains(&name.as_str());
    if !is_allowed || !(is_hosts || COMMANDS.contains(&name.as_str())) {
        return false;
    }
    let window = message.webview_ref().window();
    let Some(app) = window.try_state::<App>().map(|app| app.inner().clone()) else { return false };
    let arguments = match message.payload() {
        InvokeBody::Json(arguments) => arguments.clone(),
        // Bytes are no arguments; the table says so in its own words.
        InvokeBody::Raw(_) => Value::from("bytes"),
    };
    resolver.respond_async(async move {
        let answered = match is_hosts {
            true => dispatch_host(&Own { window, app }, &name, arguments).await,
            false => dispatch(&app, &name, arguments).await,
        };
        answered.map_err(refused)
    });
    true
}

fn refused(error: AppError) -> InvokeError {
    InvokeError::from(ErrorView::from(error))
}
