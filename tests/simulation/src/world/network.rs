//! The network of one program on one laptop, with everything that networks do (FAULTS N1 to N18).
//!
//! Owns: what becomes of each request. Refuses: meaning anything by it; a request is bytes, but for which phase of the
//! protocol it belongs to, so that what was injected where can be told.

use super::bodies::{Kept, answer_kept, edit_parts, keep_back, page, part_answer, parts, service_page, writes};
use super::interfered::Writes;
use super::lasting::{Wrongs, with_small_pages};
use super::seat::Onlooker;
use super::shore::{NoAnswer, Shore, parted};
use super::time::{http_date, pass};
use crate::plan::fate::Fate;
use crate::run::told::Told;
use crate::wire::Line;
use async_trait::async_trait;
use http::{HeaderValue, Method};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tidemark_sync::{Request, Response, Transport, TransportError};

/// How long a request takes each way.
const USUAL_MS: u64 = 40;
/// After how long the transport gives up on a server that says nothing.
const PATIENCE_MS: u64 = 30_000;

/// The network of a laptop; every program on it has the same.
pub(crate) struct Network {
    laptop: usize,
    shore: Arc<Shore>,
    /// Another server, which is nobody's.
    elsewhere: Arc<Shore>,
    told: Told,
    fates: Mutex<VecDeque<Fate>>,
    down: AtomicBool,
    /// Whether it is the oracle that asks: that takes no time and meets no fate.
    asks_oracle: AtomicBool,
    /// The last answer to each question.
    answers: Mutex<BTreeMap<String, Response>>,
    /// The wire, where the world has one.
    line: Option<Line>,
    /// How many records a page has at most; 0 where nobody makes it smaller.
    page: u32,
    /// How often a cycle began.
    looks: AtomicUsize,
    /// What is wrong for good.
    pub(crate) wrongs: Wrongs,
    /// Of which records something in between refused a write that the server has.
    pub(crate) writes: Writes,
    /// What is seen of the programs of the laptop.
    pub(crate) onlooker: Onlooker,
}

fn unreachable() -> TransportError {
    TransportError::Unreachable("no route".into())
}

fn unanswered() -> TransportError {
    TransportError::Unanswered("the connection broke".into())
}

impl Network {
    pub(crate) fn new(
        laptop: usize,
        shore: Arc<Shore>,
        elsewhere: Arc<Shore>,
        told: Told,
        line: Option<Line>,
        page: u32,
    ) -> Arc<Self> {
        let (fates, answers) = (Mutex::default(), Mutex::default());
        let (down, asks_oracle) = (AtomicBool::new(false), AtomicBool::new(false));
        let (wrongs, onlooker) = (Wrongs::default(), Onlooker::new(shore.clock.clone()));
        Arc::new(Self {
            laptop,
            shore,
            elsewhere,
            told,
            fates,
            down,
            asks_oracle,
            answers,
            line,
            page,
            looks: AtomicUsize::new(0),
            wrongs,
            writes: Writes::default(),
            onlooker,
        })
    }

    /// Returns how often a cycle began.
    pub(crate) fn asked(&self) -> usize {
        self.looks.load(Ordering::Relaxed)
    }

    fn fates(&self) -> MutexGuard<'_, VecDeque<Fate>> {
        self.fates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what becomes of the next requests; those after them are answered.
    pub(crate) fn foretell(&self, fates: impl IntoIterator<Item = Fate>) {
        *self.fates() = fates.into_iter().collect();
    }

