//! A reverse proxy that answers some requests itself, as proxies do: whole requests, one per connection, before one server
//! or several in turn.
//!
//! Owns: carrying requests and answers, phase by phase. Refuses: when one stands still (`gate`).

use crate::gate::{Gate, Phase};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A request as it reached the proxy.
#[derive(Clone, Debug)]
pub struct Passing {
    /// Request line and headers.
    pub head: String,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// The number of the server whose turn it is.
    pub server: usize,
    /// The server's answer, head and body, where the request stood still behind it.
    pub answer: Vec<u8>,
}

impl Passing {
    /// Tells whether the body has this text.
    pub fn holds(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// Tells whether it is a batch with changes in it.
    pub fn is_push(&self) -> bool {
        self.is_batch() && ["POST", "PATCH", "PUT", "DELETE"].iter().any(|method| self.holds(&format!("\"{method}\"")))
    }

    /// Tells whether it is a batch of questions, such as that for what changed.
    pub fn is_pull(&self) -> bool {
        self.is_batch() && !self.is_push()
    }

    /// Tells whether it asks for a set whole.
    pub fn is_page_of(&self, set: &str) -> bool {
        let rest = self.head.strip_prefix(&format!("GET /odata/{set}"));
        rest.is_some_and(|rest| rest.starts_with(['?', ' ']))
    }

    fn is_batch(&self) -> bool {
        self.head.starts_with("POST /odata/$batch")
    }
}

type Rule = Arc<dyn Fn(&Passing) -> Option<String> + Send + Sync>;

/// A proxy with a rule and a gate.
pub struct Proxy {
    /// What the device takes for the server.
    pub url: String,
    road: Arc<Road>,
}

/// What the proxy's threads share.
struct Road {
    servers: Vec<String>,
    turn: AtomicUsize,
    rule: Mutex<Rule>,
    passed: Mutex<Vec<Passing>>,
    gate: Gate,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
    }
}

impl Proxy {
    /// Starts a proxy to a server's URL; everything passes.
    pub fn to(server: &str) -> Self {
        Self::before(&[server])
    }

    /// Starts a proxy before several servers, which take turns; where one cannot be reached, the next does.
    pub fn before(servers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let servers = servers.iter().map(|server| server.trim_start_matches("http://").to_owned()).collect();
        let rule: Rule = Arc::new(|_| None);
        let (turn, rule, passed) = (AtomicUsize::new(0), Mutex::new(rule), Mutex::default());
        let road = Arc::new(Road { servers, turn, rule, passed, gate: Gate::default() });
        let shared = road.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let road = shared.clone();
                std::thread::spawn(move || road.carry(client));
            }
        });
        Self { url, road }
    }

    /// Has the next request that `which` tells of stand still at a phase, until [`Proxy::go_on`] or [`Proxy::cut`].
    pub fn stop_at(&self, phase: Phase, which: impl FnMut(&Passing) -> bool + Send + 'static) {
        self.road.gate.want(phase, Box::new(which));
    }

    /// Waits until that request stands there, and returns it.
    ///
    /// # Panics
    /// When it does not come within a minute.
    pub fn wait_until_stopped(&self) -> Passing {
        self.road.gate.standing()
    }

    /// Lets the request that stands still go on.
    pub fn go_on(&self) {
        self.road.gate.decide(true);
    }

    /// Ends the connection of the request that stands still, on both sides.
    pub fn cut(&self) {
        self.road.gate.decide(false);
    }

    /// Answers what `rule` has an answer to (see [`html`]) from now on, and lets the rest pass.
    pub fn set(&self, rule: impl Fn(&Passing) -> Option<String> + Send + Sync + 'static) {
        *self.road.rule.lock().expect("no panic while held") = Arc::new(rule);
    }

    /// Returns the requests so far.
    pub fn passed(&self) -> Vec<Passing> {
        self.road.passed.lock().expect("no panic while held").clone()
    }
}

/// Writes a proxy's own answer.
pub fn html(status: &str, headers: &str) -> String {
    let body = format!("<html><body><h1>{status}</h1><hr>proxy</body></html>");
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

impl Road {
    fn carry(&self, mut client: TcpStream) -> Option<()> {
        let (mut passing, raw) = self.read(&client)?;
        let rule = Arc::clone(&*self.rule.lock().ok()?);
        let answer = rule(&passing);
        self.passed.lock().ok()?.push(passing.clone());
        if let Some(answer) = answer {
            client.write_all(answer.as_bytes()).ok()?;
            return Some(());
        }
        let stop = self.gate.claim(&passing);
        let pass = |phase, passing: &Passing| (stop != Some(phase) || self.gate.stand(passing)).then_some(());
        pass(Phase::Reached, &passing)?;
        let mut server = self.connect(passing.server)?;
        let mut head = passing.head.clone();
        if stop > Some(Phase::Forwarded) {
            // Whoever stops behind an answer wants to read it.
            head = without(&head, "accept-encoding:");
        }
        server.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).ok()?;
        server.write_all(&raw).ok()?;
        pass(Phase::Forwarded, &passing)?;
        if stop.is_none() {
            std::io::copy(&mut server, &mut client).ok()?;
            return Some(());
        }
        server.read_to_end(&mut passing.answer).ok()?;
        pass(Phase::Answered, &passing)?;
        let (first, rest) = passing.answer.split_at(passing.answer.len() / 2);
        client.write_all(first).ok()?;
        pass(Phase::PartlyPassed, &passing)?;
        client.write_all(rest).ok()
    }

    /// Reads a request; returns it, and its body as it came.
    fn read(&self, client: &TcpStream) -> Option<(Passing, Vec<u8>)> {
        let mut from = BufReader::new(client.try_clone().ok()?);
        let (mut head, mut length, mut is_packed) = (String::new(), 0, false);
        loop {
            let mut line = String::new();
            if from.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            is_packed |= lower.starts_with("content-encoding: zstd");
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let mut raw = vec![0; length];
        from.read_exact(&mut raw).ok()?;
        let body = if is_packed { zstd::decode_all(raw.as_slice()).ok()? } else { raw.clone() };
        let server = self.turn.fetch_add(1, Ordering::Relaxed) % self.servers.len();
        Some((Passing { head: without(&head, "connection:"), body, server, answer: Vec::new() }, raw))
    }

    fn connect(&self, first: usize) -> Option<TcpStream> {
        (first..first + self.servers.len())
            .find_map(|turn| TcpStream::connect(&self.servers[turn % self.servers.len()]).ok())
    }
}

fn without(head: &str, name: &str) -> String {
    head.split_inclusive('\n').filter(|line| !line.to_ascii_lowercase().starts_with(name)).collect()
}
