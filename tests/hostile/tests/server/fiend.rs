//! The network to a hostile server: it may say the truth, alter it, make something up, or say nothing.
//!
//! Owns: what becomes of a request, what the client may take for the server's word, and what must never leave the
//! device. Refuses: the lies themselves (`lies`, `alter`).

use crate::alter;
use crate::lies::{self, Known};
use crate::shore::{ROOT, Shore};
use crate::time::Time;
use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tidemark_model::ports::Timer as _;
use tidemark_sync::{Request, Response, Transport, TransportError};
use tidemark_test_dice::Dice;

/// Requests that one command may make before it counts as one that never ends.
pub(crate) const MOST_REQUESTS: u64 = 3_000;

/// What the network has carried.
pub(crate) struct Carried {
    pub(crate) dice: Dice,
    /// How many in a hundred requests meet a lie.
    pub(crate) wickedness: usize,
    /// Requests since the last command began.
    pub(crate) requests: u64,
    /// Marks of changes that a part of a batch said yes to.
    pub(crate) taken: BTreeSet<String>,
    /// Records whose deletion the server said yes to, or that it said to be gone.
    pub(crate) gone: BTreeSet<String>,
    /// By set, the text of the pages of its enumeration so far.
    listed: BTreeMap<String, String>,
    /// What arrived since the last command began.
    pub(crate) heard: Vec<bytes::Bytes>,
    /// What must not happen, and did.
    pub(crate) faults: Vec<String>,
    pub(crate) known: Known,
    pub(crate) lies_told: BTreeMap<&'static str, u64>,
    pub(crate) is_told: bool,
}

/// The network of one device.
pub(crate) struct Fiend {
    shore: Arc<Shore>,
    time: Arc<Time>,
    carried: Mutex<Carried>,
}

impl Fiend {
    pub(crate) fn new(shore: &Arc<Shore>, time: &Arc<Time>, dice: Dice, is_told: bool) -> Arc<Self> {
        let carried = Carried {
            dice,
            wickedness: 0,
            requests: 0,
            taken: BTreeSet::new(),
            gone: BTreeSet::new(),
            listed: BTreeMap::new(),
            heard: Vec::new(),
            faults: Vec::new(),
            known: Known::default(),
            lies_told: BTreeMap::new(),
            is_told,
        };
        Arc::new(Self { shore: shore.clone(), time: time.clone(), carried: Mutex::new(carried) })
    }

    pub(crate) fn carried(&self) -> MutexGuard<'_, Carried> {
        self.carried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to count anew: a command begins.
    pub(crate) fn begin(&self) {
        let mut carried = self.carried();
        carried.requests = 0;
        carried.heard.clear();
    }
}

/// What becomes of a request.
enum Fate {
    Truth,
    /// It never leaves.
    Cut(TransportError),
    /// It is carried out, its answer is lost.
    Lost(TransportError),
    /// It is carried out, its answer is altered.
    Altered,
    /// Somebody else answers.
    MadeUp,
}

impl Carried {
    /// Looks at what leaves the device.
    fn watch(&mut self, request: &Request) {
        self.requests += 1;
        if self.requests == MOST_REQUESTS {
            self.faults.push(format!("one command made {MOST_REQUESTS} requests; the last was {}", cut(&request.url)));
        }
        let leaves = request.url.strip_prefix(ROOT).is_none_or(|path| !path.starts_with('/'));
        if leaves {
            self.faults.push(format!("a request went to {}", cut(&request.url)));
        }
        let below = request.url.strip_prefix(ROOT).unwrap_or_default();
        // As whoever sends it reads it: a path with dots in it may lead anywhere.
        if below.split('?').next().is_some_and(|path| path.contains("..") || path.contains('\\')) {
            self.faults.push(format!("a request climbs: {}", cut(&request.url)));
        }
        for (name, value) in &request.headers {
            if *name == "authorization" && !value.starts_with("Bearer ") {
                self.faults.push("a token is no bearer's".to_owned());
            }
        }
    }

