//! Where the built binaries are.

use std::path::PathBuf;

/// Returns the path of a built binary of the workspace: in the folder that `TIDEMARK_PROGRAMS` names, as where release
/// binaries are to be tried, else in the profile that this test was built in.
///
/// # Panics
/// When it is not there.
pub fn program(name: &str) -> PathBuf {
    let named = std::env::var_os("TIDEMARK_PROGRAMS").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let path = named.unwrap_or_else(beside_this_test).join(name);
    assert!(path.exists(), "{} is not built; run `cargo build` first", path.display());
    path
}

fn beside_this_test() -> PathBuf {
    let mut dir = std::env::current_exe().expect("a test knows its own path");
    dir.pop();
    if dir.ends_with("deps") {
        dir.pop();
    }
    dir
}
