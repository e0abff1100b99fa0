//! A reverse proxy that answers some requests itself, as proxies do: whole requests, one per connection.

use crate::real_time::now;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// A request as it reached the proxy.
#[derive(Clone, Debug)]
pub struct Passing {
    /// Request line and headers.
    pub head: String,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// When it was here.
    pub at: Instant,
}

impl Passing {
    /// Tells whether the body has this text.
    pub fn holds(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

type Rule = Arc<dyn Fn(&Passing) -> Option<String> + Send + Sync>;

/// A proxy with a rule.
pub struct Proxy {
    /// What the device takes for the server.
    pub url: String,
    rule: Arc<Mutex<Rule>>,
    passed: Arc<Mutex<Vec<Passing>>>,
}

impl Proxy {
    /// Starts a proxy to a server's URL; everything passes.
    pub fn to(server: &str) -> Self {
        let target = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let rule: Arc<Mutex<Rule>> = Arc::new(Mutex::new(Arc::new(|_| None)));
        let passed = Arc::new(Mutex::new(Vec::new()));
        let (rules, seen) = (rule.clone(), passed.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (target, rules, seen) = (target.clone(), rules.clone(), seen.clone());
                std::thread::spawn(move || carry(client, &target, &rules, &seen));
            }
        });
        Self { url, rule, passed }
    }

    /// Answers what `rule` has an answer to (see [`html`]) from now on, and lets the rest pass.
    pub fn set(&self, rule: impl Fn(&Passing) -> Option<String> + Send + Sync + 'static) {
        *self.rule.lock().expect("no panic while held") = Arc::new(rule);
    }

    /// Returns the requests so far.
    pub fn passed(&self) -> Vec<Passing> {
        self.passed.lock().expect("no panic while held").clone()
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

fn carry(client: TcpStream, target: &str, rules: &Mutex<Rule>, seen: &Mutex<Vec<Passing>>) -> Option<()> {
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
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut raw = vec![0; length];
    from.read_exact(&mut raw).ok()?;
    let body = if is_packed { zstd::decode_all(raw.as_slice()).ok()? } else { raw.clone() };
    let passing = Passing { head, body, at: now() };
    let rule = Arc::clone(&*rules.lock().ok()?);
    let answer = rule(&passing);
    seen.lock().ok()?.push(passing.clone());
    let mut client = client;
    if let Some(answer) = answer {
        client.write_all(answer.as_bytes()).ok()?;
        return Some(());
    }
    let mut server = TcpStream::connect(target).ok()?;
    server.write_all(format!("{}Connection: close\r\n\r\n", passing.head).as_bytes()).ok()?;
    server.write_all(&raw).ok()?;
    std::io::copy(&mut server, &mut client).ok()?;
    Some(())
}
