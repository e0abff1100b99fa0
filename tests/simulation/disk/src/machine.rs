//! The file system of one machine: every operation on it, counted and failing where it shall.
//!
//! Owns: which file a name or an opening leads to, who is alive, and the order of check, count and effect.
//! Refuses: paths of the outside (`registry`), and SQLite's and the standard library's ways to say things.

use crate::fault::{Act, Failure, Faults};
use crate::inode::{Inode, PowerLoss};
use crate::names::Names;
use crate::open::{self, Hold, Level, Open};
use crate::shm::Region;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tidemark_test_dice::Dice;

/// An opening of a file. It leads nowhere once its process or machine has died, and never to another file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    inode: u64,
    id: u64,
}

/// What is on a disk, apart from who has it open.
#[derive(Debug, Default)]
pub(crate) struct Image {
    inodes: BTreeMap<u64, Inode>,
    names: Names,
}

/// One machine.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    on_disk: Image,
    pub(crate) faults: Faults,
    /// Counts inodes and openings; no number comes twice, so that what is old is never taken for what is new.
    last: u64,
    /// Processes that did anything, and those that died.
    seen: BTreeSet<u32>,
    dead: BTreeSet<u32>,
}

type Done<T = ()> = Result<T, Failure>;

impl Machine {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Every operation begins here. Process 0 is whoever names none; it lives for ever.
    pub(crate) fn alive(&mut self, owner: u32) -> Done {
        if self.faults.off {
            return Err(Failure::Off);
        }
        if owner != 0 {
            if self.dead.contains(&owner) {
                return Err(Failure::Dead);
            }
            self.seen.insert(owner);
        }
        Ok(())
    }

    pub(crate) fn used(&self) -> usize {
        self.on_disk.inodes.values().map(|inode| inode.current.length()).sum()
    }

    fn admit(&mut self, act: Act, path: &str) -> Done {
        let inodes = &self.on_disk.inodes;
        self.faults.admit(act, path, || inodes.values().map(|inode| inode.current.length()).sum())
    }

    // Names.

    pub(crate) fn names(&self) -> &Names {
        &self.on_disk.names
    }

    pub(crate) fn names_may_be_lost(&mut self, lossy: bool) {
        self.on_disk.names.may_be_lost(lossy);
        self.sweep();
    }

    pub(crate) fn length(&self, path: &str) -> Option<usize> {
        self.named(path).map(|inode| inode.current.length())
    }

    pub(crate) fn named(&self, path: &str) -> Option<&Inode> {
        self.on_disk.names.file(path).and_then(|number| self.on_disk.inodes.get(&number))
    }

    pub(crate) fn make(&mut self, path: &str) -> Done<u64> {
        self.on_disk.names.check_place(path)?;
        if self.on_disk.names.file(path).is_some() {
            return Err(Failure::Exists);
        }
        self.admit(Act::Create, path)?;
        let number = self.next();
        self.on_disk.inodes.insert(number, Inode::named());
        self.on_disk.names.make_file(path, number);
        Ok(number)
    }

    pub(crate) fn make_folder(&mut self, path: &str) -> Done {
        for end in path.match_indices('/').map(|(at, _)| at).chain([path.len()]) {
            let folder = &path[..end];
            if self.on_disk.names.file(folder).is_some() {
                return Err(Failure::Exists);
            }
            if !self.on_disk.names.is_folder(folder) {
                self.admit(Act::MakeFolder, folder)?;
                self.on_disk.names.make_folder(folder);
            }
        }
        Ok(())
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) -> Done {
        let names = &self.on_disk.names;
        if names.file(from).is_some() {
            names.check_place(to)?;
        } else if from.is_empty() || !names.is_folder(from) {
            return Err(Failure::NotFound);
        } else if names.file(to).is_some() {
            return Err(Failure::Exists);
        } else if from != to && (!names.names_in(to).is_empty() || to.starts_with(&format!("{from}/"))) {
            return Err(Failure::NotEmpty);
        }
        self.admit(Act::Rename, from)?;
        if self.faults.is_read_only(to) {
            return Err(Failure::ReadOnly);
        }
        if from == to {
            return Ok(());
        }
        let replaced = self.on_disk.names.file(to);
        self.on_disk.names.rename(from, to);
        if let Some(number) = replaced {
            self.lose_name(number);
        }
        Ok(())
    }

