//! A device's network: the way to the shore, with replies that get lost, break off, come late or come from somebody else.
//!
//! Owns: what becomes of a request, and what was asked so far. Refuses: what a request means to the server.

use super::asked::{Asked, Came};
use super::shore::{ROOT, Shore};
use crate::ports::transport::{Request, Response, Transport, TransportError};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tidemark_model::ports::{Clock as _, Timer as _};
use tidemark_model::query::Query;
use tidemark_store::{Only, Store};
use tokio::sync::{Notify, Semaphore};

/// What becomes of a request.
pub(super) enum Fate {
    /// It is answered.
    Fair,
    /// It never leaves.
    Cut,
    /// It is carried out, and its reply is lost.
    ReplyLost,
    /// It is carried out, and the link breaks within its answer.
    BrokeWithin,
    /// It is carried out after so long.
    Late(Duration),
    /// It stands still until [`Weather::release`], then it is carried out.
    Held,
    /// Somebody on the way answers.
    Proxy(u16, &'static [(&'static str, &'static str)]),
    /// The server refuses it.
    Refused(u16, &'static str),
}

type Rule = Box<dyn FnMut(&Asked) -> Fate + Send>;
type Spoil = Box<dyn FnMut(&Asked, &mut Response) + Send>;

/// The network of one device.
pub(super) struct Weather {
    shore: Arc<Shore>,
    rule: Mutex<Option<Rule>>,
    spoil: Mutex<Option<Spoil>>,
    log: Mutex<Vec<Asked>>,
    reached: Notify,
    gate: Semaphore,
    /// Whose items are counted with each answer, where a test goes by them.
    store: Mutex<Option<Store>>,
    came: Mutex<Vec<Came>>,
    bytes_per_second: Mutex<Option<u64>>,
    cut_over: Mutex<Option<usize>>,
    page_of_lists: Mutex<Option<u32>>,
    skips_in_the_header: Mutex<bool>,
    hears: Mutex<bool>,
    heard: Notify,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test may have a rule panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn broken() -> String {
    "the link broke".to_owned()
}

impl Weather {
    pub(super) fn new(shore: Arc<Shore>) -> Arc<Self> {
        Arc::new(Self {
            shore,
            rule: Mutex::default(),
            spoil: Mutex::default(),
            log: Mutex::default(),
            reached: Notify::new(),
            gate: Semaphore::new(0),
            store: Mutex::default(),
            came: Mutex::default(),
            bytes_per_second: Mutex::default(),
            cut_over: Mutex::default(),
            page_of_lists: Mutex::default(),
            skips_in_the_header: Mutex::default(),
            hears: Mutex::default(),
            heard: Notify::new(),
        })
    }

    /// Says what becomes of each request from now on.
    pub(super) fn set(&self, rule: impl FnMut(&Asked) -> Fate + Send + 'static) {
        *locked(&self.rule) = Some(Box::new(rule));
    }

    /// Has each answer altered on its way from now on.
    pub(super) fn spoil(&self, spoil: impl FnMut(&Asked, &mut Response) + Send + 'static) {
        *locked(&self.spoil) = Some(Box::new(spoil));
    }

    /// Has everything come through, as it was sent.
    pub(super) fn clear_up(&self) {
        *locked(&self.rule) = None;
        *locked(&self.spoil) = None;
    }

    /// Has so many answers more come through, and nothing after them.
    pub(super) fn break_after(&self, answers: u32) {
        let mut left = answers;
        self.set(move |_| {
            let is_over = left == 0;
            left = left.saturating_sub(1);
            if is_over { Fate::Cut } else { Fate::Fair }
        });
    }

    /// Has so many bytes of an answer come through in a second.
    pub(super) fn carry(&self, bytes_per_second: Option<u64>) {
        *locked(&self.bytes_per_second) = bytes_per_second;
    }

    /// Has the link break within an answer that is longer.
    pub(super) fn cut_over(&self, bytes: Option<usize>) {
        *locked(&self.cut_over) = bytes;
    }

    /// Has the header of an enumeration's page name a page further on than the page itself does.
    pub(super) fn skip_in_headers(&self, skips: bool) {
        *locked(&self.skips_in_the_header) = skips;
    }

    /// Has the server's notices come through.
    pub(super) fn hear(&self) {
        *locked(&self.hears) = true;
    }

    /// Has a page of an ordinary list end behind so many records, as it does where they are large.
    pub(super) fn end_lists_after(&self, records: u32) {
        *locked(&self.page_of_lists) = Some(records);
    }

    /// Has every answer kept from now on, with how many items `store` has when it is asked for.
    pub(super) fn keep(&self, store: &Store) {
        *locked(&self.store) = Some(store.clone());
        locked(&self.came).clear();
    }

    /// Returns the answers that came through since this was asked last.
    pub(super) fn came(&self) -> Vec<Came> {
        std::mem::take(&mut *locked(&self.came))
    }

    /// Waits until a request is held.
    pub(super) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets one held request go.
    pub(super) fn release(&self) {
        self.gate.add_permits(1);
    }

    /// Waits until a notice of the server's is here. The paused time stands meanwhile, as while the server works.
    pub(super) async fn heard(&self) {
        let (over, wait) = std::sync::mpsc::channel::<()>();
        let standing = tokio::task::spawn_blocking(move || wait.recv());
        self.heard.notified().await;
        drop(over);
        let _ = standing.await;
    }

    /// Returns what was asked since this was asked last.
    pub(super) fn log(&self) -> Vec<Asked> {
        std::mem::take(&mut *locked(&self.log))
    }

    async fn carried_out(&self, request: Request) -> Response {
        let (method, headers) = (request.method.clone(), request.headers.clone());
        let mut answer = self.shore.ask(request).await;
        let skips = *locked(&self.skips_in_the_header);
        if skips && let Some(next) = answer.header("link").and_then(|link| link.strip_prefix('<')?.split_once('>')) {
            let url = format!("{ROOT}/odata/{}", next.0);
            let further = self.shore.ask(Request { method, url, headers, body: Bytes::new() }).await;
            if let Some(link) = further.headers.get("link") {
                answer.headers.insert("link", link.clone());
            }
        }
        answer
    }

    fn says(&self, status: u16, headers: &[(&'static str, &str)], body: String) -> Response {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        let bytes_received = body.len() as u64;
        Response { status, headers: HeaderMap::from_iter(headers), body: body.into(), bytes_sent: 100, bytes_received }
    }
}

#[async_trait]
impl Transport for Weather {
    async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        let page_of_lists = *locked(&self.page_of_lists);
        if let Some(records) = page_of_lists.filter(|_| request.url.contains("$filter=")) {
            request.headers.retain(|(name, _)| *name != "prefer");
            request.headers.push(("prefer", format!("odata.maxpagesize={records}")));
        }
        let here = locked(&self.store).as_ref().map(|store| store.count("TodoItems", &Query::default(), Only::All));
        let prefer = request.headers.iter().find(|(name, _)| *name == "prefer").map(|(_, value)| value.clone());
        let asked = Asked {
            at_ms: self.shore.time.monotonic_ms(),
            path: request.url.strip_prefix(ROOT).unwrap().to_owned(),
            body: request.body.clone(),
            prefer: prefer.unwrap_or_default(),
        };
        locked(&self.log).push(asked.clone());
        let fate = locked(&self.rule).as_mut().map_or(Fate::Fair, |rule| rule(&asked));
        let mut answer = match fate {
            Fate::Cut => return Err(TransportError::Unreachable(broken())),
            Fate::ReplyLost => {
                self.carried_out(request).await;
                return Err(TransportError::Unanswered(broken()));
            }
            Fate::BrokeWithin => {
                self.carried_out(request).await;
                return Err(TransportError::BrokeWithin(broken()));
            }
            Fate::Proxy(status, headers) => return Ok(self.says(status, headers, String::new())),
            Fate::Refused(status, code) => {
                let body = json!({ "error": { "code": code, "message": "The server says no" } });
                return Ok(self.says(status, &[("tidemark-server", self.shore.id.as_str())], body.to_string()));
            }
            Fate::Late(delay) => {
                self.shore.time.sleep(delay).await;
                self.carried_out(request).await
            }
            Fate::Held => {
                self.reached.notify_one();
                self.gate.acquire().await.unwrap().forget();
                self.carried_out(request).await
            }
            Fate::Fair => self.carried_out(request).await,
        };
        if let Some(spoil) = locked(&self.spoil).as_mut() {
            spoil(&asked, &mut answer);
        }
        let most = *locked(&self.cut_over);
        if most.is_some_and(|most| answer.body.len() > most) {
            return Err(TransportError::BrokeWithin(broken()));
        }
        let rate = *locked(&self.bytes_per_second);
        if let Some(rate) = rate {
            self.shore.time.sleep(Duration::from_millis(answer.body.len() as u64 * 1_000 / rate)).await;
        }
        if let Some(here) = here {
            let took = Duration::from_millis(self.shore.time.monotonic_ms() - asked.at_ms);
            locked(&self.came).push(Came { asked, body: answer.body.clone(), took, here: here.unwrap() });
        }
        Ok(answer)
    }

    async fn listen(
        &self,
        request: Request,
        on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync),
    ) -> Result<(), TransportError> {
        if !*locked(&self.hears) {
            return std::future::pending().await;
        }
        let mut lines = self.shore.follow(request);
        while let Some(line) = lines.recv().await {
            on_event(&line);
            self.heard.notify_one();
        }
        Ok(())
    }
}
