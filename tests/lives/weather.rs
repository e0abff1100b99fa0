//! The network of one device: the real one, with replies that get lost, come twice or come late, and with a moment
//! between a request's answer and its arrival in which something else happens on the same device.
//!
//! Owns: what happens to the n-th request from now on. Refuses: what a request means.

use async_trait::async_trait;
use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_sync::{HttpTransport, Request, Response, Transport, TransportError};

/// Something that happens on the device while a reply is on its way.
pub(crate) type Meanwhile = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// What becomes of one request.
pub(crate) enum Fate {
    /// It is answered.
    Fair,
    /// It never leaves.
    Cut,
    /// It is carried out, its reply is lost.
    ReplyLost,
    /// It is carried out, its reply is lost, and the network delivers it once more much later.
    Late,
    /// It is delivered twice; the second reply arrives.
    Twice,
    /// It is carried out; before its reply arrives something happens on this device.
    Meanwhile(Meanwhile),
}

/// The network of one device.
pub(crate) struct Network {
    real: HttpTransport,
    fates: Mutex<VecDeque<Fate>>,
    late: Mutex<Vec<Request>>,
}

impl Network {
    pub(crate) fn new() -> Arc<Self> {
        let real = HttpTransport::new().expect("the TLS library starts");
        Arc::new(Self { real, fates: Mutex::default(), late: Mutex::default() })
    }

    /// Sets what becomes of the next requests; those after them are answered.
    pub(crate) fn foretell(&self, fates: impl IntoIterator<Item = Fate>) {
        *self.fates.lock().unwrap_or_else(PoisonError::into_inner) = fates.into_iter().collect();
    }

    /// Delivers what was held back; nobody waits for the replies any more.
    pub(crate) async fn deliver_late(&self) {
        let late = std::mem::take(&mut *self.late.lock().unwrap_or_else(PoisonError::into_inner));
        for request in late {
            let _ = self.real.send(request).await;
        }
    }
}

fn lost() -> TransportError {
    TransportError::Unreachable("the reply was lost".into())
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let fate = self.fates.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match fate.unwrap_or(Fate::Fair) {
            Fate::Fair => self.real.send(request).await,
            Fate::Cut => Err(lost()),
            Fate::ReplyLost => {
                let _ = self.real.send(request).await;
                Err(lost())
            }
            Fate::Late => {
                let _ = self.real.send(request.clone()).await;
                self.late.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                Err(lost())
            }
            Fate::Twice => {
                let _ = self.real.send(request.clone()).await;
                self.real.send(request).await
            }
            Fate::Meanwhile(happens) => {
                let response = self.real.send(request).await;
                happens().await;
                response
            }
        }
    }

    async fn listen(
        &self,
        request: Request,
        on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync),
    ) -> Result<(), TransportError> {
        self.real.listen(request, on_event).await
    }
}