    /// Removes a file.
    pub(crate) fn remove(&mut self, path: &str) -> Done {
        let number = match self.on_disk.names.file(path) {
            Some(number) => number,
            None if self.on_disk.names.is_folder(path) => return Err(Failure::Folder),
            None => return Err(Failure::NotFound),
        };
        self.admit(Act::Remove, path)?;
        self.on_disk.names.remove(path);
        self.lose_name(number);
        Ok(())
    }

    /// Removes a folder with what is in it, one after the other, as the standard library does.
    pub(crate) fn remove_folder(&mut self, path: &str) -> Done {
        if path.is_empty() || !self.on_disk.names.is_folder(path) {
            return Err(Failure::NotFound);
        }
        for path in self.on_disk.names.inside(path).into_iter().chain([path.to_owned()]) {
            if self.on_disk.names.file(&path).is_some() {
                self.remove(&path)?;
            } else {
                self.admit(Act::Remove, &path)?;
                self.on_disk.names.remove(&path);
            }
        }
        Ok(())
    }

    pub(crate) fn sync_folder(&mut self, path: &str) -> Done {
        self.admit(Act::SyncFolder, path)?;
        self.on_disk.names.sync();
        self.sweep();
        Ok(())
    }

    // Openings.

    pub(crate) fn open(&mut self, owner: u32, path: &str, create: bool, exclusive: bool) -> Done<Key> {
        let inode = match self.on_disk.names.file(path) {
            Some(_) if create && exclusive => return Err(Failure::Exists),
            Some(number) => number,
            None if create => self.make(path)?,
            None => return Err(if self.on_disk.names.is_folder(path) { Failure::Folder } else { Failure::NotFound }),
        };
        let id = self.next();
        let open = Open { id, owner, path: path.into(), level: Level::None, hold: Hold::Nothing, shm: None };
        self.on_disk.inodes.get_mut(&inode).ok_or(Failure::NotFound)?.opens.push(open);
        Ok(Key { inode, id })
    }

    pub(crate) fn close(&mut self, key: Key) {
        if let Some(inode) = self.on_disk.inodes.get_mut(&key.inode) {
            inode.opens.retain(|open| open.id != key.id);
            self.settle(key.inode);
        }
    }

    /// Returns the file and the name under which it was opened.
    pub(crate) fn at(&mut self, key: Key) -> Done<(&mut Inode, Arc<str>)> {
        if self.faults.off {
            return Err(Failure::Off);
        }
        let inode = self.on_disk.inodes.get_mut(&key.inode).ok_or(Failure::Dead)?;
        let path = inode.opens.iter().find(|open| open.id == key.id).map(|open| Arc::clone(&open.path));
        path.map(|path| (inode, path)).ok_or(Failure::Dead)
    }

    /// Tells whether the name under which a file was opened leads to another one now, or to none.
    pub(crate) fn has_moved(&mut self, key: Key) -> Done<bool> {
        let (_, path) = self.at(key)?;
        Ok(self.on_disk.names.file(&path) != Some(key.inode))
    }

    pub(crate) fn read_at(&mut self, key: Key, offset: usize, into: &mut [u8]) -> Done<usize> {
        self.at(key)?;
        let there = self.faults.admit_read(into.len())?;
        let (inode, _) = self.at(key)?;
        Ok(inode.current.read(offset, &mut into[..there]))
    }

    pub(crate) fn write_at(&mut self, key: Key, offset: usize, bytes: &[u8]) -> Done {
        let (_, path) = self.at(key)?;
        self.write(key.inode, &path, offset, bytes)
    }

    pub(crate) fn set_length_at(&mut self, key: Key, length: usize) -> Done {
        let (_, path) = self.at(key)?;
        self.set_length(key.inode, &path, length)
    }