    /// Takes the network away, or gives it back.
    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
        if let Some(line) = &self.line {
            line.set_down(down);
        }
    }

    /// Another program has the network from now on.
    pub(crate) fn renew(&self) {
        if let Some(line) = &self.line {
            line.renew();
        }
    }

    /// Tells whether requests go over simulated TCP.
    pub(crate) fn has_line(&self) -> bool {
        self.line.is_some()
    }

    /// Ends every fault that passes.
    pub(crate) fn calm(&self) {
        self.set_down(false);
        self.foretell([]);
        if let Some(line) = &self.line {
            line.calm();
        }
    }

    /// Lets the oracle ask, or lets it be.
    pub(crate) fn ask_as_oracle(&self, asks: bool) {
        self.asks_oracle.store(asks, Ordering::Relaxed);
    }

    /// Tells whether it is the oracle that asks.
    pub(crate) fn is_asked_by_oracle(&self) -> bool {
        self.asks_oracle.load(Ordering::Relaxed)
    }

    /// Returns how often the server was put back to a backup.
    pub(crate) fn restores(&self) -> usize {
        self.shore.restores()
    }

    pub(crate) fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }

    async fn deliver(&self, request: Request) -> Result<Response, TransportError> {
        match &self.line {
            Some(line) => line.send(request).await,
            None => self.ask(request).await,
        }
    }

    async fn ask(&self, request: Request) -> Result<Response, TransportError> {
        self.shore.ask(request).await.map_err(|why| match why {
            NoAnswer::Nobody => unreachable(),
            NoAnswer::Died => unanswered(),
        })
    }

    /// Past what is wrong for good.
    async fn go(&self, phase: &str, mut request: Request) -> Result<Response, TransportError> {
        let mut kept = Kept::new();
        let answer = match self.wrongs.on_the_way(&mut request, &mut kept) {
            Some(answer) => answer,
            None => self.deliver(request.clone()).await?,
        };
        self.wrongs.on_the_way_back(phase, &request, &kept, answer)
    }

    /// Something in between answers every write of a batch, and lets none through.
    async fn instead(
        &self,
        mut request: Request,
        status: u16,
        code: &str,
        message: &str,
    ) -> Result<Response, TransportError> {
        let kept = keep_back(&mut request, writes);
        self.writes.refused(kept.iter().map(|(_, part)| part));
        let mut answer = self.deliver(request).await?;
        answer_kept(&mut answer, &kept, |part| part_answer(part, status, code, message));
        Ok(answer)
    }

    async fn meet(&self, request: Request, fate: Fate) -> Result<Response, TransportError> {
        match fate {
            Fate::Dropped => Err(unreachable()),
            Fate::ReplyLost => {
                let _ = self.deliver(request).await;
                Err(unanswered())
            }
            Fate::Late(seconds) => {
                let _ = self.deliver(request.clone()).await;
                let shore = self.shore.clone();
                tokio::spawn(async move {
                    pass(Duration::from_secs(u64::from(seconds))).await;
                    let _ = shore.ask(request).await;
                });
                Err(unanswered())
            }
            Fate::Twice => {
                let _ = self.deliver(request.clone()).await;
                self.deliver(request).await
            }
            Fate::OldAnswer => {
                let question = question(&request);
                let old = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&question).cloned();
                match old {
                    Some(old) => Ok(old),
                    None => self.deliver(request).await,
                }
            }
            Fate::Slow(ms) => {
                pass(Duration::from_millis(u64::from(ms))).await;
                let answer = self.deliver(request).await;
                pass(Duration::from_millis(u64::from(ms))).await;
                answer
            }
            Fate::Broken => {
                let _ = self.deliver(request).await;
                Err(TransportError::BrokeWithin("the connection broke".into()))
            }
            Fate::TooLong(bytes) if request.body.len() > bytes as usize => Ok(page(413, "text/html", "too large")),
            Fate::Busy { seconds, date } => Ok(busy(seconds, date, self.shore.clock_ms())),
            Fate::Gateway { status, done } => {
                if done {
                    let _ = self.deliver(request).await;
                }
                Ok(page(status, "text/html", "<h1>Bad gateway</h1>"))
            }
            Fate::PartRefused => self.instead(request, 422, "Invalid", "A rule of the office refuses it").await,
            Fate::Unauthorized => {
                let mut answer = service_page(401, r#"{"error":{"code":"Unauthorized","message":"Sign in"}}"#);
                answer.headers.insert("www-authenticate", HeaderValue::from_static("Bearer"));
                Ok(answer)
            }
            Fate::Portal => Ok(page(200, "text/html", "<html><body>Welcome to Hotel Wifi</body></html>")),
            Fate::Untrusted => Err(TransportError::Untrusted("unknown issuer".into())),
            Fate::Silent => {
                let _ = self.deliver(request).await;
                pass(Duration::from_millis(PATIENCE_MS)).await;
                Err(unanswered())
            }
            Fate::Stripped => {
                let mut answer = self.deliver(request).await?;
                for name in ["etag", "odata-version", "tidemark-server", "date", "preference-applied"] {
                    answer.headers.remove(name);
                }
                Ok(answer)
            }
            Fate::Elsewhere => self.elsewhere.ask(request).await.map_err(|_| unreachable()),
            Fate::Parts { cut } => Ok(reordered(self.deliver(request).await?, cut)),
            Fate::Panic => panic!("{}", crate::run::told::PLANNED_PANIC),
            Fate::Unreadable => {
                let mut answer = self.deliver(request).await?;
                unreadable(&mut answer);
                Ok(answer)
            }
            Fate::NoSuchSet => self.instead(request, 404, "UnknownEntitySet", "There is no such set").await,
            Fate::Fair | Fate::TooLong(_) => self.deliver(request).await,
        }
    }
}

/// Names what is asked, for a proxy that keeps answers.
fn question(request: &Request) -> String {
    let body =
        if request.method == Method::GET { String::new() } else { String::from_utf8_lossy(&request.body).into() };
    format!("{} {} {body}", request.method, request.url)
}

