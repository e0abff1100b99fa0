//! Which disk a path belongs to: `/sim/<world>/<machine>@<process>/<name>`, where `@<process>` may be missing.
//!
//! Owns: the table of the disks that exist in this process of the operating system. Refuses: what a name leads to.

use crate::machine::Machine;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

/// What everybody who has something on a machine open shares.
#[derive(Debug, Default)]
pub(crate) struct Core(Mutex<Machine>);

impl Core {
    /// Locks the machine. A panic elsewhere is a failed run already and must not hide behind a second one.
    pub(crate) fn machine(&self) -> MutexGuard<'_, Machine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

static DISKS: RwLock<BTreeMap<String, Weak<Core>>> = RwLock::new(BTreeMap::new());

/// A disk's place in the table, which it leaves with this.
#[derive(Debug)]
pub(crate) struct Registered {
    /// `/sim/<world>/<machine>`.
    pub(crate) prefix: String,
    pub(crate) core: Arc<Core>,
}

impl Registered {
    /// Takes a place.
    ///
    /// # Panics
    /// A name is not one, or there is such a disk: two worlds would share it.
    pub(crate) fn new(world: &str, machine: &str) -> Self {
        let is_name = |name: &str| !name.is_empty() && !name.contains(['/', '@']) && name != "." && name != "..";
        assert!(is_name(world) && is_name(machine), "`{world}` or `{machine}` is no name for a part of a path");
        let (prefix, core) = (format!("/sim/{world}/{machine}"), Arc::new(Core::default()));
        let mut disks = DISKS.write().unwrap_or_else(PoisonError::into_inner);
        assert!(!disks.contains_key(&prefix), "there is a disk at {prefix} already");
        disks.insert(prefix.clone(), Arc::downgrade(&core));
        drop(disks);
        Self { prefix, core }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        DISKS.write().unwrap_or_else(PoisonError::into_inner).remove(&self.prefix);
    }
}

/// A path, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) owner: u32,
    /// From the disk's root on, without slashes at its ends.
    pub(crate) name: String,
}

/// Takes a path apart; `None` where it is not one of a simulated disk.
pub(crate) fn parts(path: &str) -> Option<Parts<'_>> {
    let rest = path.strip_prefix("/sim/")?;
    let world = rest.find('/')?;
    let machine = &rest[world + 1..];
    let machine = &machine[..machine.find('/').unwrap_or(machine.len())];
    let end = "/sim/".len() + world + 1 + machine.len();
    let (prefix, owner) = match machine.split_once('@') {
        Some((bare, tag)) => (&path[..end - machine.len() + bare.len()], tag.parse().ok()?),
        None => (&path[..end], 0),
    };
    let mut name = String::with_capacity(path.len() - end);
    for part in path[end..].split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            return None;
        }
        if !name.is_empty() {
            name.push('/');
        }
        name.push_str(part);
    }
    Some(Parts { prefix, owner, name })
}

/// Finds the disk at a prefix.
pub(crate) fn disk(prefix: &str) -> Option<Arc<Core>> {
    DISKS.read().unwrap_or_else(PoisonError::into_inner).get(prefix)?.upgrade()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_disk_a_process_and_a_file() {
        let of = |path| parts(path).map(|parts| (parts.prefix, parts.owner, parts.name));
        assert_eq!(of("/sim/7/pc@12/a/./b//c"), Some(("/sim/7/pc", 12, "a/b/c".to_owned())));
        assert_eq!(of("/sim/7/pc/a@b"), Some(("/sim/7/pc", 0, "a@b".to_owned())));
        assert_eq!(of("/sim/7/pc"), Some(("/sim/7/pc", 0, String::new())));
        for foreign in ["/tmp/a", "/sim/7", "sim/7/pc/a", "/sim/7/pc@x/a", "/sim/7/pc/../other/a"] {
            assert_eq!(of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_disk_is_found_while_it_exists() {
        let registered = Registered::new("registry", "pc");
        let of_core = |core: Arc<Core>| Arc::ptr_eq(&core, &registered.core);
        assert!(std::panic::catch_unwind(|| Registered::new("registry", "pc")).is_err());
        assert!(disk("/sim/registry/pc").is_some_and(of_core));
        drop(registered);
        assert!(disk("/sim/registry/pc").is_none());
    }
}
