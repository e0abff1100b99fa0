//! The real window, driven as a person would: WebKitWebDriver starts the real binary and clicks in it.
//!
//! Elements are named by their `data-testid`. Every wait has an end, and a wait that fails leaves a picture.

use crate::screen::Screen;
use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{By, Capabilities, Key, WebDriver, WebElement};
use tidemark_tests::{now, pause};
use tokio::runtime::Runtime;

/// How long a person would wait before calling it broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a person reads in an element: its text, or what a field holds.
const WORDS_OF: &str = "(element) => element.matches('input, textarea') ? element.value : element.innerText";

/// Answers whether an element keeps its place for a moment and is what a click in its middle would hit.
const STANDS_STILL: &str = "
    const [element, done] = arguments;
    const place = () => element.getBoundingClientRect();
    element.scrollIntoView({ block: 'nearest' });
    const before = JSON.stringify(place());
    setTimeout(() => {
        const { x, y, width, height } = place();
        const hit = document.elementFromPoint(x + width / 2, y + height / 2);
        done(JSON.stringify(place()) === before && element.contains(hit));
    }, 80);
";

/// An open window; it goes away when dropped, whatever state it is in.
pub(crate) struct Window {
    runtime: Runtime,
    page: WebDriver,
    driver: Child,
    /// Stands for the person's home: what the desktop remembers of the window stays in it.
    home: TempDir,
}

/// A program that lets itself be driven.
pub(crate) struct Driven<'d> {
    /// Its file.
    pub(crate) program: &'d Path,
    /// What it is called with.
    pub(crate) arguments: &'d [&'d str],
    /// What its environment has beside.
    pub(crate) variables: &'d [(&'d str, &'d OsStr)],
}

impl Window {
    /// Starts the app on a data dir, with the sign-in screen offering `server`.
    pub(crate) fn open(screen: &Screen, data_dir: &Path, server: &str) -> Self {
        let variables = [
            // What tauri-driver would set: the app lets itself be driven.
            ("TAURI_WEBVIEW_AUTOMATION", OsStr::new("true")),
            ("TIDEMARK_DATA_DIR", data_dir.as_os_str()),
            ("TIDEMARK_SERVER", OsStr::new(server)),
        ];
        let program = tidemark_tests::program("tidemark-desktop");
        Self::driving(screen, &Driven { program: &program, arguments: &[], variables: &variables })
    }

    /// Starts another program of WebKit's.
    pub(crate) fn driving(screen: &Screen, driven: &Driven<'_>) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let driver = Command::new("WebKitWebDriver")
            .args([format!("--port={port}"), "--host=127.0.0.1".into()])
            .envs(driven.variables.iter().copied())
            .env("DISPLAY", &screen.display)
            .env("HOME", home.path())
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("WAYLAND_DISPLAY")
            .env("DBUS_SESSION_BUS_ADDRESS", &screen.bus)
            .stdout(Stdio::null())
            // Driver and app are one group, and end as one.
            .process_group(0)
            .spawn()
            .expect("WebKitWebDriver starts; Debian has it in the package webkit2gtk-driver");
        let runtime = Runtime::new().expect("a runtime");
        let page = runtime.block_on(connect(port, driven));
        Self { runtime, page, driver, home }
    }

