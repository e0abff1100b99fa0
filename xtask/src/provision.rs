//! What this machine lacks, and installing it: Debian packages and npm packages.
//!
//! Owns: the list of packages, each with the reason for it. Refuses: machines other than Debian and Ubuntu, which are
//! told what to install, and Node itself, of which there are many sources and a person has chosen one.

use crate::programs::{Runner, UI, answer, command, is_installed, npm_in, root};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

/// What a verb needs beyond building.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// A window on the person's own screen.
    Window,
    /// A window on a virtual screen, and pictures of it.
    Picture,
    /// The same, driven by WebDriver.
    Tests,
}

/// A Debian package, and what shows that a machine without dpkg has its like.
struct Package {
    name: &'static str,
    shown_by: Probe,
}

enum Probe {
    Program(&'static str),
    Library(&'static str),
    /// Taken for granted.
    Nothing,
}

const BUILD: &[Package] = &[
    // SQLite and the compressors are C.
    Package { name: "build-essential", shown_by: Probe::Program("cc") },
    Package { name: "pkg-config", shown_by: Probe::Program("pkg-config") },
    // What Tauri's window, tray icon, pictures and menus are made of on Linux.
    Package { name: "libwebkit2gtk-4.1-dev", shown_by: Probe::Library("webkit2gtk-4.1") },
    Package { name: "libayatana-appindicator3-dev", shown_by: Probe::Library("ayatana-appindicator3-0.1") },
    Package { name: "librsvg2-dev", shown_by: Probe::Library("librsvg-2.0") },
    Package { name: "libxdo-dev", shown_by: Probe::Nothing },
];

const PICTURE: &[Package] = &[
    Package { name: "xvfb", shown_by: Probe::Program("Xvfb") },
    Package { name: "imagemagick", shown_by: Probe::Program("import") },
    // A machine without a screen has no fonts either.
    Package { name: "fonts-dejavu-core", shown_by: Probe::Nothing },
    Package { name: "fonts-noto-core", shown_by: Probe::Nothing },
];

const TESTS: &[Package] = &[
    Package { name: "webkit2gtk-driver", shown_by: Probe::Program("WebKitWebDriver") },
    // OData clients and a guide's examples are in Python too; curl is in the guide.
    Package { name: "python3-venv", shown_by: Probe::Program("python3") },
    Package { name: "curl", shown_by: Probe::Program("curl") },
    // Tests start clusters of their own (`tests/postgres`); the one that Debian makes on the way is not touched.
    Package { name: "postgresql", shown_by: Probe::Program("postgres") },
];

/// The folder of the OData clients that tests run.
const CLIENTS: &str = "tests/clients";

/// The oldest Node that Vite 8 runs on.
const NODE: (u32, u32) = (20, 19);

/// Installs what is missing.
pub(crate) fn provision(purpose: For, run: Runner<'_>) -> Result<()> {
    node()?;
    system(purpose, run)?;
    npm_packages(UI, run)?;
    match purpose {
        For::Tests => npm_packages(CLIENTS, run).and_then(|()| python_packages(CLIENTS, run)),
        For::Window | For::Picture => Ok(()),
    }
}

fn system(purpose: For, run: Runner<'_>) -> Result<()> {
    if !cfg!(target_os = "linux") {
        // The window is the system's own there; only pictures and WebDriver need X11.
        return match purpose {
            For::Window => Ok(()),
            For::Picture | For::Tests => bail!("The virtual screen needs Linux; `cargo xtask run` works here"),
        };
    }
    let mut needed: Vec<&Package> = BUILD.iter().collect();
    if purpose != For::Window {
        needed.extend(PICTURE);
    }
    if purpose == For::Tests {
        needed.extend(TESTS);
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if is_debian(&release) && is_installed("dpkg-query") { debian(&needed, run) } else { elsewhere(&needed) }
}

fn debian(needed: &[&Package], run: Runner<'_>) -> Result<()> {
    let names: Vec<&str> = needed.iter().map(|package| package.name).collect();
    let mut query = command("dpkg-query", &["--show", "--showformat", "${Package} ${db:Status-Abbrev}\n"]);
    query.args(&names);
    let missing = not_installed(&names, &answer(query)?);
    if missing.is_empty() {
        return Ok(());
    }
    let is_root = answer(command("id", &["-u"]))?.trim() == "0";
    if !is_root && !is_installed("sudo") {
        bail!("Debian packages are missing, and there is no sudo. Run as root: apt-get install {}", missing.join(" "));
    }
    let apt_get = |arguments: &[&str]| {
        let mut apt_get = if is_root { Command::new("apt-get") } else { command("sudo", &["apt-get"]) };
        apt_get.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        apt_get
    };
    run(apt_get(&["update", "--quiet"]))?;
    let mut install = apt_get(&["install", "--yes", "--quiet", "--no-install-recommends"]);
    install.args(&missing);
    run(install)
}

/// Without dpkg only some packages can be looked for; when those are there, the rest is believed.
fn elsewhere(needed: &[&Package]) -> Result<()> {
    let is_there = |package: &Package| match package.shown_by {
        Probe::Program(program) => is_installed(program),
        Probe::Library(library) => {
            command("pkg-config", &["--exists", library]).status().is_ok_and(|status| status.success())
        }
        Probe::Nothing => true,
    };
    if needed.iter().all(|package| is_there(package)) {
        return Ok(());
    }
    let names: Vec<&str> = needed.iter().map(|package| package.name).collect();
    bail!(
        "This is neither Debian nor Ubuntu, so nothing was installed. Install what these Debian packages hold, \
         then start again: {}",
        names.join(" ")
    )
}

/// Reads /etc/os-release.
fn is_debian(release: &str) -> bool {
    let lines = release.lines().filter_map(|line| line.strip_prefix("ID=").or(line.strip_prefix("ID_LIKE=")));
    lines.flat_map(|ids| ids.trim_matches('"').split(' ')).any(|id| matches!(id, "debian" | "ubuntu"))
}

/// Reads dpkg-query's lines, `name ii `; a package that dpkg has never seen has none.
fn not_installed<'n>(names: &[&'n str], listing: &str) -> Vec<&'n str> {
    let is_installed = |name: &str| listing.lines().any(|line| line.trim_end() == format!("{name} ii"));
    names.iter().copied().filter(|name| !is_installed(name)).collect()
}

