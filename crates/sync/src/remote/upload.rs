//! A request's body in pieces, so that its way up can be watched.
//!
//! Owns: handing the pieces over and telling of each. Refuses: time-outs (`http_transport`).

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::sync::Notify;

const PIECE: usize = 16 << 10;

/// How far an upload is.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    handed_over: AtomicU64,
    /// Told of each piece.
    pub(crate) moved: Notify,
}

impl Upload {
    /// Returns how many bytes were handed to the machine so far.
    pub(crate) fn handed_over(&self) -> u64 {
        self.handed_over.load(Ordering::Relaxed)
    }
}

/// A body; its length is known, so that it is announced.
#[derive(Debug)]
pub(crate) struct Pieces {
    pub(crate) left: Bytes,
    pub(crate) upload: Arc<Upload>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.left.len().min(PIECE);
        let piece = self.left.split_to(length);
        self.upload.handed_over.fetch_add(length as u64, Ordering::Relaxed);
        self.upload.moved.notify_one();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}
