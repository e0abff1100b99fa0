//! What a device asked over its network, and what came back.
//!
//! Owns: reading a request as these tests speak of it. Refuses: what becomes of it (`weather`).

use bytes::Bytes;
use serde_json::Value;
use std::time::Duration;

/// A request that was made.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Milliseconds of the paused time.
    pub(super) at_ms: u64,
    /// Below the server's root.
    pub(super) path: String,
    pub(super) body: Bytes,
    pub(super) prefer: String,
}

impl Asked {
    /// Returns method and URL of the parts of a `$batch`.
    pub(super) fn parts(&self) -> Vec<(String, String)> {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let text = |part: &Value, name: &str| part[name].as_str().unwrap_or_default().to_owned();
        let parts = body["requests"].as_array().into_iter().flatten();
        parts.map(|part| (text(part, "method"), text(part, "url"))).collect()
    }

    /// Tells whether it changes records.
    pub(super) fn is_write(&self) -> bool {
        self.parts().iter().any(|(method, _)| method != "GET")
    }

    /// Returns the link below the service root.
    pub(super) fn link(&self) -> &str {
        self.path.strip_prefix("/odata/").unwrap_or_default()
    }
}

/// An answer that came through.
#[derive(Clone, Debug)]
pub(super) struct Came {
    pub(super) asked: Asked,
    pub(super) body: Bytes,
    pub(super) took: Duration,
    /// Items on the device when it was asked for.
    pub(super) here: u64,
}
