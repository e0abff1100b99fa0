//! The desktop that windows open on: a screen (the one that is there, else an Xvfb) and a session bus of the test's own.
//!
//! Speaks X11 where WebDriver cannot: the close button of a window belongs to the desktop, not to the page.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState, Window};
use x11rb::rust_connection::RustConnection;

/// A screen and a session bus; what the test started ends with it.
pub(crate) struct Screen {
    /// What `DISPLAY` has to be.
    pub(crate) display: String,
    /// What `DBUS_SESSION_BUS_ADDRESS` has to be.
    pub(crate) bus: String,
    started: Vec<Child>,
}

impl Screen {
    /// Finds or starts a screen, and starts a bus.
    pub(crate) fn ready() -> Self {
        let mut started = Vec::new();
        let display = std::env::var("DISPLAY").ok().filter(|display| !display.is_empty()).unwrap_or_else(|| {
            // Without -noreset it starts afresh whenever its last client leaves, and a window that opens just then fails.
            let arguments = ["-displayfd", "1", "-screen", "0", "1280x860x24", "-nolisten", "tcp", "-noreset"];
            format!(":{}", first_line("Xvfb", &arguments, "xvfb", &mut started))
        });
        let arguments = ["--session", "--nofork", "--nopidfile", "--print-address"];
        let bus = first_line("dbus-daemon", &arguments, "dbus-daemon", &mut started);
        Self { display, bus, started }
    }

    /// Returns how many windows with this title are shown.
    pub(crate) fn count(&self, title: &str) -> usize {
        self.find(&self.connect(), title).len()
    }

    /// Does what a press on the window's close button does (ICCCM 4.2.8.1).
    pub(crate) fn press_close(&self, title: &str) {
        let x11 = self.connect();
        let window = *self.find(&x11, title).first().unwrap_or_else(|| panic!("no window {title}"));
        let atom = |name: &[u8]| x11.intern_atom(false, name).expect("sent").reply().expect("an atom").atom;
        let (protocols, delete) = (atom(b"WM_PROTOCOLS"), atom(b"WM_DELETE_WINDOW"));
        let message = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
        x11.send_event(false, window, EventMask::NO_EVENT, message).expect("sent").check().expect("delivered");
    }

    fn connect(&self) -> RustConnection {
        x11rb::connect(Some(&self.display)).expect("the screen answers").0
    }

    fn find(&self, x11: &RustConnection, title: &str) -> Vec<Window> {
        // Without a window manager every window is a child of the root.
        let children = x11.query_tree(x11.setup().roots[0].root).expect("sent").reply().expect("a tree").children;
        // A window may go away between two questions.
        let is_it = |window: &Window| {
            let name =
                x11.get_property(false, *window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 256).expect("sent").reply();
            let state = x11.get_window_attributes(*window).expect("sent").reply();
            name.is_ok_and(|name| name.value == title.as_bytes())
                && state.is_ok_and(|state| state.map_state == MapState::VIEWABLE)
        };
        children.into_iter().filter(is_it).collect()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        for child in &mut self.started {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Starts a program that says in its first line where it can be reached.
fn first_line(program: &str, arguments: &[&str], package: &str, started: &mut Vec<Child>) -> String {
    let mut command = Command::new(program);
    let spawned = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child =
        spawned.unwrap_or_else(|error| panic!("{program}: {error}; Debian has it in the package {package}"));
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it says where it is");
    started.push(child);
    line.trim().to_owned()
}