/// Tells which phase of the protocol a request belongs to.
pub(crate) fn phase(request: &Request) -> &'static str {
    let path = parted(&request.url).1.split('?').next().unwrap_or_default();
    match path {
        "/session" => "sign-in",
        "/health/live" => "knock",
        "/events" => "notice",
        "/odata/$metadata" => "model",
        "/odata/$batch" => {
            let body = &request.body;
            let has = |word: &[u8]| body.windows(word.len()).any(|at| at == word);
            // What is long is packed, and only pushes are long.
            if has(b"\"GET\"") && !has(b"\"PATCH\"") && !has(b"\"PUT\"") && !has(b"\"DELETE\"") {
                "look"
            } else {
                "push"
            }
        }
        path if path.starts_with("/audit/") => "audit",
        path if path.starts_with("/history/") => "history",
        _ if request.method == Method::GET => "pull",
        _ => "live",
    }
}

fn busy(seconds: u32, date: bool, now_ms: i64) -> Response {
    let mut answer = page(if date { 503 } else { 429 }, "text/plain", "busy");
    let after = if date { http_date(now_ms + i64::from(seconds) * 1000) } else { seconds.to_string() };
    if let (Ok(after), Ok(now)) = (after.parse(), http_date(now_ms).parse()) {
        answer.headers.insert("retry-after", after);
        answer.headers.insert("date", now);
    }
    answer
}

/// A batch answer with its parts reordered, or without the last.
fn reordered(mut answer: Response, cut: bool) -> Response {
    edit_parts(&mut answer.body, |parts| {
        if cut {
            parts.pop();
        } else if parts.len() > 1 {
            parts.swap(0, 1);
        }
    });
    answer
}

/// Makes what a refused change met a version of which nobody can tell what it is.
fn unreadable(answer: &mut Response) {
    edit_parts(&mut answer.body, |parts| {
        for part in parts.iter_mut().filter(|part| part["status"] == 412) {
            if let Some(current) = part.pointer_mut("/body/error/innererror/current/_UpdatedAt") {
                *current = serde_json::json!({ "seconds": 5 });
            }
        }
    });
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        if self.is_asked_by_oracle() {
            return if self.is_down() { Err(unreachable()) } else { self.ask(request).await };
        }
        let phase = phase(&request);
        if self.page > 0 && matches!(phase, "look" | "pull") {
            with_small_pages(&mut request, self.page);
        }
        self.looks.fetch_add(usize::from(phase == "look"), Ordering::Relaxed);
        pass(Duration::from_millis(USUAL_MS)).await;
        if self.is_down() {
            self.told.hit("N18", phase);
            // On a wire, connecting takes its time to fail.
            return if self.line.is_some() { self.deliver(request).await } else { Err(unreachable()) };
        }
        // A stream of notices and a question about the past are not what is aimed at.
        // The self-audit runs once a day of the laptop's own clock: in a world that is compared with one of other clocks it
        // takes no other request's fate.
        let is_spared = phase == "notice" || phase == "audit" && self.told.remembers();
        let fate = if is_spared { None } else { self.fates().pop_front() };
        let fate = fate.unwrap_or(Fate::Fair);
        // Only a cycle has a task of its own to panic in; a command's panic would be its host's.
        let fate = if fate == Fate::Panic && !matches!(phase, "push" | "look") { Fate::Fair } else { fate };
        self.told.hit(fate.kind(), phase);
        if fate.loses_answer() {
            self.writes.unanswered(&parts(&request));
        }
        let (method, length, question) = (request.method.clone(), request.body.len(), question(&request));
        let answer = match fate {
            Fate::Fair => self.go(phase, request).await,
            fate => self.meet(request, fate).await,
        };
        pass(Duration::from_millis(USUAL_MS)).await;
        let outcome = match &answer {
            Ok(answer) => format!("{} {} bytes", answer.status, answer.body.len()),
            Err(error) => format!("{error:?}"),
        };
        self.told.tell(|| {
            let at = self.shore.clock_ms();
            format!("  {at} laptop {}: {phase} {method} {length} bytes, {fate:?}: {outcome}", self.laptop)
        });
        if let (Ok(answer), Fate::Fair) = (&answer, fate) {
            self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(question, answer.clone());
        }
        answer
    }

    async fn listen(
        &self,
        request: Request,
        on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync),
    ) -> Result<(), TransportError> {
        pass(Duration::from_millis(USUAL_MS)).await;
        if self.is_down() {
            return Err(unreachable());
        }
        self.shore.follow(request, on_event).await.map_err(|_| unreachable())
    }
}
