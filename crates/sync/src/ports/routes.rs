//! Noticing that the network came back, without asking anybody over it.
//!
//! Owns: a fingerprint of a machine's routes, as a trait, and this machine's. Refuses: telling whether the server can be
//! reached; only a request does. Where the system shows no routes, the back-off alone decides.

/// The routes of a machine into its networks.
pub trait Routes: Send + Sync {
    /// Returns text that differs when an interface or route came or went.
    fn fingerprint(&self) -> String;
}

/// This machine's routes, where it is a Linux. Made at the rim.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRoutes;

impl Routes for SystemRoutes {
    fn fingerprint(&self) -> String {
        // Only destination, gateway and interface: the counters beside them change all the time.
        let routes = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
        let stable = |line: &str| line.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        routes.lines().skip(1).map(stable).collect::<Vec<_>>().join("\n")
    }
}