    /// Goes to an address.
    pub(crate) fn go(&self, url: &str) {
        self.run(async |page| page.goto(url).await).unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Clicks an element, as soon as it can be clicked.
    pub(crate) fn click(&self, id: &str) {
        self.until(&format!("{id} can be clicked"), |window| {
            window.run(async |page| click(page, find(page, id).await?).await)?
        });
    }

    /// Clicks what ends the window; no answer is expected from beyond.
    pub(crate) fn click_last(&self, id: &str) {
        self.see(id);
        let _ = self.run(async |page| find(page, id).await?.click().await);
    }

    /// Replaces a field's text.
    pub(crate) fn fill(&self, id: &str, text: &str) {
        self.until(&format!("{id} takes text"), |window| {
            window.run(async |page| {
                let field = find(page, id).await?;
                field.click().await?;
                field.send_keys(Key::Control + "a").await?;
                field.send_keys(Key::Delete + "").await?;
                field.send_keys(text).await
            })
        });
    }

    /// Presses a key in an element.
    pub(crate) fn press(&self, id: &str, key: Key) {
        self.until(&format!("{id} takes a key"), |window| {
            window.run(async |page| find(page, id).await?.send_keys(key.clone() + "").await)
        });
    }

    /// Waits until an element is there.
    pub(crate) fn see(&self, id: &str) {
        self.until(&format!("{id} is there"), |window| window.run(async |page| find(page, id).await.map(|_| ())));
    }

    /// Waits until an element is gone.
    pub(crate) fn see_no(&self, id: &str) {
        self.until(&format!("{id} is gone"), |window| match window.texts(id).as_slice() {
            [] => Ok(()),
            texts => Err(format!("still there: {texts:?}")),
        });
    }

    /// Waits until one of the elements with this id reads so, in part.
    pub(crate) fn read(&self, id: &str, words: &str) {
        self.until(&format!("{id} says {words:?}"), |window| {
            let texts = window.texts(id);
            if texts.iter().any(|text| text.contains(words)) { Ok(()) } else { Err(format!("it says {texts:?}")) }
        });
    }

    /// Watches an element for a while, and fails when it said anything else for as short as one frame.
    pub(crate) fn keeps_saying(&self, id: &str, words: &str, time: Duration) {
        let said = self.promise(&format!(
            "new Promise((done) => {{
                const element = document.querySelector('{}');
                const said = [element.innerText];
                const watch = new MutationObserver(() => said.push(element.innerText));
                watch.observe(element, {{ subtree: true, childList: true, characterData: true }});
                setTimeout(() => done(said), {});
            }})",
            by_id(id),
            time.as_millis()
        ));
        let said: Vec<_> = said.as_array().into_iter().flatten().filter_map(|text| text.as_str()).collect();
        assert!(said.iter().all(|text| text.contains(words)), "{id} said {said:?}, not only {words:?}");
    }

    /// Waits until none of the elements with this id reads so.
    pub(crate) fn read_no(&self, id: &str, words: &str) {
        self.until(&format!("{id} does not say {words:?}"), |window| {
            let texts = window.texts(id);
            if texts.iter().any(|text| text.contains(words)) { Err(format!("it says {texts:?}")) } else { Ok(()) }
        });
    }

    /// Clicks the one element with this id that reads so.
    pub(crate) fn click_the(&self, id: &str, words: &str) {
        self.until(&format!("a {id} with {words:?} can be clicked"), |window| {
            let nth = window.texts(id).iter().position(|text| text.contains(words)).ok_or("none is there")?;
            window.run(async |page| {
                let element = page.find_all(By::Css(by_id(id))).await?.swap_remove(nth);
                click(page, element).await
            })?
        });
    }

    /// Runs a script in the page, as a page that went astray would, and returns its answer.
    pub(crate) fn script(&self, script: &str) -> serde_json::Value {
        self.run(async |page| page.execute(script, vec![]).await.map(|answer| answer.json().clone()))
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Runs a script whose value is a promise, and returns what it comes to.
    pub(crate) fn promise(&self, promise: &str) -> serde_json::Value {
        let script = format!("const done = arguments[arguments.length - 1]; ({promise}).then(done)");
        self.run(async |page| page.execute_async(script, vec![]).await.map(|answer| answer.json().clone()))
            .unwrap_or_else(|error| panic!("{promise}: {error}"))
    }

    /// Returns whether the desktop will open the window next time as it was.
    pub(crate) fn is_remembered(&self) -> bool {
        self.home.path().join(".config/org.tidemark.app/.window-state.json").exists()
    }

    /// Keeps a picture of the window.
    pub(crate) fn picture(&self, name: &str) {
        let path = pictures().join(format!("{name}.png"));
        if let Err(error) = self.run(async |page| page.screenshot(&path).await) {
            eprintln!("no picture {name}: {error}");
        }
    }

    fn texts(&self, id: &str) -> Vec<String> {
        let script = format!("return [...document.querySelectorAll('{}')].map({WORDS_OF})", by_id(id));
        self.run(async |page| page.execute(script, vec![]).await?.convert()).unwrap_or_default()
    }

    fn run<T>(&self, script: impl AsyncFnOnce(&WebDriver) -> WebDriverResult<T>) -> Result<T, String> {
        self.runtime.block_on(script(&self.page)).map_err(|error| error.to_string())
    }

    /// Tries until it works; what is on the screen when patience ends is kept.
    fn until(&self, what: &str, mut step: impl FnMut(&Self) -> Result<(), String>) {
        let deadline = now() + PATIENCE;
        while let Err(error) = step(self) {
            if now() > deadline {
                self.picture("failed");
                panic!("not after {PATIENCE:?}: {what}: {error}; see {}", pictures().join("failed.png").display());
            }
            pause(Duration::from_millis(100));
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.driver.wait();
    }
}

async fn connect(port: u16, driven: &Driven<'_>) -> WebDriver {
    let app = serde_json::json!({ "binary": driven.program, "args": driven.arguments });
    let mut wanted = Capabilities::new();
    wanted.set("webkitgtk:browserOptions", app).expect("JSON");
    let deadline = now() + PATIENCE;
    loop {
        match WebDriver::new(format!("http://127.0.0.1:{port}"), wanted.clone()).await {
            Ok(page) => return page,
            Err(error) => assert!(now() < deadline, "the window does not open: {error}"),
        }
        pause(Duration::from_millis(200));
    }
}

async fn find(page: &WebDriver, id: &str) -> WebDriverResult<WebElement> {
    page.find(By::Css(by_id(id))).await
}

/// Clicks an element that stands still and lies open; one that moves under the pointer is missed now and then.
async fn click(page: &WebDriver, element: WebElement) -> WebDriverResult<Result<(), String>> {
    let stands_still: bool = page.execute_async(STANDS_STILL, vec![element.to_json()?]).await?.convert()?;
    if !stands_still {
        return Ok(Err("it moves, or something lies over it".to_owned()));
    }
    element.click().await.map(Ok)
}

fn by_id(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}

fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../artifacts/desktop");
    std::fs::create_dir_all(&folder).expect("the folder of pictures");
    folder
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