    pub(crate) fn sync_at(&mut self, key: Key) -> Done {
        let (_, path) = self.at(key)?;
        self.sync(key.inode, &path)
    }

    pub(crate) fn map_shm(&mut self, key: Key, index: usize, bytes: usize, extend: bool) -> Done<Option<Region>> {
        let (_, path) = self.at(key)?;
        let read_only = self.faults.is_read_only(&path);
        let (inode, _) = self.at(key)?;
        if inode.shm.is_none() && read_only {
            return Err(Failure::ReadOnly);
        }
        if let Some(open) = inode.opens.iter_mut().find(|open| open.id == key.id) {
            open.shm.get_or_insert_default();
        }
        Ok(inode.shm.get_or_insert_default().region(index, bytes, extend))
    }

    pub(crate) fn unmap_shm(&mut self, key: Key) -> Done {
        let (inode, _) = self.at(key)?;
        if let Some(open) = inode.opens.iter_mut().find(|open| open.id == key.id) {
            open.shm = None;
        }
        self.settle(key.inode);
        Ok(())
    }

    /// Takes, or changes, what an opening holds; tells whether it was to be had.
    pub(crate) fn hold(&mut self, key: Key, wanted: Hold) -> Done<bool> {
        let (inode, _) = self.at(key)?;
        Ok(open::hold(&mut inode.opens, key.id, wanted))
    }

    pub(crate) fn lock(&mut self, key: Key, wanted: Level) -> Done<bool> {
        let (inode, _) = self.at(key)?;
        Ok(open::lock(&mut inode.opens, key.id, wanted))
    }

    pub(crate) fn unlock(&mut self, key: Key, to: Level) -> Done {
        let (inode, _) = self.at(key)?;
        open::unlock(&mut inode.opens, key.id, to);
        Ok(())
    }

    pub(crate) fn lock_shm(&mut self, key: Key, bits: u8, alone: bool) -> Done<bool> {
        let (inode, _) = self.at(key)?;
        Ok(open::lock_shm(&mut inode.opens, key.id, bits, alone))
    }

    pub(crate) fn unlock_shm(&mut self, key: Key, bits: u8) -> Done {
        let (inode, _) = self.at(key)?;
        open::unlock_shm(&mut inode.opens, key.id, bits);
        Ok(())
    }

    // Files.

    pub(crate) fn find(&self, path: &str) -> Done<u64> {
        let names = self.names();
        names.file(path).ok_or(if names.is_folder(path) { Failure::Folder } else { Failure::NotFound })
    }

    /// Reads a file, or so much of its beginning.
    pub(crate) fn read(&mut self, number: u64, at_most: usize) -> Done<Vec<u8>> {
        let content = &self.on_disk.inodes.get(&number).ok_or(Failure::NotFound)?.current;
        let mut bytes = vec![0; content.length().min(at_most)];
        content.read(0, &mut bytes);
        let there = self.faults.admit_read(bytes.len())?;
        bytes.truncate(there);
        Ok(bytes)
    }

    pub(crate) fn write(&mut self, number: u64, path: &str, offset: usize, bytes: &[u8]) -> Done {
        self.admit(Act::Write, path)?;
        let over = self.faults.room.map_or(0, |room| {
            let length = self.on_disk.inodes.get(&number).map_or(0, |inode| inode.current.length());
            let grown = (offset + bytes.len()).saturating_sub(length);
            grown.saturating_sub(room.saturating_sub(self.used()))
        });
        let inode = self.on_disk.inodes.get_mut(&number).ok_or(Failure::Dead)?;
        // What fits is written, as a full disk does it.
        let fits = bytes.len().saturating_sub(over);
        if fits > 0 {
            inode.write(offset, &bytes[..fits]);
        }
        if over > 0 { Err(Failure::Full) } else { Ok(()) }
    }

    pub(crate) fn set_length(&mut self, number: u64, path: &str, length: usize) -> Done {
        self.admit(Act::SetLength, path)?;
        self.on_disk.inodes.get_mut(&number).ok_or(Failure::Dead)?.set_length(length);
        Ok(())
    }

