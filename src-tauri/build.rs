//! Embeds the web UI, and gives each command of `src/commands/list.rs` a permission of its own.
//!
//! Refuses: building npm packages; `ui/dist` has to be there already.

#[path = "src/commands/list.rs"]
#[macro_use]
mod list;

macro_rules! names {
    ($($noun:ident { $($command:ident)* })*) => { &[$($(stringify!($command)),*),*] };
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
    let manifest = tauri_build::AppManifest::new().commands(every_command!(names));
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        eprintln!("The desktop app cannot be built: {error:#}");
        std::process::exit(1);
    }
}