    fn fate(&mut self) -> Fate {
        let wickedness = self.wickedness;
        if self.requests >= MOST_REQUESTS {
            return Fate::Cut(TransportError::Unreachable("enough".into()));
        }
        if !self.dice.hits(wickedness) {
            return Fate::Truth;
        }
        let lost = || "the line broke".to_owned();
        let (name, fate) = match self.dice.below(20) {
            0 => ("cut", Fate::Cut(TransportError::Unreachable(lost()))),
            1 => ("lost", Fate::Lost(TransportError::Unanswered(lost()))),
            2 => ("broke within", Fate::Lost(TransportError::BrokeWithin(lost()))),
            3 => ("too large", Fate::Lost(TransportError::TooLarge)),
            4 => ("untrusted", Fate::Cut(TransportError::Untrusted(lost()))),
            5..=11 => ("altered", Fate::Altered),
            _ => ("made up", Fate::MadeUp),
        };
        *self.lies_told.entry(name).or_default() += 1;
        fate
    }

    fn made_up(&mut self, request: &Request) -> Response {
        let path = request.url.strip_prefix(ROOT).unwrap_or_default();
        let Self { dice, known, .. } = self;
        let lie = lies::made_up(dice, known, path, &request.body);
        response(lie.status, lie.headers, lie.body)
    }

    /// Alters a true answer in one or a few places.
    fn altered(&mut self, mut response: Response) -> Response {
        let Self { dice, known, .. } = self;
        for _ in 0..=dice.below(3) {
            match dice.below(10) {
                0 => response.status = lies::status(dice),
                1 => {
                    for (name, value) in &headers(lies::headers(dice, known)) {
                        response.headers.insert(name, value.clone());
                    }
                }
                2 => {
                    let names: Vec<HeaderName> = response.headers.keys().cloned().collect();
                    if let Some(name) = dice.pick(&names) {
                        response.headers.remove(name);
                    }
                }
                3 => response.body = alter::text(dice, response.body.to_vec()).into(),
                _ => {
                    if let Ok(mut value) = serde_json::from_slice::<Value>(&response.body) {
                        let parts = value.get_mut("responses").and_then(Value::as_array_mut);
                        match parts {
                            Some(parts) if dice.hits(40) => alter::list(dice, parts),
                            _ => alter::tree(dice, &mut value),
                        }
                        response.body = value.to_string().into();
                    }
                }
            }
        }
        response.bytes_received = response.body.len() as u64;
        response
    }

    /// Notes what the client may take for the server's word, and what a liar can use.
    fn hear(&mut self, request: &Request, response: &Response, is_true: bool) {
        if is_true {
            self.learn(response);
        }
        self.heard.push(response.body.clone());
        self.hear_gone(&response.body);
        self.hear_absent(request, response);
        let Ok(asked) = serde_json::from_slice::<Asked>(&request.body) else { return };
        let Ok(answers) = serde_json::from_slice::<Answers>(&response.body) else {
            // Where the answer is of one part as a whole, it says no.
            return;
        };
        for answer in &answers.responses {
            let Some(part) = asked.requests.iter().find(|part| part.id == answer.id) else { continue };
            let body = answer.body.as_ref().map_or("", |raw| raw.get());
            if (200..300).contains(&answer.status) {
                self.taken.extend(marks(part.body.as_ref().map_or("", |raw| raw.get())));
            }
            let id = part.url.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(id, _)| id);
            let is_no_more = (200..300).contains(&answer.status) || body.contains("RecordNotFound");
            if let Some(id) = id.filter(|_| part.method == "DELETE" && is_no_more) {
                self.gone.insert(id.to_owned());
            }
        }
    }

    fn learn(&mut self, response: &Response) {
        if let Some(id) = response.header("tidemark-server") {
            id.clone_into(&mut self.known.server_id);
        }
        let text = String::from_utf8_lossy(&response.body);
        for link in text.split('"').filter(|text| text.contains("token=")) {
            self.known.links.push(link.to_owned());
        }
        for etag in text.split("W/\\\"").skip(1).filter_map(|rest| rest.split_once("\\\"")).map(|(etag, _)| etag) {
            self.known.etags.push(format!("W/\"{etag}\""));
        }
        for list in [&mut self.known.links, &mut self.known.etags] {
            let most = 60;
            let extra = list.len().saturating_sub(most);
            list.drain(..extra);
        }
    }

    /// Notes the records that a whole enumeration does not have: that is how a server says that they are gone.
    fn hear_absent(&mut self, request: &Request, response: &Response) {
        let link = request.url.strip_prefix(ROOT).and_then(|path| path.strip_prefix("/odata/"));
        let Some((set, options)) = link.and_then(|link| link.split_once('?')) else { return };
        match options {
            "$count=true" => self.listed.insert(set.to_owned(), String::new()),
            _ if options.contains("$skiptoken=") => None,
            _ => return,
        };
        let text = self.listed.entry(set.to_owned()).or_default();
        text.push_str(&String::from_utf8_lossy(&response.body));
        if response.status == 200 && text.contains("eltaLink") {
            let absent = self.known.ids.iter().filter(|id| self.known.sets.get(*id).is_some_and(|of| *of == set));
            self.gone.extend(absent.filter(|id| !text.contains(id.as_str())).cloned());
        }
    }

    /// Notes the records that an answer says to be gone.
    fn hear_gone(&mut self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        let says_so = ["removed", "deletedEntity", "_IsTombstoned\":true", "RecordNotFound"];
        if says_so.iter().any(|word| text.contains(word)) {
            let ids = self.known.ids.iter().filter(|id| text.contains(id.as_str()));
            self.gone.extend(ids.cloned());
        }
    }
}

