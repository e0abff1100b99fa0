//! Running a command: open the data dir, ask the app, print.
//!
//! Owns: which command asks what. Refuses: rules and wording.

mod conflicts;
mod history;
mod parked;
mod records;
mod session;
mod sync;

use crate::args::{Args, Choice, Command, word_of};
use crate::ended::Ended;
use crate::output::{Output, complain};
use crate::words;
use anyhow::Context as _;
use serde_json::json;
use tidemark_app::{App, Host, UnsentChoice, default_data_dir};

/// Runs the command line.
pub(crate) async fn run(args: Args) -> anyhow::Result<Ended> {
    let out = Output { json: args.json };
    let dir = args.data_dir.or_else(default_data_dir);
    let dir = dir.context("this system names no folder for application files; name one with --data-dir")?;
    let is_watching = matches!(args.command, Command::Sync { watch: true });
    let host = if is_watching { Host::background() } else { Host::once() };
    let app = App::open(&dir, host).await?;
    let ended = carry_out(&app, args.command, out).await;
    // A note beside the command's own output, once: standard error, whatever the format.
    for notice in app.notices().await.unwrap_or_default() {
        complain(&notice);
    }
    ended
}

async fn carry_out(app: &App, command: Command, out: Output) -> anyhow::Result<Ended> {
    match command {
        Command::SignIn(sign_in) => session::sign_in(app, sign_in, out).await,
        Command::SignOut { discard } => session::sign_out(app, discard, out).await,
        Command::Sync { watch: true } => sync::watch(app, out).await,
        Command::Sync { watch: false } => sync::once(app, out).await,
        Command::Status => sync::status(app, out).await,
        Command::Entities { choice } => entities(app, choice, out).await,
        Command::Policy { set, policy } => {
            app.set_policy(&set, &word_of(policy)).await?;
            one_entity(app, &set, out).await
        }
        Command::List(list) => records::list(app, list, out).await,
        Command::Get { set, id } => records::get(app, &set, &id, out).await,
        Command::History { set, id } => history::list(app, &set, &id, out).await,
        Command::BringBack { set, id, entry } => history::bring_back(app, &set, &id, &entry, out).await,
        Command::Explain { set, id } => history::explain(app, &set, &id, out).await,
        Command::Add { set, record } => records::add(app, &set, &record, out).await,
        Command::Edit { set, id, changes, shown } => records::edit(app, &set, &id, &changes, shown, out).await,
        Command::Delete { set, id, shown } => records::delete(app, &set, &id, shown, out).await,
        Command::Import { set, file } => {
            let imported = app.import_file(&set, &file).await?;
            let text = || format!("{} imported.", words::count(imported, "record", "records"));
            out.print(&json!({ "imported": imported }), text)?;
            Ok(Ended::Done)
        }
        Command::Export { set, file } => {
            let exported = app.export_file(&set, &file).await?;
            let text = || format!("{} exported.", words::count(exported, "record", "records"));
            out.print(&json!({ "exported": exported }), text)?;
            Ok(Ended::Done)
        }
        Command::Conflicts => conflicts::list(app, out).await,
        Command::Parked { act } => parked::run(app, act, out).await,
        Command::Resolve(resolve) => conflicts::resolve(app, resolve, out).await,
        Command::Undo { decision } => conflicts::undo(app, &decision, out).await,
        Command::Decisions { limit } => conflicts::decisions(app, limit, out).await,
    }
}

async fn entities(app: &App, choice: Option<Choice>, out: Output) -> anyhow::Result<Ended> {
    match choice {
        None => {}
        Some(Choice::On { set }) => app.entity_on(&set).await?,
        Some(Choice::Off { set, discard }) => {
            let unsent = if discard { UnsentChoice::Discard } else { UnsentChoice::Refuse };
            app.entity_off(&set, unsent).await?;
        }
    }
    let entities = app.entities().await?;
    out.print(&entities, || words::entities(&entities))?;
    Ok(Ended::Done)
}

async fn one_entity(app: &App, set: &str, out: Output) -> anyhow::Result<Ended> {
    let entities = app.entities().await?;
    if let Some(entity) = entities.into_iter().find(|entity| entity.name == set) {
        out.print(&entity, || words::entities(std::slice::from_ref(&entity)))?;
    }
    Ok(Ended::Done)
}
