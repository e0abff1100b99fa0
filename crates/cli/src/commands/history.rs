//! `history`, `bring-back`, `explain`.

use crate::ended::Ended;
use crate::output::Output;
use crate::words;
use tidemark_app::App;

pub(crate) async fn list(app: &App, set: &str, id: &str, out: Output) -> anyhow::Result<Ended> {
    let history = app.history(set, id).await?;
    out.print(&history, || words::history(&history))?;
    Ok(Ended::Done)
}

pub(crate) async fn bring_back(app: &App, set: &str, id: &str, entry: &str, out: Output) -> anyhow::Result<Ended> {
    let record = app.bring_back(set, id, entry).await?;
    out.print(&record, || record.as_ref().map_or_else(|| format!("Deleted {set} {id}."), words::record))?;
    Ok(Ended::Done)
}

pub(crate) async fn explain(app: &App, set: &str, id: &str, out: Output) -> anyhow::Result<Ended> {
    let explained = app.explain(set, id).await?;
    out.print(&explained, || words::explain(&explained))?;
    Ok(Ended::Done)
}
