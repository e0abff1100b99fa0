//! Noticing that the network came back, without asking anybody over it.
//!
//! Owns: a fingerprint of this machine's routes. Refuses: telling whether the server can be reached; only a request
//! does. Where the system shows no routes, the back-off alone decides.

/// Returns text that differs when an interface or route came or went.
pub(crate) fn fingerprint() -> String {
    // Only destination, gateway and interface: the counters beside them change all the time.
    let routes = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let stable = |line: &str| line.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    routes.lines().skip(1).map(stable).collect::<Vec<_>>().join("\n")
}
