//! A server small enough to be read, behind a network that is slow or breaks on request.
//!
//! It shares no code with the real one: a log of versions per set, tokens that are plain numbers, pages of the size asked.

use crate::cycle::Engine;
use crate::lock_files::LockFiles;
use crate::ports::Ports;
use crate::report::CycleReport;
use crate::routes::SystemRoutes;
use crate::transport::{Request, Response, Transport, TransportError};
use async_trait::async_trait;
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidemark_model::ports::{Clock, Entropy, Ids, Timer, Wait};
use tidemark_model::query::Query;
use tidemark_model::{CACHED_ENTITIES, EntityModel, RecordId};
use tidemark_odata::{Code, MODEL_HEADER};
use tidemark_store::{Account, Only, Position, Store};
use uuid::Uuid;

pub(super) const ITEMS: &str = "TodoItems";
pub(super) const LISTS: &str = "TodoLists";

/// What is wrong with a set.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    Status(u16, &'static str),
    Page(&'static str),
    /// The batch's answer leaves the set out.
    Missing,
    /// A batch that names the set fails whole, and the set alone too.
    WholeBatch(u16),
}

/// What another process does on the device.
type Deed = Box<dyn FnOnce(&Store) + Send>;

/// A page that was given.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) set: String,
    pub(super) asked: u32,
    pub(super) given: u64,
    pub(super) took: Duration,
    /// Records of the set on the device when the page was asked for.
    pub(super) here: u64,
}

#[derive(Default)]
pub(super) struct Scripted {
    sequence: u64,
    /// Per set and record: the change that made the newest version, and its body.
    records: HashMap<String, BTreeMap<RecordId, (u64, Value)>>,
    pub(super) faults: HashMap<String, Fault>,
    pub(super) refuse_writes: Option<u16>,
    pub(super) lose_write_answers: bool,
    /// Answers that still come through.
    pub(super) break_after: Option<u32>,
    pub(super) bytes_per_second: Option<u64>,
    /// The link breaks within an answer that is longer.
    pub(super) cut_over: Option<usize>,
    /// The most records of an ordinary list's page.
    pub(super) most_in_a_list: usize,
    /// Pages of ordinary lists that still come through.
    pub(super) lists_left: Option<u32>,
    /// Done while the next answer is on its way.
    pub(super) meanwhile: Option<Deed>,
    /// The model that enumerations name.
    pub(super) names_model: Option<&'static str>,
    /// The header of an enumeration's page names a next page further on than the page itself does.
    pub(super) skips_in_the_header: bool,
    /// Old links answer 410 `HistoryLost`.
    pub(super) restored: bool,
    pub(super) log: Vec<String>,
    pub(super) pages: Vec<Given>,
    /// Items given in pages that came through.
    pub(super) given: u64,
    pub(super) writes: u64,
    answered: HashMap<String, Value>,
}

impl Scripted {
    pub(super) fn put(&mut self, set: &str, n: u64, title: &str) {
        self.put_id(set, RecordId(Uuid::from_u64_pair(1, n)), json!(title));
    }

    pub(super) fn put_id(&mut self, set: &str, id: RecordId, title: Value) {
        let name = if set == LISTS { "Name" } else { "Title" };
        self.write(set, id, json!({ name: title }));
    }

    fn write(&mut self, set: &str, id: RecordId, mut body: Value) -> String {
        self.sequence += 1;
        let etag = format!("W/\"{}\"", self.sequence);
        body["Id"] = json!(id.to_string());
        body["@etag"] = json!(etag);
        body["_UpdatedAt"] = json!(self.sequence);
        body["_IsTombstoned"] = json!(false);
        body["_UpdatedBy"] = json!("bob");
        self.records.entry(set.to_owned()).or_default().insert(id, (self.sequence, body));
        etag
    }

