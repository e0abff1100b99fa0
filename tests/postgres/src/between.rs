//! A wire between a program and PostgreSQL on which statements are changed.
//!
//! Owns: enough of the protocol's framing (version 3) to find the text of a statement in what the client says, in simple
//! queries and in statements that are prepared. What the server says passes as it is. Refuses: TLS, which the server is
//! asked for and declines.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// The code of a start-up message; other codes in its place ask for TLS or cancel something.
const START_UP: [u8; 4] = 196_608_u32.to_be_bytes();

/// Changes a statement's text.
pub type Rewrite = fn(&str) -> String;

/// Listens on a free port of this machine for as long as the process lives, and passes every connection on to a server of
/// this machine with its statements rewritten. Returns the port.
///
/// # Panics
/// There is no free port.
pub fn between(server: u16, rewrite: Rewrite) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if let Ok(server) = TcpStream::connect(("127.0.0.1", server)) {
                pass(client, server, rewrite);
            }
        }
    });
    port
}

fn pass(client: TcpStream, server: TcpStream, rewrite: Rewrite) {
    if client.set_nodelay(true).and(server.set_nodelay(true)).is_err() {
        return;
    }
    let (Ok(mut from_server), Ok(mut to_client)) = (server.try_clone(), client.try_clone()) else { return };
    thread::spawn(move || {
        // Either end may break off; then the other is told.
        let _ = io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let mut to_server = server;
        let _ = speak(client, &mut to_server, rewrite);
        let _ = to_server.shutdown(Shutdown::Both);
    });
}

fn speak(mut client: TcpStream, server: &mut TcpStream, rewrite: Rewrite) -> io::Result<()> {
    loop {
        let body = body(&mut client)?;
        send(server, None, &body)?;
        if body.starts_with(&START_UP) {
            break;
        }
    }
    loop {
        let mut kind = [0];
        client.read_exact(&mut kind)?;
        let body = body(&mut client)?;
        let body = match kind[0] {
            b'Q' => rewritten(&body, 0, rewrite),
            b'P' => rewritten(&body, body.iter().position(|byte| *byte == 0).map_or(0, |end| end + 1), rewrite),
            _ => body,
        };
        send(server, Some(kind[0]), &body)?;
    }
}

fn body(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut body = vec![0; (u32::from_be_bytes(length) as usize).saturating_sub(4)];
    client.read_exact(&mut body)?;
    Ok(body)
}

fn send(server: &mut TcpStream, kind: Option<u8>, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len() + 4).map_err(io::Error::other)?;
    let message: Vec<u8> = kind.into_iter().chain(length.to_be_bytes()).chain(body.iter().copied()).collect();
    server.write_all(&message)
}

/// Rewrites the text that begins at `from` and ends with a zero.
fn rewritten(body: &[u8], from: usize, rewrite: Rewrite) -> Vec<u8> {
    let text = &body[from..];
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    let (text, rest) = text.split_at(end);
    let changed = rewrite(&String::from_utf8_lossy(text));
    [&body[..from], changed.as_bytes(), rest].concat()
}
