//! How large a request may be, and how its body is read within that.
//!
//! Owns: the numbers (DESIGN section 5, Sizes; FAULTS A16, A17) and reading a body with its limit counted after
//! decompression. A body that is refused is still read to its end in the background, up to a limit of its own: a
//! client that writes the whole request before it reads would otherwise see a broken connection instead of the 413.
//! Refuses: limits of single values (the model has them).

use axum::body::{Body, HttpBody as _};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use std::time::Duration;
use tidemark_odata::{Code, WireError};

/// The largest body, after decompression.
pub(crate) const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
/// The longest URL. Past 64 KiB hyper itself answers 414, without a body.
pub(crate) const MAX_URL_BYTES: usize = 60 * 1024;
/// The most bytes in a batch answer, after which its reads are refused.
pub(crate) const MAX_BATCH_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// The page of an ordinary list.
pub(crate) const LIST_PAGE: u32 = 1000;
/// The page of an enumeration or delta that names no size.
pub(crate) const FEED_PAGE: u32 = 1000;
/// The largest page of an enumeration or delta.
pub(crate) const MAX_FEED_PAGE: u32 = 10_000;
/// A page ends early where it has this many bytes: a thousand records of a megabyte are no page.
pub(crate) const MAX_PAGE_BYTES: usize = 8 * 1024 * 1024;
/// How long a read of the database may take.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(15);
/// The most records that a batch changes: those within others count too.
pub(crate) const MAX_BATCH_CHANGES: usize = 10_000;
/// How long the next piece of a request body may take.
pub(crate) const BODY_IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request body may take in all: 32 MiB over the thinnest link that there is.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// The largest body before anybody has signed in, and how long it may take.
pub(crate) const SMALL_BODY_BYTES: usize = 64 * 1024;
const SMALL_BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an answer may take once its request was read.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

const DRAIN_BYTES: usize = 64 * 1024 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(60);

/// Returns the refusal of a body that is too large.
pub(crate) fn too_large(most: usize) -> WireError {
    let kilobytes = most / 1024;
    let size = if kilobytes < 1024 { format!("{kilobytes} KiB") } else { format!("{} MiB", kilobytes / 1024) };
    WireError::new(413, Code::TooLarge, format!("The request is larger than {size}. Send it in smaller parts"))
}

/// Tells whether a request announces a body that is too large.
pub(crate) fn announces_too_much(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > MAX_BODY_BYTES as u64)
}

/// Reads a body.
///
/// # Errors
/// 413 past the limit, 408 where it stops coming, 400 where it breaks off or cannot be decompressed.
pub(crate) async fn read_body(body: Body) -> Result<Bytes, WireError> {
    within(BODY_TIMEOUT, read_up_to(body, MAX_BODY_BYTES)).await
}

/// Reads the body of somebody who has not signed in: small, and at once.
///
/// # Errors
/// As [`read_body`].
pub(crate) async fn read_small_body(body: Body) -> Result<Bytes, WireError> {
    within(SMALL_BODY_TIMEOUT, read_up_to(body, SMALL_BODY_BYTES)).await
}

async fn within(most: Duration, body: impl Future<Output = Result<Bytes, WireError>>) -> Result<Bytes, WireError> {
    tokio::time::timeout(most, body).await.unwrap_or_else(|_| Err(too_slow()))
}

fn too_slow() -> WireError {
    WireError::new(408, Code::TooSlow, "The rest of the request did not come. Send it again")
}

async fn read_up_to(mut body: Body, most: usize) -> Result<Bytes, WireError> {
    let mut first = None;
    let mut whole = BytesMut::new();
    loop {
        let frame = match tokio::time::timeout(BODY_IDLE_TIMEOUT, body.frame()).await {
            Err(_) => return Err(too_slow()),
            Ok(None) => break,
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "a request body broke off");
                return Err(WireError::bad_request("The request's body broke off or cannot be decompressed"));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(piece) = frame.into_data() else { continue };
        let so_far = whole.len() + first.as_ref().map_or(0, Bytes::len);
        if so_far + piece.len() > most {
            drain(body);
            return Err(too_large(most));
        }
        // Most bodies are one piece, which then is not copied.
        match first.take() {
            None if whole.is_empty() => first = Some(piece),
            None => whole.extend_from_slice(&piece),
            Some(earlier) => {
                whole.extend_from_slice(&earlier);
                whole.extend_from_slice(&piece);
            }
        }
    }
    Ok(first.unwrap_or_else(|| whole.freeze()))
}

/// Reads the rest of a refused body in the background and forgets it.
pub(crate) fn drain(mut body: Body) {
    if body.is_end_stream() {
        return;
    }
    let rest = async move {
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
            if bytes > DRAIN_BYTES {
                break;
            }
        }
    };
    tokio::spawn(tokio::time::timeout(DRAIN_TIMEOUT, rest));
}