    /// Answers a GET below the service root: status, body.
    fn read(&mut self, link: &str, prefer: &str, here: u64) -> (u16, Value) {
        self.log.push(link.to_owned());
        let (set, query) = link.split_once('?').unwrap_or((link, ""));
        if set == "$metadata" {
            return (200, model().document().clone());
        }
        match self.faults.get(set) {
            Some(Fault::Status(status, code)) => return (*status, error(code)),
            Some(Fault::WholeBatch(status)) => return (*status, error("Bad")),
            Some(Fault::Page(text)) => return (200, serde_json::from_str(text).unwrap()),
            Some(Fault::Missing) | None => {}
        }
        let asked = prefer.split("maxpagesize=").nth(1).and_then(|n| n.parse::<u32>().ok()).unwrap_or(1_000);
        let of_set = self.records.get(set);
        let token = |name: &str| query.split_once(name).map(|(_, token)| token.to_owned());
        let history = if self.restored { "b" } else { "a" };
        let mut page: Vec<Value> = Vec::new();
        let mut end = json!({});
        let delta = token("$deltatoken=").or_else(|| token("$skiptoken=d"));
        if let Some(token) = delta {
            let Some(from) = token.strip_prefix(history) else {
                return if token == "refused" {
                    (400, error(Code::BadRequest.as_str()))
                } else {
                    (410, error(Code::HistoryLost.as_str()))
                };
            };
            let from: u64 = from.parse().unwrap();
            let mut changed: Vec<_> = of_set.into_iter().flatten().map(|(_, r)| r).filter(|r| r.0 > from).collect();
            changed.sort_by_key(|r| r.0);
            if changed.is_empty() && from == self.sequence {
                return (304, Value::Null);
            }
            let more = changed.len() > asked as usize;
            changed.truncate(asked as usize);
            page.extend(changed.iter().map(|r| r.1.clone()));
            end = match (more, changed.last()) {
                (true, Some(last)) => json!({ "@nextLink": format!("{set}?$skiptoken=d{history}{}", last.0) }),
                _ => json!({ "@deltaLink": format!("{set}?$deltatoken={history}{}", self.sequence) }),
            };
        } else if let Some((_, list)) = query.split_once("$filter=") {
            let wanted: Vec<_> =
                of_set.into_iter().flatten().filter(|(id, _)| list.contains(&id.to_string())).collect();
            let skip = token("$skip=").map_or(0, |n| n.parse().unwrap());
            let most = if self.most_in_a_list == 0 { 1_000 } else { self.most_in_a_list };
            page.extend(wanted.iter().skip(skip).take(most).map(|(_, r)| r.1.clone()));
            if skip + page.len() < wanted.len() {
                let base = link.split("&$skip=").next().unwrap();
                end = json!({ "@nextLink": format!("{base}&$skip={}", skip + page.len()) });
            }
        } else {
            let (start, after) = match token("$skiptoken=e") {
                Some(token) => {
                    let Some(token) = token.strip_prefix(history) else {
                        return (410, error(Code::HistoryLost.as_str()));
                    };
                    let (start, after) = token.split_once('.').unwrap();
                    (start.parse().unwrap(), Some(RecordId(after.parse().unwrap())))
                }
                None => (self.sequence, None),
            };
            let rest: Vec<_> =
                of_set.into_iter().flatten().filter(|(id, _)| after.is_none_or(|after| **id > after)).collect();
            page.extend(rest.iter().take(asked as usize).map(|(_, r)| r.1.clone()));
            end = match rest.get(asked as usize - 1).filter(|_| rest.len() > asked as usize) {
                Some((last, _)) => json!({ "@nextLink": format!("{set}?$skiptoken=e{history}{start}.{last}") }),
                None => json!({ "@deltaLink": format!("{set}?$deltatoken={history}{start}") }),
            };
        }
        let given = page.len() as u64;
        self.pages.push(Given { set: set.to_owned(), asked, given, took: Duration::ZERO, here });
        end["value"] = json!(page);
        (200, end)
    }

