//! Who has a file open, and what they hold on it.
//!
//! Owns: the locks of a database file, of its shared memory, and of a file that processes lock, as rules over the list of
//! those who have the file open, so that a process's death releases them by removing it from there.
//! Refuses: waiting for a lock.

use std::sync::Arc;

/// A lock of SQLite's on a database file ("File Locking And Concurrency In SQLite Version 3", section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    #[default]
    None,
    Shared,
    Reserved,
    Pending,
    Exclusive,
}

/// A lock on a file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    Nothing,
    Shared,
    Alone,
}

/// The locks that one connection holds on the shared memory, a bit each.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ShmHold {
    shared: u8,
    alone: u8,
}

/// One opening of a file.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) id: u64,
    pub(crate) owner: u32,
    pub(crate) path: Arc<str>,
    pub(crate) level: Level,
    pub(crate) hold: Hold,
    pub(crate) shm: Option<ShmHold>,
}

fn others(opens: &[Open], id: u64) -> impl Iterator<Item = &Open> {
    opens.iter().filter(move |open| open.id != id)
}

fn of(opens: &mut [Open], id: u64) -> Option<&mut Open> {
    opens.iter_mut().find(|open| open.id == id)
}

/// Raises a lock on a database file; tells whether it was to be had.
pub(crate) fn lock(opens: &mut [Open], id: u64, wanted: Level) -> bool {
    let highest = others(opens, id).map(|open| open.level).max().unwrap_or_default();
    let Some(mine) = of(opens, id) else { return false };
    if mine.level >= wanted {
        return true;
    }
    let free = match wanted {
        Level::None => true,
        Level::Shared => highest < Level::Pending,
        Level::Reserved => highest < Level::Reserved,
        Level::Pending => highest < Level::Pending,
        Level::Exclusive => {
            if highest >= Level::Pending || (mine.level < Level::Reserved && highest >= Level::Reserved) {
                return false;
            }
            // Nobody new comes in while this one waits for those who read.
            mine.level = Level::Pending;
            highest == Level::None
        }
    };
    if free {
        mine.level = wanted;
    }
    free
}

pub(crate) fn unlock(opens: &mut [Open], id: u64, to: Level) {
    if let Some(mine) = of(opens, id) {
        mine.level = mine.level.min(to);
    }
}

/// Tells whether anybody, this one included, is about to write.
pub(crate) fn is_reserved(opens: &[Open]) -> bool {
    opens.iter().any(|open| open.level >= Level::Reserved)
}

/// Takes locks of the shared memory; tells whether they were all to be had.
pub(crate) fn lock_shm(opens: &mut [Open], id: u64, bits: u8, alone: bool) -> bool {
    let taken = others(opens, id)
        .filter_map(|open| open.shm)
        .fold(0, |taken, hold| taken | hold.alone | if alone { hold.shared } else { 0 });
    if taken & bits != 0 {
        return false;
    }
    let Some(hold) = of(opens, id).and_then(|open| open.shm.as_mut()) else { return false };
    if alone {
        hold.alone |= bits;
    } else {
        hold.shared |= bits;
    }
    true
}

pub(crate) fn unlock_shm(opens: &mut [Open], id: u64, bits: u8) {
    if let Some(hold) = of(opens, id).and_then(|open| open.shm.as_mut()) {
        hold.alone &= !bits;
        hold.shared &= !bits;
    }
}

/// Takes a lock on a file as a whole, in place of the one that is held here; tells whether it was to be had.
pub(crate) fn hold(opens: &mut [Open], id: u64, wanted: Hold) -> bool {
    let free = others(opens, id).all(|open| match wanted {
        Hold::Nothing => true,
        Hold::Shared => open.hold != Hold::Alone,
        Hold::Alone => open.hold == Hold::Nothing,
    });
    if free && let Some(mine) = of(opens, id) {
        mine.hold = wanted;
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opens() -> Vec<Open> {
        (1..=3)
            .map(|id| Open {
                id,
                owner: 0,
                path: "a".into(),
                level: Level::None,
                hold: Hold::Nothing,
                shm: Some(ShmHold::default()),
            })
            .collect()
    }

    #[test]
    fn one_writes_after_those_who_read_have_left_and_nobody_new_came() {
        let mut opens = opens();
        assert!(lock(&mut opens, 1, Level::Shared) && lock(&mut opens, 2, Level::Shared));
        assert!(lock(&mut opens, 1, Level::Reserved));
        assert!(!lock(&mut opens, 2, Level::Reserved));
        assert!(is_reserved(&opens));
        assert!(!lock(&mut opens, 1, Level::Exclusive), "2 reads");
        assert!(!lock(&mut opens, 3, Level::Shared), "1 waits");
        unlock(&mut opens, 2, Level::None);
        assert!(lock(&mut opens, 1, Level::Exclusive));
        assert!(!lock(&mut opens, 2, Level::Shared));
        unlock(&mut opens, 1, Level::Shared);
        assert!(lock(&mut opens, 2, Level::Shared) && !is_reserved(&opens));
    }

    #[test]
    fn locks_of_shared_memory_are_held_together_or_alone() {
        let mut opens = opens();
        assert!(lock_shm(&mut opens, 1, 0b1000, false) && lock_shm(&mut opens, 2, 0b1000, false));
        assert!(!lock_shm(&mut opens, 3, 0b1100, true), "part of it is taken");
        assert!(lock_shm(&mut opens, 3, 0b0100, true));
        assert!(!lock_shm(&mut opens, 1, 0b0100, false));
        unlock_shm(&mut opens, 1, 0b1000);
        unlock_shm(&mut opens, 2, 0b1000);
        assert!(lock_shm(&mut opens, 3, 0b1100, true));
    }
}
