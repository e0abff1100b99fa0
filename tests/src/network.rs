//! A network that fails on purpose: a proxy on loopback between a device and the server.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
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
    /// As `RepliesLost`, for requests to `$batch` that carry changes only.
    PushRepliesLost,
    /// As `RepliesLost`, for the pages of full enumerations only.
    EnumerationsLost,
    /// The server's answers to `$batch`, of a push or of a pull, wait at the proxy until the weather changes.
    BatchRepliesHeld,
    /// A hotel's sign-in page answers everything.
    Portal,
}

/// A proxy with weather.
pub struct Network {
    /// What the device takes for the server.
    pub url: String,
    weather: Arc<(Mutex<Weather>, Condvar)>,
    stopped: Arc<AtomicBool>,
    /// Answers swallowed so far.
    lost: Arc<AtomicU64>,
    /// Answers held so far.
    held: Arc<AtomicU64>,
}

impl Network {
    /// Starts a proxy to a server's URL.
    pub fn to(server: &str) -> Self {
        let target = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let weather = Arc::new((Mutex::new(Weather::Fair), Condvar::new()));
        let (stopped, lost) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let held = Arc::new(AtomicU64::new(0));
        let sky = Sky { target, weather: weather.clone(), lost: lost.clone(), held: held.clone() };
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
        Self { url, weather, stopped, lost, held }
    }

    /// Changes the weather for everything from now on.
    pub fn set(&self, weather: Weather) {
        *self.weather.0.lock().expect("no panic while held") = weather;
        self.weather.1.notify_all();
    }

    /// Returns how many answers were swallowed.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Returns how many answers were made to wait.
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.set(Weather::Cut);
        self.stopped.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

#[derive(Clone)]
struct Sky {
    target: String,
    weather: Arc<(Mutex<Weather>, Condvar)>,
    lost: Arc<AtomicU64>,
    held: Arc<AtomicU64>,
}

/// What the last bytes sent to the server on one connection were.
#[derive(Default)]
struct Asked {
    push: AtomicBool,
    batch: AtomicBool,
    enumeration: AtomicBool,
}

const PORTAL: &str = "<html><body>Welcome to Hotel Wi-Fi. Please accept the terms.</body></html>";

impl Sky {
    fn now(&self) -> Weather {
        *self.weather.0.lock().expect("no panic while held")
    }

    /// Holds an answer until the weather is another.
    fn hold(&self) {
        self.held.fetch_add(1, Ordering::Relaxed);
        let weather = self.weather.0.lock().expect("no panic while held");
        let changed = self.weather.1.wait_while(weather, |weather| *weather == Weather::BatchRepliesHeld);
        drop(changed.expect("no panic while held"));
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
        loop {
            let read = match from.read(&mut buffer) {
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
                note_request(&buffer[..read], asked);
            } else if self.now() == Weather::BatchRepliesHeld && asked.batch.load(Ordering::Relaxed) {
                self.hold();
            }
            let weather = self.now();
            let swallow = !upward
                && (weather == Weather::RepliesLost
                    || weather == Weather::PushRepliesLost && asked.push.load(Ordering::Relaxed)
                    || weather == Weather::EnumerationsLost && asked.enumeration.load(Ordering::Relaxed));
            if matches!(weather, Weather::Cut | Weather::Portal) || swallow {
                if swallow {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                }
                break;
            }
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

fn is_write(request: &[u8]) -> bool {
    [&b"\"POST\""[..], b"\"PATCH\"", b"\"PUT\"", b"\"DELETE\""].iter().any(|method| find(request, method))
}

/// Notes whether what goes up is a push: its body names writes, or is large enough to be compressed; the batch by which
/// a pull asks for its deltas is neither.
fn note_request(bytes: &[u8], asked: &Asked) {
    let begins = find(bytes, b" HTTP/1.1\r\n");
    let is_push = is_write(bytes) || begins && find(bytes, b"content-encoding: zstd");
    if begins || is_push {
        asked.push.store(is_push, Ordering::Relaxed);
    }
    if begins {
        let is_page = find(bytes, b"GET /odata/") && !find(bytes, b"/odata/$metadata");
        asked.enumeration.store(is_page, Ordering::Relaxed);
        asked.batch.store(find(bytes, b"/odata/$batch HTTP/1.1"), Ordering::Relaxed);
    }
}
