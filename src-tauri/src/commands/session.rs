//! Who is signed in.

use super::Answer;
use tauri::{State, command};
use tidemark_app::{App, SessionView};

#[command]
pub(crate) async fn session(app: State<'_, App>) -> Answer<SessionView> {
    Ok(app.session().await?)
}

#[command]
pub(crate) async fn sign_in(
    app: State<'_, App>,
    server: String,
    name: String,
    password: String,
) -> Answer<SessionView> {
    Ok(app.sign_in(&server, &name, &password).await?)
}

#[command]
pub(crate) async fn sign_out(app: State<'_, App>, discard: bool) -> Answer<SessionView> {
    Ok(app.sign_out(discard).await?)
}
