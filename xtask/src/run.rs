//! `cargo xtask run`: the demo, from nothing to a window that shows items.
//!
//! Owns: the order in which it comes up and goes down. Refuses: keeping the demo's records: each run starts anew, so
//! that it looks the same for everyone.

use crate::demo::{Device, Server};
use crate::programs::{built, cargo, command, npm, root, show};
use crate::provision::{For, provision};
use crate::screen::Screen;
use anyhow::{Context, Result, bail};
use std::env;
use std::fs;
use std::process::{Child, Command, Stdio};

/// Shows the demo on the person's screen, or takes a picture of it on a virtual one.
pub(crate) fn run(headless: bool) -> Result<()> {
    if !headless && !has_screen() {
        bail!(
            "There is no screen to open a window on: neither WAYLAND_DISPLAY nor DISPLAY is set. On a desktop start \
             this in a terminal window; over ssh connect with `ssh -X`; without any screen run \
             `cargo xtask run --headless`, which takes a picture on a virtual one."
        );
    }
    provision(if headless { For::Picture } else { For::Window }, &mut show)?;
    show(npm(&["run", "build"]))?;
    show(cargo(&["build", "--workspace", "--bins", "--locked"]))?;

    let server = Server::start()?;
    let device = Device::signed_in(&server)?;
    let mut desktop = command(built("debug", "tidemark-desktop")?, &[]);
    desktop.env("TIDEMARK_DATA_DIR", device.data_dir()).env("TIDEMARK_SERVER", server.url());
    if headless { picture(desktop) } else { watch(desktop, &server) }
}

fn watch(desktop: Command, server: &Server) -> Result<()> {
    println!("\nTidemark is open, signed in as {} at {}.", Server::USER, server.url());
    println!("Its password there is {}. Close the window to end the demo.", Server::PASSWORD);
    show(desktop)
}

fn picture(mut desktop: Command) -> Result<()> {
    let screen = Screen::start()?;
    desktop.env("DISPLAY", screen.display()).env_remove("WAYLAND_DISPLAY").env_remove("DBUS_SESSION_BUS_ADDRESS");
    let mut window = Window(desktop.stdin(Stdio::null()).spawn().context("The desktop app cannot be started")?);
    let folder = root().join("artifacts");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let path = folder.join("run.png");
    screen.picture_when_settled(&path, || match window.0.try_wait() {
        Ok(Some(status)) => bail!("The desktop app ended by itself with {status}"),
        _ => Ok(()),
    })?;
    println!("{}", path.display());
    Ok(())
}

fn has_screen() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("WAYLAND_DISPLAY") || is_set("DISPLAY")
}

/// The desktop app; it does not outlive the picture.
struct Window(Child);

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
