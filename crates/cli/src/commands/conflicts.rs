//! `conflicts`, `resolve`, `undo`, `decisions`.

use crate::args::{Resolve, word_of};
use crate::ended::Ended;
use crate::output::Output;
use crate::words;
use serde_json::json;
use tidemark_app::{App, RecordView, Sides};

pub(crate) async fn list(app: &App, out: Output) -> anyhow::Result<Ended> {
    let conflicts = app.conflicts().await?;
    let sets = app.model().await.map(|model| model.sets).unwrap_or_default();
    out.print(&conflicts, || words::conflicts(&conflicts, &sets))?;
    Ok(Ended::Done)
}

pub(crate) async fn resolve(app: &App, resolve: Resolve, out: Output) -> anyhow::Result<Ended> {
    let answer = word_of(resolve.answer);
    let conflict = resolve.conflict;
    if resolve.similar {
        let similar = app.resolve_similar(&conflict, answer.parse()?).await?;
        let text = || format!("Decided {}: {answer}.", words::count(similar.answered, "conflict", "conflicts"));
        out.print(&similar, text)?;
        return Ok(Ended::Done);
    }
    let sides = Some(Sides(resolve.sides.into_iter().collect()));
    if resolve.preview {
        let preview = app.preview_resolve(&conflict, answer.parse()?, sides).await?;
        out.print(&preview, || preview.record.as_ref().map_or_else(|| "It would be gone.".to_owned(), words::record))?;
        return Ok(Ended::Done);
    }
    let resolved = app.resolve(&conflict, answer.parse()?, sides).await?;
    let document =
        json!({ "conflict": conflict, "resolution": answer, "record": resolved.record, "undo": resolved.undo });
    let text = || {
        let sent = if waits(resolved.record.as_ref()) { " It is sent with the next sync." } else { "" };
        format!("Decided: {answer}.{sent}\nTake it back with: tidemark undo {}", resolved.undo)
    };
    out.print(&document, text)?;
    Ok(Ended::Done)
}

fn waits(record: Option<&RecordView>) -> bool {
    record.and_then(|record| record.get("_State")).is_some_and(|state| state != "none")
}

pub(crate) async fn undo(app: &App, decision: &str, out: Output) -> anyhow::Result<Ended> {
    let undone = app.undo_resolve(decision).await?;
    let text = || match undone.reopened {
        true => "Taken back; the conflict is open again.".to_owned(),
        false => "It had been sent; what did not stand is a new change now.".to_owned(),
    };
    out.print(&undone, text)?;
    Ok(Ended::Done)
}

pub(crate) async fn decisions(app: &App, limit: u32, out: Output) -> anyhow::Result<Ended> {
    let decisions = app.decisions(limit).await?;
    out.print(&decisions, || words::decisions(&decisions))?;
    Ok(Ended::Done)
}
