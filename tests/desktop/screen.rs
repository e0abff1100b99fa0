//! The screen that windows open on: the one that is there, else an Xvfb of the test's own.
//!
//! Speaks X11 where WebDriver cannot: the close button of a window belongs to the desktop, not to the page.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState, Window};
use x11rb::rust_connection::RustConnection;

/// A screen; an Xvfb ends with it.
pub(crate) struct Screen {
    /// What `DISPLAY` has to be.
    pub(crate) display: String,
    xvfb: Option<Child>,
}

impl Screen {
    /// Finds or starts a screen.
    pub(crate) fn ready() -> Self {
        match std::env::var("DISPLAY") {
            Ok(display) if !display.is_empty() => Self { display, xvfb: None },
            _ => Self::start(),
        }
    }

    fn start() -> Self {
        let mut xvfb = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x860x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts; Debian has it in the package xvfb");
        let mut number = String::new();
        BufReader::new(xvfb.stdout.take().expect("piped")).read_line(&mut number).expect("Xvfb says its number");
        Self { display: format!(":{}", number.trim()), xvfb: Some(xvfb) }
    }

    /// Returns whether a window with this title is shown.
    pub(crate) fn shows(&self, title: &str) -> bool {
        self.find(&self.connect(), title).is_some()
    }

    /// Does what a press on the window's close button does (ICCCM 4.2.8.1).
    pub(crate) fn press_close(&self, title: &str) {
        let x11 = self.connect();
        let window = self.find(&x11, title).unwrap_or_else(|| panic!("no window {title}"));
        let atom = |name: &[u8]| x11.intern_atom(false, name).expect("sent").reply().expect("an atom").atom;
        let (protocols, delete) = (atom(b"WM_PROTOCOLS"), atom(b"WM_DELETE_WINDOW"));
        let message = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
        x11.send_event(false, window, EventMask::NO_EVENT, message).expect("sent").check().expect("delivered");
    }

    fn connect(&self) -> RustConnection {
        x11rb::connect(Some(&self.display)).expect("the screen answers").0
    }

    fn find(&self, x11: &RustConnection, title: &str) -> Option<Window> {
        // Without a window manager every window is a child of the root.
        let children = x11.query_tree(x11.setup().roots[0].root).expect("sent").reply().expect("a tree").children;
        children.into_iter().find(|window| {
            // A window may go away between two questions.
            let name =
                x11.get_property(false, *window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 256).expect("sent").reply();
            let state = x11.get_window_attributes(*window).expect("sent").reply();
            name.is_ok_and(|name| name.value == title.as_bytes())
                && state.is_ok_and(|state| state.map_state == MapState::VIEWABLE)
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(xvfb) = &mut self.xvfb {
            let _ = xvfb.kill();
            let _ = xvfb.wait();
        }
    }
}
