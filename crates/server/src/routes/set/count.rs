//! `GET /odata/Set/$count`: a number, as text whatever is accepted (DESIGN section 5, Versions).

use super::refuse_expand;
use super::related::Related;
use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::change::Place;
use crate::server::Server;
use http::StatusCode;
use tidemark_odata::WireError;

/// Counts the records that `$filter` and `$search` let through.
///
/// # Errors
/// 400, 404 and 501, naming what does not fit.
pub(crate) async fn read(server: &Server, call: &Call, name: &str) -> Reply {
    let (_, place) = server.place(call.caller()?, name)?;
    of(server, call, &place, None).await
}

/// Counts the records of a place that the options let through, and that are related to another one where that is asked.
///
/// # Errors
/// 400 and 501, naming what does not fit.
pub(crate) async fn of(server: &Server, call: &Call, place: &Place, related: Option<&Related<'_>>) -> Reply {
    let mut options = call.options()?;
    refuse_expand(&options)?;
    options.query.at(server.now_micros());
    if options.delta_token.is_some() || options.skip_token.is_some() {
        return Err(WireError::bad_request("$count takes no $deltatoken and no $skiptoken"));
    }
    if let Some(related) = related {
        related.narrow(&mut options.query);
    }
    let count = server.storage.count(place, &options.query).await.map_err(|error| error.to_wire())?;
    Ok(Answer::new(StatusCode::OK, "text/plain", count.to_string()))
}