    /// Answers a `$batch`.
    fn batch(&mut self, body: &Value, here: u64) -> (u16, Value) {
        let parts = body["requests"].as_array().unwrap();
        let set_of = |part: &Value| part["url"].as_str().unwrap().split(['?', '(']).next().unwrap().to_owned();
        let is_write = parts.iter().any(|part| part["method"] != "GET");
        for part in parts {
            match self.faults.get(&set_of(part)) {
                Some(Fault::WholeBatch(status)) if !is_write => return (*status, error("Bad")),
                _ => {}
            }
        }
        if is_write {
            self.log.push(format!("write {}", parts.len()));
            if let Some(status) = self.refuse_writes {
                return (status, error("Internal"));
            }
        } else {
            self.log.push(format!("deltas {}", parts.len()));
        }
        let mut answers = Vec::new();
        for part in parts {
            let set = set_of(part);
            let answer = if is_write {
                self.writes += 1;
                let request = part["headers"]["repeatability-request-id"].to_string();
                let etag = match self.answered.get(&request) {
                    Some(etag) => etag.clone(),
                    None => {
                        let body = &part["body"];
                        let id = RecordId(body["Id"].as_str().unwrap().parse().unwrap());
                        let etag = json!(self.write(&set, id, body.clone()));
                        self.answered.insert(request, etag.clone());
                        etag
                    }
                };
                json!({ "id": part["id"], "status": 204, "headers": { "etag": etag } })
            } else {
                if matches!(self.faults.get(&set), Some(Fault::Missing)) {
                    continue;
                }
                let prefer = part["headers"]["prefer"].as_str().unwrap_or_default();
                let (status, body) = self.read(part["url"].as_str().unwrap(), prefer, here);
                json!({ "id": part["id"], "status": status, "body": body })
            };
            answers.push(answer);
        }
        (200, json!({ "responses": answers }))
    }
}

fn error(code: &str) -> Value {
    json!({ "error": { "code": code, "message": "The server says no" } })
}

fn model() -> EntityModel {
    EntityModel::parse(EntityModel::default_document()).unwrap().with_cached_entities().unwrap()
}

/// A clock that only the network and waiting move, and ids without chance.
#[derive(Clone, Default)]
struct Fixed(Arc<Moved>);

#[derive(Default)]
struct Moved {
    monotonic_ms: AtomicU64,
    ids: AtomicU64,
}

impl Clock for Fixed {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000 + self.0.monotonic_ms.load(Ordering::Relaxed) as i64
    }
    fn monotonic_ms(&self) -> u64 {
        self.0.monotonic_ms.load(Ordering::Relaxed)
    }
}

impl Timer for Fixed {
    fn sleep(&self, duration: Duration) -> Wait {
        let moved = self.0.clone();
        Box::pin(async move {
            moved.monotonic_ms.fetch_add(duration.as_millis() as u64, Ordering::Relaxed);
        })
    }
}

impl Entropy for Fixed {
    fn fraction(&self) -> f64 {
        0.5
    }
}

impl Ids for Fixed {
    fn fresh(&self) -> RecordId {
        RecordId(Uuid::from_u64_pair(7, self.0.ids.fetch_add(1, Ordering::Relaxed)))
    }
}

struct Wire {
    server: Arc<Mutex<Scripted>>,
    clock: Fixed,
    store: Store,
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let here = self.store.count(ITEMS, &Query::default(), Only::All).unwrap_or(0);
        let mut server = self.server.lock().unwrap();
        let pages = server.pages.len();
        let path = request.url.split_once("/odata/").map(|(_, link)| link.to_owned()).unwrap();
        let broken = || Err(TransportError::Unreachable("the link broke".into()));
        let is_over = |left: &mut u32| {
            let is_over = *left == 0;
            *left = left.saturating_sub(1);
            is_over
        };
        let is_broken = server.break_after.as_mut().is_some_and(is_over)
            || path.contains("$filter=") && server.lists_left.as_mut().is_some_and(is_over);
        if is_broken {
            server.log.push(format!("broken {path}"));
            return broken();
        }
        let prefer = request.headers.iter().find(|(name, _)| *name == "prefer").map_or("", |(_, value)| value);
        let (status, body, is_write) = if path == "$batch" {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let writes = server.writes;
            let (status, answer) = server.batch(&body, here);
            (status, answer, server.writes > writes)
        } else {
            let (status, answer) = server.read(&path, prefer, here);
            (status, answer, false)
        };
        if let Some(deed) = server.meanwhile.take() {
            deed(&self.store);
        }
        if is_write && server.lose_write_answers {
            return broken();
        }
        let text = body.to_string();
        if server.cut_over.is_some_and(|most| text.len() > most) {
            return Err(TransportError::BrokeWithin("the link broke".into()));
        }
        let took = server.bytes_per_second.map_or(0, |rate| text.len() as u64 * 1_000 / rate);
        self.clock.0.monotonic_ms.fetch_add(took, Ordering::Relaxed);
        let mut given = 0;
        for page in &mut server.pages[pages..] {
            page.took = Duration::from_millis(took);
            given += if page.set == ITEMS { page.given } else { 0 };
        }
        server.given += given;
        let mut headers = HeaderMap::new();
        headers.insert("tidemark-server", "s1".parse().unwrap());
        if let Some(next) = body.get("@nextLink").and_then(Value::as_str) {
            let next = if server.skips_in_the_header { further(next) } else { next.to_owned() };
            headers.insert("link", format!("<{next}>; rel=\"next\"").parse().unwrap());
        }
        if let Some(name) = server.names_model.filter(|_| path.contains("$count=true")) {
            headers.insert(MODEL_HEADER, name.parse().unwrap());
        }
        let bytes = text.len() as u64;
        Ok(Response { status, headers, body: text.into(), bytes_sent: 100, bytes_received: bytes })
    }

    async fn listen(&self, _: Request, _: &(dyn for<'s> Fn(&'s str) + Send + Sync)) -> Result<(), TransportError> {
        Ok(())
    }
}

