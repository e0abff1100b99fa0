//! One window per data dir: starting Tidemark again brings the open one to the front.
//!
//! Two data dirs are two people or two tests, so the name on the session bus carries the data dir. Without a session
//! bus a second window opens; the store shares a data dir between processes, so nothing is at risk.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use tauri::Wry;
use tauri::plugin::TauriPlugin;

/// Returns the plugin that ends this process when a window on `data_dir` is open already.
pub(crate) fn one_per(data_dir: &Path) -> TauriPlugin<Wry> {
    tauri_plugin_single_instance::Builder::new()
        .dbus_id(bus_name(data_dir))
        .callback(|app, _arguments, _working_dir| crate::window::focus(app))
        .build()
}

/// Returns a bus name that both processes arrive at: DefaultHasher's keys are fixed, and both run the same binary.
fn bus_name(data_dir: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    data_dir.canonicalize().unwrap_or_else(|_| data_dir.to_owned()).hash(&mut hasher);
    format!("org.tidemark.app.d{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_follows_the_data_dir() {
        let name = bus_name(Path::new("/nowhere/a"));
        assert_eq!(name, bus_name(Path::new("/nowhere/a")));
        assert_ne!(name, bus_name(Path::new("/nowhere/b")));
        let element = name.rsplit('.').next().expect("a last element");
        assert!(element.starts_with('d') && name.len() < 60, "{name}");
    }
}
