//! What a host says about itself when it opens an [`App`](crate::App), and where the offline database lies unless told.
//!
//! Owns: the options, the platform's data dir, this device's name. Refuses: command lines and windows (the hosts').

use std::path::PathBuf;
use std::time::Duration;

/// How an [`App`](crate::App) is opened.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Whether cycles run by themselves: yes in a window and in `sync --watch`, no for a single command.
    pub background: bool,
    /// The name that the server and its administrators see; this computer's name where missing.
    pub device: Option<String>,
    /// A server that offers the demo, shown on the sign-in screen.
    pub demo_server: Option<String>,
    /// After how long without a sign of life another process's cycle is overtaken, where not after two minutes
    /// (`docs/sync.md`, "A cycle").
    pub overtake_after: Option<Duration>,
}

impl Host {
    /// Returns the options of a host that works once and ends.
    pub fn once() -> Self {
        Self { overtake_after: overtake_after(), ..Self::default() }
    }

    /// Returns the options of a host whose cycles run in the background.
    pub fn background() -> Self {
        Self { background: true, ..Self::once() }
    }
}

/// Reads `TIDEMARK_OVERTAKE_AFTER_MS`, in milliseconds.
fn overtake_after() -> Option<Duration> {
    std::env::var("TIDEMARK_OVERTAKE_AFTER_MS").ok()?.parse().ok().map(Duration::from_millis)
}

/// Returns the data dir that every host uses unless told another one, so that the window and `tidemark` share it:
/// `TIDEMARK_DATA_DIR`, else the platform's place for application files of the user.
pub fn default_data_dir() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("TIDEMARK_DATA_DIR").or_else(|| {
        if cfg!(windows) {
            from("APPDATA").map(|dir| dir.join("Tidemark"))
        } else if cfg!(target_os = "macos") {
            from("HOME").map(|home| home.join("Library/Application Support/Tidemark"))
        } else {
            // The XDG base directory specification wants relative paths ignored.
            let xdg = from("XDG_DATA_HOME").filter(|dir| dir.is_absolute());
            xdg.or_else(|| from("HOME").map(|home| home.join(".local/share"))).map(|dir| dir.join("tidemark"))
        }
    })
}

/// Returns this computer's name, as far as it can be told without asking the network.
pub(crate) fn device_name() -> String {
    let from_env = || std::env::var("COMPUTERNAME").or_else(|_| std::env::var("HOSTNAME")).ok();
    let from_file = || std::fs::read_to_string("/etc/hostname").ok();
    let name = from_file().or_else(from_env).unwrap_or_default();
    match name.trim() {
        "" => "This device".to_owned(),
        name => name.chars().take(100).collect(),
    }
}