#[derive(Deserialize)]
struct Asked {
    requests: Vec<AskedPart>,
}

#[derive(Deserialize)]
struct AskedPart {
    id: String,
    method: String,
    url: String,
    body: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Answers {
    responses: Vec<AnsweredPart>,
}

#[derive(Deserialize)]
struct AnsweredPart {
    id: String,
    status: u16,
    body: Option<Box<RawValue>>,
}

/// Finds the marks in a text: `mark00017x`.
pub(crate) fn marks(text: &str) -> Vec<String> {
    let ends = |at: usize| text[at..].find('x').map(|end| text[at..=at + end].to_owned());
    text.match_indices("mark").filter_map(|(at, _)| ends(at)).filter(|mark| mark.len() == 10).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(120).collect()
}

fn headers(pairs: Vec<(&'static str, String)>) -> HeaderMap {
    let pairs = pairs.into_iter().filter_map(|(name, value)| {
        // A header that no network could carry does not arrive.
        Some((HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    pairs.collect()
}

fn response(status: u16, pairs: Vec<(&'static str, String)>, body: Vec<u8>) -> Response {
    let bytes_received = body.len() as u64;
    Response { status, headers: headers(pairs), body: body.into(), bytes_sent: 100, bytes_received }
}

#[async_trait]
impl Transport for Fiend {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (fate, pause) = {
            let mut carried = self.carried();
            carried.watch(&request);
            let is_slow = carried.wickedness > 0 && carried.dice.hits(5);
            let pause = Duration::from_millis(if is_slow { carried.dice.below(60_000) as u64 } else { 20 });
            (carried.fate(), pause)
        };
        self.time.sleep(pause).await;
        let is_true = matches!(fate, Fate::Truth);
        let response = match fate {
            Fate::Cut(error) => return Err(error),
            Fate::Lost(error) => {
                self.shore.ask(&self.time, request).await;
                return Err(error);
            }
            Fate::Truth => self.shore.ask(&self.time, request.clone()).await,
            Fate::Altered => {
                let response = self.shore.ask(&self.time, request.clone()).await;
                self.carried().altered(response)
            }
            Fate::MadeUp => self.carried().made_up(&request),
        };
        let mut carried = self.carried();
        if carried.is_told {
            let word = if is_true { "true" } else { "LIE" };
            let (sent, got) = (String::from_utf8_lossy(&request.body), String::from_utf8_lossy(&response.body));
            let short = |text: &str| text.chars().take(1_500).collect::<String>();
            println!(
                "  {} {} {}\n    {word} {} {:?} {}",
                request.method,
                cut(&request.url),
                short(&sent),
                response.status,
                response.headers,
                short(&got)
            );
        }
        carried.hear(&request, &response, is_true);
        Ok(response)
    }

    async fn listen(
        &self,
        request: Request,
        _on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync),
    ) -> Result<(), TransportError> {
        self.carried().watch(&request);
        Ok(())
    }
}
