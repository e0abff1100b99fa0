//! A virtual screen (Xvfb) and pictures of it (ImageMagick).
//!
//! Owns: knowing when a window has come to rest. Refuses: looking into the window: a picture is enough.

use crate::programs::command;
use anyhow::{Context, Result, bail};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The size of the app's window.
const SIZE: &str = "1200x800x24";
/// An empty screen has one colour and a blank page a handful; text alone has more by its soft edges.
const COLOURS_OF_A_PAGE: u32 = 60;
/// How long the picture has to stay as it is.
const REST: Duration = Duration::from_millis(1500);
/// A first start on two busy cores takes a while.
const PATIENCE: Duration = Duration::from_secs(90);

/// A virtual screen; it goes away when dropped.
pub(crate) struct Screen {
    xvfb: Child,
    display: String,
}

impl Screen {
    /// Starts one on the first free number.
    pub(crate) fn start() -> Result<Self> {
        let mut xvfb = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb cannot be started")?;
        let mut number = String::new();
        BufReader::new(xvfb.stdout.take().context("Xvfb has no stdout")?).read_line(&mut number)?;
        let screen = Self { xvfb, display: format!(":{}", number.trim()) };
        if number.trim().is_empty() {
            bail!("Xvfb found no free screen number");
        }
        Ok(screen)
    }

    /// Returns what DISPLAY has to be.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// Takes a picture once something is shown and has stopped changing; `alive` may end the wait with an error.
    pub(crate) fn picture_when_settled(&self, path: &Path, mut alive: impl FnMut() -> Result<()>) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut last: Option<(Picture, Instant)> = None;
        loop {
            alive()?;
            let now = self.picture(path)?;
            let since = match &last {
                Some((before, since)) if *before == now => *since,
                _ => Instant::now(),
            };
            let shows_a_page = now.colours >= COLOURS_OF_A_PAGE;
            if shows_a_page && since.elapsed() >= REST {
                return Ok(());
            }
            if Instant::now() > deadline {
                let seen = if shows_a_page { "the window did not come to rest" } else { "no page was shown" };
                bail!("After {} s {seen}; see {}", PATIENCE.as_secs(), path.display());
            }
            last = Some((now, since));
            thread::sleep(Duration::from_millis(250));
        }
    }

    fn picture(&self, path: &Path) -> Result<Picture> {
        let mut import = command("import", &["-window", "root"]);
        import.arg(path).env("DISPLAY", &self.display);
        let taken = import.output().context("import (ImageMagick) cannot be started")?;
        if !taken.status.success() {
            bail!("import (ImageMagick) took no picture: {}", String::from_utf8_lossy(&taken.stderr).trim());
        }
        let mut identify = command("identify", &["-format", "%# %k"]);
        let output = identify.arg(path).output().context("identify (ImageMagick) cannot be started")?;
        Picture::read(&String::from_utf8_lossy(&output.stdout)).context("identify (ImageMagick) said nothing of use")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.xvfb.kill();
        let _ = self.xvfb.wait();
    }
}

/// What is compared between two moments.
#[derive(PartialEq)]
struct Picture {
    signature: String,
    colours: u32,
}

impl Picture {
    fn read(text: &str) -> Option<Self> {
        let (signature, colours) = text.trim().split_once(' ')?;
        Some(Self { signature: signature.to_owned(), colours: colours.parse().ok()? })
    }
}