/// The link of the page behind the next one.
fn further(next: &str) -> String {
    let Some((head, after)) = next.rsplit_once('.') else { return next.to_owned() };
    let (high, n) = after.parse::<Uuid>().unwrap().as_u64_pair();
    format!("{head}.{}", Uuid::from_u64_pair(high, n + 100))
}

/// A device and its server.
pub(super) struct World {
    server: Arc<Mutex<Scripted>>,
    engine: Engine,
    _dir: tempfile::TempDir,
}

impl World {
    /// Makes a device that has synced once with these sets kept offline.
    pub(super) async fn new(sets: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let fixed = Fixed::default();
        let clock = Arc::new(fixed.clone());
        let store = Store::open(dir.path(), clock.clone(), clock.clone()).unwrap();
        let account = json!({
            "server": "http://s", "user": "ann", "workspace": "w", "token": "t", "server_id": "s1", "signed_out": false
        });
        store.sign_in(&serde_json::from_value::<Account>(account).unwrap()).unwrap();
        store.lease().unwrap().adopt_model(&model().document().to_string()).unwrap();
        let server = Arc::new(Mutex::new(Scripted::default()));
        let wire = Arc::new(Wire { server: server.clone(), clock: fixed, store: store.clone() });
        let ports = Ports {
            clock: clock.clone(),
            timer: clock.clone(),
            entropy: clock,
            transport: wire,
            guard: Arc::new(LockFiles),
            routes: Arc::new(SystemRoutes),
        };
        let world = Self { server, engine: Engine::new(store, ports), _dir: dir };
        for set in sets {
            world.tick(set);
        }
        world.cycle().await;
        let report = world.cycle().await;
        assert_eq!(report.error, None);
        world.server(|server| {
            server.log.clear();
            server.pages.clear();
            (server.given, server.writes) = (0, 0);
        });
        world
    }

    pub(super) fn server<T>(&self, f: impl FnOnce(&mut Scripted) -> T) -> T {
        f(&mut self.server.lock().unwrap())
    }

    pub(super) async fn cycle(&self) -> CycleReport {
        self.engine.cycle().await
    }

    pub(super) fn tick(&self, set: &str) {
        self.engine.store.cache(set).unwrap();
    }

    /// Has a set enumerated anew by the next cycle.
    pub(super) fn forget(&self, set: &str) {
        self.tick(set);
        self.place(set, &Position::Start { restored: false });
    }

    /// Puts a link where a set's feed is followed from.
    pub(super) fn point(&self, set: &str, link: &str) {
        self.place(set, &Position::Delta { link: link.to_owned() });
    }

    fn place(&self, set: &str, position: &Position) {
        let positions = self.engine.store.lease().unwrap().positions().unwrap();
        let from = positions.iter().find(|from| from.set() == set && set != CACHED_ENTITIES).unwrap();
        self.engine.store.lease().unwrap().pull(|tx| tx.onto(from)?.move_to(position)).unwrap();
    }

    pub(super) fn add(&self, set: &str, title: &str) -> RecordId {
        let body = json!({ "Title": title });
        self.engine.store.add(set, body.as_object().unwrap()).unwrap().record.id
    }

    pub(super) fn count(&self, set: &str) -> u64 {
        self.engine.store.count(set, &Query::default(), Only::All).unwrap()
    }

    pub(super) fn titles(&self, set: &str) -> Vec<String> {
        let found = self.engine.store.list(set, &Query::default(), Only::All).unwrap();
        found.iter().map(|local| local.record.get("Title").as_str().unwrap_or_default().to_owned()).collect()
    }
}
