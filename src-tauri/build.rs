//! Embeds the web UI, and gives each command of the table in `crates/app` a permission of its own.
//!
//! Refuses: building npm packages; `ui/dist` has to be there already. The table is read as a file, since a build does not
//! wait for the whole engine to be built for it once more.

#[path = "../crates/app/src/table.rs"]
#[macro_use]
#[expect(unused_macros, reason = "the events have no permissions")]
mod table;

macro_rules! names {
    ($($headline:literal { $(
        $(#[doc = $doc:literal])* $name:ident $(by $function:ident)? ($($arguments:tt)*) -> $answer:ty;
    )* })*) => { [$($(stringify!($name)),*),*] };
}

/// Where `tauri.conf.json` says the built UI lies.
const UI: &str = "../ui/dist";

fn main() {
    println!("cargo:rerun-if-changed={UI}");
    // TAURI_CONFIG is Tauri's own way to lay another configuration over the file's; it may name another UI.
    if std::env::var_os("TAURI_CONFIG").is_none() && !std::path::Path::new(UI).join("index.html").exists() {
        eprintln!(
            "The window's pages are not built: ui/dist/index.html is missing. Run `cargo xtask run`, \
             or `npm ci && npm run build` in the folder ui, and build again."
        );
        std::process::exit(1);
    }
    let names: Vec<&'static str> = every_command!(names).into_iter().chain(every_host_command!(names)).collect();
    let manifest = tauri_build::AppManifest::new().commands(names.leak());
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        eprintln!("The desktop app cannot be built: {error:#}");
        std::process::exit(1);
    }
}
