//! `parked`, and the ways on from a parked record.

use crate::args::Parked;
use crate::ended::Ended;
use crate::output::Output;
use crate::words;
use serde_json::json;
use tidemark_app::App;

pub(crate) async fn run(app: &App, act: Option<Parked>, out: Output) -> anyhow::Result<Ended> {
    match act {
        None => {
            let parked = app.parked().await?;
            out.print(&parked, || words::parked(&parked))?;
        }
        Some(Parked::Retry { set, id }) => {
            app.retry_parked(&set, &id).await?;
            let text = || "It is sent again with the next sync.".to_owned();
            out.print(&json!({ "entity_set": set, "record_id": id, "retried": true }), text)?;
        }
        Some(Parked::SendRest { set, id }) => {
            let left_out = app.send_rest_of_parked(&set, &id).await?;
            let text = || {
                let names: Vec<&str> = left_out.iter().map(|value| value.property.as_str()).collect();
                format!(
                    "Sent with the next sync, without {}; what it said is in the record's history.",
                    names.join(", ")
                )
            };
            out.print(&json!({ "entity_set": set, "record_id": id, "left_out": left_out }), text)?;
        }
        Some(Parked::Discard { set, id }) => {
            app.discard_parked(&set, &id).await?;
            let text = || "Given up; what it was is in the record's history.".to_owned();
            out.print(&json!({ "entity_set": set, "record_id": id, "discarded": true }), text)?;
        }
    }
    Ok(Ended::Done)
}