fn node() -> Result<()> {
    let wanted = format!("Install Node {}.{} or newer, which brings npm", NODE.0, NODE.1);
    let found = answer(command("node", &["--version"])).with_context(|| format!("Node is missing. {wanted}"))?;
    match version(&found) {
        Some(found) if found >= NODE => Ok(()),
        _ => bail!("Node {} is too old. {wanted}", found.trim()),
    }
}

/// Reads `v20.20.2`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// Runs `npm ci` in a folder of the checkout, unless the installed packages are those of its lock file.
fn npm_packages(folder: &str, run: Runner<'_>) -> Result<()> {
    let path = root().join(folder);
    let changed = |path: &Path| fs::metadata(path).and_then(|file| file.modified());
    let locked = changed(&path.join("package-lock.json"));
    let locked = locked.with_context(|| format!("{folder}/package-lock.json cannot be read"))?;
    // npm writes this file last.
    let installed = changed(&path.join("node_modules/.package-lock.json")).unwrap_or(SystemTime::UNIX_EPOCH);
    if installed < locked { run(npm_in(folder, &["ci", "--no-audit", "--no-fund"])) } else { Ok(()) }
}

/// Makes a Python environment in a folder of the checkout, unless it has the packages of its list.
fn python_packages(folder: &str, run: Runner<'_>) -> Result<()> {
    let path = root().join(folder);
    let (wanted, environment) = (path.join("requirements.txt"), path.join(".venv"));
    let installed = environment.join("requirements.txt");
    let list = fs::read(&wanted).with_context(|| format!("{} cannot be read", wanted.display()))?;
    if fs::read(&installed).is_ok_and(|installed| installed == list) {
        return Ok(());
    }
    let mut make = command("python3", &["-m", "venv", "--clear"]);
    make.arg(&environment);
    run(make)?;
    let mut install = Command::new(environment.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&wanted);
    run(install)?;
    // Only now is it whole.
    fs::write(&installed, list).with_context(|| format!("{} cannot be written", installed.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_and_its_children_are_known() {
        assert!(is_debian("PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n"));
        assert!(is_debian("ID=ubuntu\nID_LIKE=debian\n"));
        assert!(is_debian("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_debian("ID=fedora\nVARIANT_ID=debian\n"));
        assert!(!is_debian(""));
    }

    #[test]
    fn removed_and_unknown_packages_are_missing() {
        let listing = "xvfb ii \nimagemagick rc \nlibxdo-dev un \n";
        assert_eq!(
            not_installed(&["xvfb", "imagemagick", "libxdo-dev", "dbus"], listing),
            ["imagemagick", "libxdo-dev", "dbus"]
        );
    }

    #[test]
    fn node_versions_are_compared_by_number() {
        assert!(version("v20.20.2\n").unwrap() >= NODE);
        assert!(version("v9.11.0").unwrap() < NODE);
        assert_eq!(version("node"), None);
    }
}
