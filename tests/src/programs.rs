//! Where the built binaries are.

use std::path::PathBuf;

/// Returns the path of a built binary of the workspace, in the profile that this test was built in.
///
/// # Panics
/// When it is not built yet.
pub fn program(name: &str) -> PathBuf {
    let mut dir = std::env::current_exe().expect("a test knows its own path");
    dir.pop();
    if dir.ends_with("deps") {
        dir.pop();
    }
    let path = dir.join(name);
    assert!(path.exists(), "{} is not built; run `cargo build` first", path.display());
    path
}
