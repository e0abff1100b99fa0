//! A network that fails on purpose: a proxy on loopback between a device and the server.

use crate::real_time::now;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How the network behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Everything passes.
    Fair,
    /// Connections are refused and those open are cut.
    Cut,
    /// Requests reach the server; its answers are swallowed and the connection is cut.
    RepliesLost,
    /// As `RepliesLost`, for requests that carry changes only: a push's `$batch`, or a write of one record.
    PushRepliesLost,
    /// As `RepliesLost`, for the pages of full enumerations only.
    EnumerationsLost,
    /// As `PushRepliesLost` for one answer; then everything passes again.
    NextPushReplyLost,
    /// A hotel's sign-in page answers everything.
    Portal,
}

/// A gate on the way back: it holds the answer to a request until it is told to let it through.
#[derive(Default)]
struct Gate {
    /// Requests whose bytes hold this text, unpacked where they are packed, are meant.
    pattern: Mutex<Option<String>>,
    /// Whether an answer stands at the gate.
    is_holding: Mutex<bool>,
    turned: Condvar,
}

/// A proxy with weather.
pub struct Network {
    /// What the device takes for the server.
    pub url: String,
    weather: Arc<Mutex<Weather>>,
    stopped: Arc<AtomicBool>,
    /// Answers swallowed so far.
    lost: Arc<AtomicU64>,
    /// Bytes of answers that were passed on so far.
    passed: Arc<AtomicU64>,
    /// Connections are cut once so many bytes of answers were passed on.
    cut_at: Arc<AtomicU64>,
    /// Each answer is cut behind so many bytes.
    cut_each_at: Arc<AtomicU64>,
    gate: Arc<Gate>,
}

