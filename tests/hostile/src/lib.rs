//! Everything of Tidemark that reads what others wrote, as targets: a name, and a function of bytes that must neither panic
//! nor hang, whatever they are, and that asserts what can be said of any input.
//!
//! Owns: the targets, which the standing test and the coverage-guided fuzzer (`fuzz/`) call alike. Refuses: inputs; those
//! are the corpus (`corpus/`) and the generators of `tests/parsers`. Each target goes through what a crate makes public.

mod bodies;
mod files;
mod machine;
mod models;
mod replies;
mod requests;
mod urls;

/// A reader of foreign bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is that of its corpus and of its fuzz target.
    pub name: &'static str,
    /// Has it read.
    pub read: fn(&[u8]),
    /// Bytes that it may need at the most: this many for each byte of the input, beside a fixed part.
    pub bytes_per_byte: usize,
    /// That fixed part: buffers, caches, a statement's plan.
    pub fixed_bytes: usize,
}

const FIXED_BYTES: usize = 2 << 20;
/// A sign-in that has a password hashes it, and argon2id takes 19 MiB for that on purpose.
const SIGN_IN_BYTES: usize = 20 << 20;

/// Returns every target.
pub fn targets() -> Vec<Target> {
    let target = |name, read, bytes_per_byte| Target { name, read, bytes_per_byte, fixed_bytes: FIXED_BYTES };
    vec![
        target("filter", urls::filter, 600),
        target("url", urls::url, 600),
        target("headers", urls::headers, 200),
        target("batch", bodies::batch, 600),
        target("page", bodies::page, 600),
        target("record", bodies::record, 600),
        target("error", bodies::error, 600),
        target("csdl", models::csdl, 3_000),
        target("reply", replies::reply, 600),
        Target { fixed_bytes: FIXED_BYTES + SIGN_IN_BYTES, ..target("request", requests::request, 3_000) },
        target("import", files::import, 3_000),
        target("outbox_log", files::outbox_log, 3_000),
        target("client_database", files::client_database, 3_000),
        target("server_database", files::server_database, 3_000),
    ]
}

/// Has a target read; for the fuzzer.
///
/// # Panics
/// There is no such target, or it found a fault.
pub fn read(name: &str, bytes: &[u8]) {
    let target = targets().into_iter().find(|target| target.name == name).expect("a target of that name");
    (target.read)(bytes);
}