    pub(crate) fn sync(&mut self, number: u64, path: &str) -> Done {
        let admitted = self.admit(Act::Sync, path);
        let inode = self.on_disk.inodes.get_mut(&number).ok_or(Failure::Dead)?;
        match admitted {
            Ok(()) => inode.sync(),
            Err(Failure::Io) => inode.fail_to_sync(),
            Err(_) => {}
        }
        admitted?;
        self.on_disk.names.sync();
        self.sweep();
        Ok(())
    }

    pub(crate) fn flip(&mut self, path: &str, offset: usize, bit: u8) -> bool {
        let number = self.on_disk.names.file(path);
        number.and_then(|number| self.on_disk.inodes.get_mut(&number)).is_some_and(|inode| inode.flip(offset, bit))
    }

    // Life and death.

    pub(crate) fn lose_power(&mut self, mode: PowerLoss, dice: &mut Dice) {
        for inode in self.on_disk.inodes.values_mut() {
            inode.lose_power(mode, dice);
        }
        self.on_disk.names.lose_power(mode, dice);
        self.rename_inodes();
        self.dead.append(&mut self.seen);
        self.faults.off = true;
        self.sweep();
    }

    pub(crate) fn kill(&mut self, owner: u32) {
        if owner != 0 {
            self.dead.insert(owner);
            self.seen.remove(&owner);
        }
        for inode in self.on_disk.inodes.values_mut() {
            inode.opens.retain(|open| open.owner != owner);
        }
        self.sweep();
    }

    pub(crate) fn is_held_by(&self, owner: u32) -> bool {
        self.on_disk.inodes.values().any(|inode| inode.opens.iter().any(|open| open.owner == owner))
    }

    pub(crate) fn image(&self) -> Image {
        let names = self.on_disk.names.clone();
        let kept = self.on_disk.inodes.iter().filter(|(number, inode)| inode.named || names.may_come_back(**number));
        Image { inodes: kept.map(|(number, inode)| (*number, inode.image())).collect(), names }
    }

    /// Puts a whole disk in the place of this one; every process dies.
    pub(crate) fn put_image(&mut self, image: &Image) {
        // The numbers of another machine, or of another time, mean other files than those of openings here.
        let mut renumbered = BTreeMap::new();
        let mut on_disk = Image { inodes: BTreeMap::new(), names: image.names.clone() };
        for (number, inode) in &image.inodes {
            let new = self.next();
            renumbered.insert(*number, new);
            on_disk.inodes.insert(new, inode.image());
        }
        on_disk.names.renumber(&renumbered);
        self.on_disk = on_disk;
        self.dead.append(&mut self.seen);
    }

    fn lose_name(&mut self, number: u64) {
        if let Some(inode) = self.on_disk.inodes.get_mut(&number) {
            inode.named = false;
        }
        self.settle(number);
    }

    fn rename_inodes(&mut self) {
        let named: BTreeSet<u64> = self.on_disk.names.files().map(|(_, number)| number).collect();
        for (number, inode) in &mut self.on_disk.inodes {
            inode.named = named.contains(number);
        }
    }

    /// Lets go of what nobody can reach any more: a file without a name, memory that nobody shares.
    fn settle(&mut self, number: u64) {
        let Some(inode) = self.on_disk.inodes.get_mut(&number) else { return };
        if inode.opens.iter().all(|open| open.shm.is_none()) {
            inode.shm = None;
        }
        if !inode.named && inode.opens.is_empty() && !self.on_disk.names.may_come_back(number) {
            self.on_disk.inodes.remove(&number);
        }
    }

    fn sweep(&mut self) {
        let unreachable = |inode: &Inode| !inode.named || inode.shm.is_some();
        let numbers: Vec<u64> =
            self.on_disk.inodes.iter().filter(|(_, inode)| unreachable(inode)).map(|(number, _)| *number).collect();
        numbers.into_iter().for_each(|number| self.settle(number));
    }
}
