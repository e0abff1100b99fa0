//! The whole loop on a real desktop: the real window, server, network and second device (issue 2, item 6).
//!
//! Runs when `TIDEMARK_DESKTOP=1` (`cargo xtask test` sets it), since it needs WebKitWebDriver and a screen; pictures
//! of what was seen go to `artifacts/desktop`.

mod conflicts;
mod screen;
mod welcome;
mod window;

use screen::Screen;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use thirtyfour::Key;
use tidemark_tests::{Device, Network, Server, Weather, eventually, pause, program};
use window::Window;

/// How soon a change has to be on the other side.
const SOON: Duration = Duration::from_secs(20);

/// One window at a time: two cores drive one WebKit well and two badly.
static SCREEN: Mutex<()> = Mutex::new(());

fn wanted() -> Option<MutexGuard<'static, ()>> {
    if std::env::var("TIDEMARK_DESKTOP").as_deref() != Ok("1") {
        eprintln!("left out: the desktop test runs with TIDEMARK_DESKTOP=1");
        return None;
    }
    Some(SCREEN.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A window that ana has signed in on, with TodoItems kept offline, and everything around it.
struct Desk {
    window: Window,
    network: Network,
    server: Server,
    data_dir: TempDir,
    screen: Screen,
}

impl Desk {
    fn new() -> Self {
        let (screen, server) = (Screen::ready(), Server::start());
        let (network, data_dir) = (Network::to(&server.url), folder());
        let window = Window::open(&screen, data_dir.path(), &network.url);
        window.fill("sign-in-server", &network.url);
        window.fill("sign-in-name", "ana");
        window.fill("sign-in-password", "ana-secret");
        window.picture("1-sign-in");
        window.click("sign-in-submit");
        window.click("entity-switch-TodoItems");
        window.read("first-choice-done", "Start working");
        window.picture("2-first-choice");
        window.click("first-choice-done");
        window.see("quick-add");
        // The choice itself is a record that has to reach the server.
        window.read("status-text", "Up to date");
        Self { window, network, server, data_dir, screen }
    }

    /// Adds an item in the quick-add line, and waits until it stands in the list.
    fn add(&self, title: &str) {
        self.window.fill("quick-add", title);
        self.window.press("quick-add", Key::Enter);
        self.window.read("task-title", title);
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Returns the one item with this title, when it is there.
fn titled(device: &Device, title: &str) -> Option<Value> {
    device.sync();
    device.list("TodoItems").into_iter().find(|item| item["Title"] == title)
}

#[test]
fn work_reaches_a_colleague_and_comes_back() {
    let Some(_alone) = wanted() else { return };
    let desk = Desk::new();
    let Desk { window, network, server, .. } = &desk;
    let colleague = Device::signed_in(&server.url, "ben", &["TodoItems"]);

    desk.add("Check pump 3");
    eventually("the item is with the colleague", SOON, || titled(&colleague, "Check pump 3").is_some());
    window.read("status-text", "Up to date");
    window.picture("3-added");

    let item = titled(&colleague, "Check pump 3").expect("just seen");
    let id = item["Id"].as_str().expect("an id");
    colleague.edit("TodoItems", id, &json!({ "Title": "Check pump 3 and its valve" }));
    colleague.sync();
    window.read("task-title", "Check pump 3 and its valve");
    window.picture("4-edited-by-a-colleague");

    network.set(Weather::Cut);
    window.click_the("task-title", "Check pump 3 and its valve");
    window.fill("detail-title", "Check pump 3, valve and gauge");
    window.press("detail-title", Key::Enter);
    window.read("status-text", "Offline, 1 change saved here");
    window.read("task-title", "Check pump 3, valve and gauge");
    window.picture("5-offline");
    // Trying again is no contact: the line says nothing else before the server has answered (promise 9).
    window.keeps_saying("status-text", "Offline, 1 change saved here", Duration::from_secs(6));

    network.set(Weather::Fair);
    window.read("status-text", "Up to date");
    let arrived = || titled(&colleague, "Check pump 3, valve and gauge").is_some();
    eventually("the edit is with the colleague", SOON, arrived);
    window.picture("6-back-online");
}

#[test]
fn an_entity_set_is_switched_on_and_off() {
    let Some(_alone) = wanted() else { return };
    let desk = Desk::new();
    let Desk { window, network, server, data_dir, .. } = &desk;
    let colleague = Device::signed_in(&server.url, "ben", &["Sites"]);
    colleague.add("Sites", &json!({ "Name": "Pumping station north" }));
    colleague.sync();
    let offline = |set: &str| {
        let rows = tidemark(data_dir.path(), &["entities"]);
        rows.as_array().expect("an array").iter().any(|row| row["name"] == set && row["offline"] == true)
    };

    window.click("nav-settings");
    window.click("entity-switch-Sites");
    window.read("entity-row-Sites", "Available offline");
    eventually("the site is here", SOON, || tidemark(data_dir.path(), &["list", "Sites"])[0]["Name"].is_string());
    assert!(offline("Sites"));
    window.picture("7-settings");
    window.click("nav-Sites");
    window.read("record-title", "Pumping station north");
    window.picture("8-sites");

    window.click("nav-settings");
    window.click("entity-switch-Sites");
    window.read_no("entity-row-Sites", "Available offline");
    eventually("the set is off", SOON, || !offline("Sites"));
    let pending = || tidemark(data_dir.path(), &["status"])["pending"].clone();
    eventually("the choice is on the server too", SOON, || pending() == 0);

    // With a change that exists only here the switch asks first, and Cancel leaves everything as it was.
    network.set(Weather::Cut);
    window.click("nav-view-all");
    desk.add("Read the meter");
    window.read("status-text", "Offline, 1 change saved here");
    window.click("nav-settings");
    window.click("entity-switch-TodoItems");
    window.see("unsent-dialog");
    window.picture("9-switching-off-asks");
    assert!(offline("TodoItems"));
}

#[test]
fn closing_asks_while_changes_exist_only_here() {
    let Some(_alone) = wanted() else { return };
    let desk = Desk::new();
    let Desk { window, network, data_dir, screen, .. } = &desk;
    network.set(Weather::Cut);
    desk.add("Oil the gate");
    window.read("status-text", "Offline, 1 change saved here");

    screen.press_close("Tidemark");
    window.see("close-dialog");
    window.picture("10-closing-asks");
    window.click("close-stay");
    window.see_no("close-dialog");
    assert_eq!(screen.count("Tidemark"), 1);

    screen.press_close("Tidemark");
    window.click_last("close-anyway");
    eventually("the window is closed", SOON, || screen.count("Tidemark") == 0);
    eventually("its size is remembered", SOON, || window.is_remembered());
    assert_eq!(tidemark(data_dir.path(), &["status"])["pending"], 1, "what was saved is still there");
}

#[test]
fn a_page_gone_astray_reaches_nothing() {
    let Some(_alone) = wanted() else { return };
    let (screen, server, data_dir) = (Screen::ready(), Server::start(), folder());
    let window = Window::open(&screen, data_dir.path(), "");
    window.see("sign-in-server");
    let refused = |promise: &str| assert_eq!(window.promise(promise), "refused", "{promise}");
    for command in [
        "plugin:fs|read_text_file",
        "plugin:dialog|open",
        "plugin:event|emit",
        "plugin:window|create",
        "plugin:webview|create_webview_window",
        "query",
    ] {
        let invoke = format!("window.__TAURI_INTERNALS__.invoke('{command}', {{}})");
        // Refused for its name, not for its arguments.
        refused(&format!("{invoke}.then(() => 'allowed', (why) => /not (allowed|found)/.test(why) ? 'refused' : why)"));
    }
    // Tidemark's server itself answers here; the page may not ask it past the host.
    let fetch = format!("fetch('{}/health/live', {{ mode: 'no-cors' }})", server.url);
    refused(&format!("{fetch}.then(() => 'allowed', () => 'refused')"));
    refused("Promise.resolve(window.open('https://example.org/') === null ? 'refused' : 'allowed')");
    refused("Promise.resolve(window.__TAURI__ === undefined ? 'refused' : 'allowed')");
    refused("new Promise((done) => { try { done(new Function('return `allowed`')()) } catch { done('refused') } })");
    window.script("location.href = 'https://example.org/'");
    pause(Duration::from_millis(500));
    assert_eq!(window.script("return location.origin"), "tauri://localhost");
    window.see("sign-in-server");
}

#[test]
fn a_damaged_database_is_said_and_kept() {
    let Some(_alone) = wanted() else { return };
    let (screen, data_dir) = (Screen::ready(), folder());
    let database = data_dir.path().join("tidemark.db");
    std::fs::write(&database, "this was a database once").expect("written");
    // No session bus either: a bare screen is enough to be told.
    let mut app = host(&screen, data_dir.path());
    let mut app = app.env("DBUS_SESSION_BUS_ADDRESS", "disabled:").stderr(Stdio::piped()).spawn().expect("it starts");
    eventually("the message is shown, or the app has ended without", SOON, || {
        screen.count("Tidemark cannot start") == 1 || app.try_wait().expect("its state").is_some()
    });
    if screen.count("Tidemark cannot start") == 1 {
        screen.press_close("Tidemark cannot start");
    }
    let ended = app.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{:?} {said}", ended.status);
    assert!(said.contains("database"), "{said}");
    assert_eq!(std::fs::read_to_string(&database).expect("still there"), "this was a database once");
}

#[test]
fn a_missing_screen_is_said() {
    let Some(_alone) = wanted() else { return };
    let data_dir = folder();
    for (display, said) in [("", "There is no screen to open a window on"), (":987654", "does not answer")] {
        let mut command = Command::new(program("tidemark-desktop"));
        command.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY").env("TIDEMARK_DATA_DIR", data_dir.path());
        let ended = command.output().expect("it runs");
        let words = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!((ended.status.code(), words.lines().count()), (Some(1), 1), "{words}");
        assert!(words.contains(said), "{words}");
    }
}

#[test]
fn starting_it_again_brings_the_window_to_the_front() {
    let Some(_alone) = wanted() else { return };
    let (screen, data_dir) = (Screen::ready(), folder());
    let window = Window::open(&screen, data_dir.path(), "");
    window.see("sign-in-server");
    let again = host(&screen, data_dir.path()).status().expect("it starts");
    assert_eq!((again.code(), screen.count("Tidemark")), (Some(0), 1));
    window.see("sign-in-server");

    let other_dir = folder();
    let mut other = host(&screen, other_dir.path()).spawn().expect("it starts");
    eventually("another data dir has a window of its own", SOON, || screen.count("Tidemark") == 2);
    other.kill().expect("it ends");
    other.wait().expect("it ended");
}

/// Makes the command that a click on the app's icon is.
fn host(screen: &Screen, data_dir: &Path) -> Command {
    let mut command = Command::new(program("tidemark-desktop"));
    command
        .env("DISPLAY", &screen.display)
        .env("DBUS_SESSION_BUS_ADDRESS", &screen.bus)
        .env("TIDEMARK_DATA_DIR", data_dir)
        .env("HOME", data_dir)
        .env_remove("XDG_DATA_HOME")
        .env_remove("WAYLAND_DISPLAY");
    command
}

/// Asks the data dir of the window from outside, as a terminal beside it would.
fn tidemark(data_dir: &Path, arguments: &[&str]) -> Value {
    let mut command = Command::new(program("tidemark"));
    let output = command.arg("--data-dir").arg(data_dir).args(arguments).arg("--json").output().expect("it runs");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}
