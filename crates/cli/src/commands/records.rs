//! `list`, `get`, `add`, `edit`, `delete`.

use crate::args::{List, Shown};
use crate::ended::Ended;
use crate::input;
use crate::output::Output;
use crate::words;
use serde_json::json;
use tidemark_app::{App, ETAG, ListRequest, RecordView};

pub(crate) async fn list(app: &App, list: List, out: Output) -> anyhow::Result<Ended> {
    let request = ListRequest {
        set: list.set.clone(),
        filter: list.filter,
        search: list.search,
        order_by: list.order_by,
        offset: 0,
        limit: list.top.unwrap_or(u64::MAX),
    };
    let found = app.list(request).await?;
    let sets = app.model().await?.sets;
    let set = sets.iter().find(|set| set.name == list.set);
    // A set that screens do not show is printed as it is.
    let text = || match set {
        Some(set) => words::records(set, &found.records, found.live),
        None => found.records.iter().map(words::record).collect::<Vec<_>>().join("\n\n"),
    };
    out.print(&found.records, text)?;
    Ok(Ended::Done)
}

pub(crate) async fn get(app: &App, set: &str, id: &str, out: Output) -> anyhow::Result<Ended> {
    print(&app.get(set, id).await?, out)
}

pub(crate) async fn add(app: &App, set: &str, json: &str, out: Output) -> anyhow::Result<Ended> {
    let record = app.read_typed(set, &input::document(json)?)?;
    print(&app.add(set, record).await?, out)
}

pub(crate) async fn edit(
    app: &App,
    set: &str,
    id: &str,
    json: &str,
    shown: Shown,
    out: Output,
) -> anyhow::Result<Ended> {
    let changes = app.read_typed(set, &input::document(json)?)?;
    print(&app.edit_shown(set, id, changes, version(shown)).await?, out)
}

pub(crate) async fn delete(app: &App, set: &str, id: &str, shown: Shown, out: Output) -> anyhow::Result<Ended> {
    app.remove_shown(set, id, version(shown)).await?;
    out.print(&json!({ "deleted": id }), || format!("Deleted {set} {id}."))?;
    Ok(Ended::Done)
}

fn version(shown: Shown) -> Option<RecordView> {
    Some(RecordView::from_iter([(ETAG.to_owned(), shown.etag?.into())]))
}

fn print(record: &RecordView, out: Output) -> anyhow::Result<Ended> {
    out.print(record, || words::record(record))?;
    Ok(Ended::Done)
}