impl Network {
    /// Starts a proxy to a server's URL.
    pub fn to(server: &str) -> Self {
        let target = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let weather = Arc::new(Mutex::new(Weather::Fair));
        let (stopped, lost) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (passed, cut_at) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(u64::MAX)));
        let cut_each_at = Arc::new(AtomicU64::new(u64::MAX));
        let gate = Arc::new(Gate::default());
        let sky = Sky {
            target,
            weather: weather.clone(),
            lost: lost.clone(),
            passed: passed.clone(),
            cut_at: cut_at.clone(),
            cut_each_at: cut_each_at.clone(),
            gate: gate.clone(),
        };
        let stop = stopped.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let sky = sky.clone();
                std::thread::spawn(move || sky.carry(client));
            }
        });
        Self { url, weather, stopped, lost, passed, cut_at, cut_each_at, gate }
    }

    /// Changes the weather for everything from now on.
    pub fn set(&self, weather: Weather) {
        *self.weather.lock().expect("no panic while held") = weather;
    }

    /// Returns how many answers were swallowed.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Returns how many bytes of answers were passed on.
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// Cuts every connection, for good, once `bytes` more of answers were passed on; `u64::MAX` never.
    pub fn cut_after(&self, bytes: u64) {
        self.cut_at.store(self.passed().saturating_add(bytes), Ordering::Relaxed);
    }

    /// Cuts the connection behind the first `bytes` of each answer; `u64::MAX` never.
    pub fn cut_each_after(&self, bytes: u64) {
        self.cut_each_at.store(bytes, Ordering::Relaxed);
    }

    /// Holds the answer to the next request that holds `pattern`, unpacked, until [`Network::release`].
    pub fn hold(&self, pattern: &str) {
        *self.gate.pattern.lock().expect("no panic while held") = Some(pattern.to_owned());
    }

    /// Waits until an answer stands at the gate.
    ///
    /// # Panics
    /// When none comes within a minute.
    pub fn wait_until_held(&self) {
        let deadline = now() + Duration::from_secs(60);
        let mut is_holding = self.gate.is_holding.lock().expect("no panic while held");
        while !*is_holding {
            let left = deadline.saturating_duration_since(now());
            assert!(!left.is_zero(), "no answer came to the gate");
            is_holding = self.gate.turned.wait_timeout(is_holding, left).expect("no panic while held").0;
        }
    }

    /// Lets the held answer through.
    pub fn release(&self) {
        // Also when a test that waited in vain is over.
        *self.gate.is_holding.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.gate.turned.notify_all();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.set(Weather::Cut);
        self.release();
        self.stopped.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

#[derive(Clone)]
struct Sky {
    target: String,
    weather: Arc<Mutex<Weather>>,
    lost: Arc<AtomicU64>,
    passed: Arc<AtomicU64>,
    cut_at: Arc<AtomicU64>,
    cut_each_at: Arc<AtomicU64>,
    gate: Arc<Gate>,
}

const PORTAL: &str = "<html><body>Welcome to Hotel Wi-Fi. Please accept the terms.</body></html>";

impl Sky {
    fn now(&self) -> Weather {
        *self.weather.lock().expect("no panic while held")
    }

    fn carry(&self, mut client: TcpStream) {
        match self.now() {
            Weather::Cut => {
                let _ = client.shutdown(Shutdown::Both);
                return;
            }
            Weather::Portal => {
                let mut request = [0; 4096];
                let _ = client.read(&mut request);
                let _ = write!(
                    client,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{PORTAL}",
                    PORTAL.len()
                );
                return;
            }
            _ => {}
        }
        let Ok(server) = TcpStream::connect(&self.target) else { return };
        let (Ok(client_in), Ok(server_out)) = (client.try_clone(), server.try_clone()) else { return };
        let asked = Arc::new(Asked::default());
        let up = self.clone();
        let mark = asked.clone();
        let upward = std::thread::spawn(move || up.pump(client_in, server_out, &mark, true));
        self.pump(server, client, &asked, false);
        let _ = upward.join();
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream, asked: &Asked, upward: bool) {
        let _ = from.set_read_timeout(Some(Duration::from_millis(50)));
        let mut buffer = vec![0; 64 << 10];
        let mut request = Vec::new();
        loop {
            let mut read = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                    if matches!(self.now(), Weather::Cut | Weather::Portal) {
                        break;
                    }
                    continue;
                }
                Err(_) => break,
            };
            if upward {
                let unpacked = note_request(&buffer[..read], &mut request, asked);
                self.gate.note_request(&buffer[..read], &asked.gated);
                self.gate.note_request(&unpacked, &asked.gated);
            } else if asked.gated.swap(false, Ordering::Relaxed) {
                self.gate.stand();
            }
            let weather = self.now();
            let swallow = !upward
                && (weather == Weather::RepliesLost
                    || matches!(weather, Weather::PushRepliesLost | Weather::NextPushReplyLost)
                        && asked.pushing.load(Ordering::Relaxed)
                    || weather == Weather::EnumerationsLost && asked.enumerating.load(Ordering::Relaxed));
            if matches!(weather, Weather::Cut | Weather::Portal) || swallow {
                if swallow {
                    if weather == Weather::NextPushReplyLost {
                        *self.weather.lock().expect("no panic while held") = Weather::Fair;
                    }
                    self.lost.fetch_add(1, Ordering::Relaxed);
                }
                break;
            }
            if !upward {
                let passed = self.passed.load(Ordering::Relaxed);
                if passed >= self.cut_at.load(Ordering::Relaxed) {
                    break;
                }
                let left = self.cut_each_at.load(Ordering::Relaxed).saturating_sub(asked.given.load(Ordering::Relaxed));
                read = read.min(usize::try_from(left).unwrap_or(usize::MAX));
                self.passed.fetch_add(read as u64, Ordering::Relaxed);
                asked.given.fetch_add(read as u64, Ordering::Relaxed);
            }
            if to.write_all(&buffer[..read]).is_err() || read == 0 {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}

/// What the last request on a connection was.
#[derive(Default)]
struct Asked {
    /// Whether it was a push; its answer is what `PushRepliesLost` swallows.
    pushing: AtomicBool,
    /// Whether it was for a page of an enumeration.
    enumerating: AtomicBool,
    /// Whether its answer is to stand at the gate.
    gated: AtomicBool,
    /// Bytes of its answer that were passed on.
    given: AtomicU64,
}

impl Gate {
    fn note_request(&self, bytes: &[u8], gated: &AtomicBool) {
        let mut pattern = self.pattern.lock().expect("no panic while held");
        if pattern.as_ref().is_some_and(|pattern| find(bytes, pattern.as_bytes())) {
            *pattern = None;
            gated.store(true, Ordering::Relaxed);
        }
    }

    /// Keeps an answer here until it is let through.
    fn stand(&self) {
        let mut is_holding = self.is_holding.lock().expect("no panic while held");
        *is_holding = true;
        self.turned.notify_all();
        while *is_holding {
            is_holding = self.turned.wait(is_holding).expect("no panic while held");
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

fn is_write(request: &[u8]) -> bool {
    [&b"\"POST\""[..], b"\"PATCH\"", b"\"PUT\"", b"\"DELETE\""].iter().any(|method| find(request, method))
}

fn is_live_write(request: &[u8]) -> bool {
    let is_below =
        [&b"POST /odata/"[..], b"PATCH /odata/", b"DELETE /odata/"].iter().any(|line| request.starts_with(line));
    is_below && !request.starts_with(b"POST /odata/$batch")
}

/// Notes whether what goes up is a push: its body names writes, unpacked where it is packed, or it writes one record; the
/// batch by which a pull asks for its deltas is neither. `request` is what has gone up of the request so far; returns its body
/// unpacked, once all of a packed one is here.
fn note_request(bytes: &[u8], request: &mut Vec<u8>, asked: &Asked) -> Vec<u8> {
    if find(bytes, b" HTTP/1.1\r\n") {
        request.clear();
        asked.given.store(0, Ordering::Relaxed);
        let is_page = find(bytes, b"GET /odata/") && !find(bytes, b"/odata/$metadata");
        asked.enumerating.store(is_page, Ordering::Relaxed);
        asked.pushing.store(is_live_write(bytes), Ordering::Relaxed);
    }
    request.extend_from_slice(bytes);
    let unpacked = packed_body(request).unwrap_or_default();
    if is_write(request) || is_write(&unpacked) {
        asked.pushing.store(true, Ordering::Relaxed);
    }
    unpacked
}

/// Unpacks a request's body, once all of it is here.
fn packed_body(request: &[u8]) -> Option<Vec<u8>> {
    if !find(request, b"content-encoding: zstd") {
        return None;
    }
    let body = request.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    zstd::decode_all(&request[body..]).ok()
}
