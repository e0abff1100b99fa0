//! One file: what processes see, what the disk has, and what was written between two syncs.
//!
//! Owns: what a sync makes durable and what a power loss leaves. Refuses: names, locks, and when things fail.

use crate::content::Content;
use crate::open::Open;
use crate::shm::Shm;
use tidemark_test_dice::Dice;

/// What the power's going off does to what was written and not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerLoss {
    /// Nothing of it is there.
    DropUnsynced,
    /// Each write is cut into sectors of 512 bytes, and any of them may be there.
    KeepRandomPart,
    /// All of it is there.
    KeepAll,
}

/// What a disk writes in one piece.
const SECTOR: usize = 512;

#[derive(Clone, Debug)]
enum Unsynced {
    /// The bytes are in `Inode::bytes` from `at` on.
    Write {
        offset: usize,
        at: usize,
        count: usize,
    },
    Length(usize),
}

/// A file, under whatever name.
#[derive(Debug, Default)]
pub(crate) struct Inode {
    pub(crate) current: Content,
    durable: Content,
    unsynced: Vec<Unsynced>,
    bytes: Vec<u8>,
    /// Whether it has a name that processes see.
    pub(crate) named: bool,
    pub(crate) opens: Vec<Open>,
    pub(crate) shm: Option<Shm>,
}

impl Inode {
    /// Returns an empty file that has a name.
    pub(crate) fn named() -> Self {
        Self { named: true, ..Self::default() }
    }

    /// Copies what is on the disk and on its way there, and nothing of who has the file open.
    pub(crate) fn image(&self) -> Self {
        Self {
            current: self.current.clone(),
            durable: self.durable.clone(),
            unsynced: self.unsynced.clone(),
            bytes: self.bytes.clone(),
            named: self.named,
            opens: Vec::new(),
            shm: None,
        }
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.current.write(offset, bytes);
        self.unsynced.push(Unsynced::Write { offset, at: self.bytes.len(), count: bytes.len() });
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn set_length(&mut self, length: usize) {
        self.current.set_length(length);
        self.unsynced.push(Unsynced::Length(length));
    }

    pub(crate) fn sync(&mut self) {
        for entry in &self.unsynced {
            match *entry {
                Unsynced::Write { offset, count, .. } => self.durable.take_pages(&self.current, offset, count),
                Unsynced::Length(length) => self.durable.set_length(length),
            }
        }
        self.durable.set_length(self.current.length());
        self.forget_unsynced();
    }

    /// As Linux does it: what could not be written counts as written from now on, is seen by everybody, and no later
    /// sync writes it.
    pub(crate) fn fail_to_sync(&mut self) {
        self.forget_unsynced();
    }

    pub(crate) fn lose_power(&mut self, mode: PowerLoss, dice: &mut Dice) {
        match mode {
            PowerLoss::DropUnsynced => {}
            PowerLoss::KeepAll => self.durable = self.current.clone(),
            PowerLoss::KeepRandomPart => self.keep_random_part(dice),
        }
        self.current = self.durable.clone();
        self.forget_unsynced();
        self.opens.clear();
        self.shm = None;
    }

    pub(crate) fn flip(&mut self, offset: usize, bit: u8) -> bool {
        self.durable.flip(offset, bit);
        self.current.flip(offset, bit)
    }

    fn keep_random_part(&mut self, dice: &mut Dice) {
        // Few, half, or most of the sectors: an even half of very many never shows what one missing sector does.
        let of_eight = [1, 4, 7][dice.below(3)];
        for entry in &self.unsynced {
            match *entry {
                Unsynced::Length(length) => {
                    if dice.below(8) < of_eight {
                        self.durable.set_length(length);
                    }
                }
                Unsynced::Write { offset, at, count } => {
                    let mut done = 0;
                    while done < count {
                        let part = (SECTOR - (offset + done) % SECTOR).min(count - done);
                        if dice.below(8) < of_eight {
                            self.durable.write(offset + done, &self.bytes[at + done..at + done + part]);
                        }
                        done += part;
                    }
                }
            }
        }
    }

    fn forget_unsynced(&mut self) {
        self.unsynced.clear();
        self.bytes.clear();
        // One large transaction must not keep its memory for ever.
        self.bytes.shrink_to(1 << 20);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_makes_durable_what_was_written_and_cut_in_order() {
        let mut inode = Inode::default();
        inode.write(0, &[1; 9000]);
        inode.sync();
        inode.set_length(100);
        inode.write(5000, &[2; 10]);
        inode.sync();
        inode.write(0, &[3; 5010]);
        inode.lose_power(PowerLoss::DropUnsynced, &mut Dice::at(0));
        let all = inode.current.all();
        assert_eq!((all.len(), &all[..100]), (5010, &[1; 100][..]));
        assert!(all[100..5000].iter().all(|byte| *byte == 0));
        assert_eq!(all[5000..], [2; 10]);
    }

    #[test]
    fn what_a_failed_sync_left_behind_is_seen_and_never_becomes_durable() {
        let mut inode = Inode::default();
        inode.write(0, &[1; 4096]);
        inode.sync();
        inode.write(0, &[2; 4096]);
        inode.fail_to_sync();
        inode.write(4096, &[3; 4096]);
        inode.sync();
        assert_eq!(inode.current.all()[0], 2);
        inode.lose_power(PowerLoss::DropUnsynced, &mut Dice::at(0));
        assert_eq!((inode.current.all()[0], inode.current.all()[4096]), (1, 3));
    }

    #[test]
    fn a_random_part_is_whole_sectors_and_follows_from_the_seed() {
        let lose = |seed| {
            let mut inode = Inode::default();
            inode.write(100, &[5; 4096]);
            inode.lose_power(PowerLoss::KeepRandomPart, &mut Dice::at(seed));
            inode.current.all()
        };
        let mut lengths = Vec::new();
        for seed in 0..50 {
            let all = lose(seed);
            assert_eq!(all, lose(seed));
            for (index, sector) in all.chunks(512).enumerate() {
                let written = &sector[if index == 0 { 100.min(sector.len()) } else { 0 }..];
                assert!(written.iter().all(|byte| *byte == 5) || written.iter().all(|byte| *byte == 0));
            }
            lengths.push(all.iter().filter(|byte| **byte == 5).count());
        }
        assert!(lengths.iter().any(|kept| *kept < 1000) && lengths.iter().any(|kept| *kept > 3000), "{lengths:?}");
    }

    #[test]
    fn of_two_writes_to_one_sector_the_later_one_wins_where_both_were_done() {
        let ends: Vec<u8> = (0..300)
            .map(|seed| {
                let mut inode = Inode::default();
                inode.write(0, &[0; 512]);
                inode.sync();
                inode.write(0, &[1; 512]);
                inode.write(0, &[2; 512]);
                inode.lose_power(PowerLoss::KeepRandomPart, &mut Dice::at(seed));
                inode.current.all()[0]
            })
            .collect();
        let count = |wanted: u8| ends.iter().filter(|end| **end == wanted).count();
        // The later one is there in half of all cases; the earlier one shows only where the later one is missing.
        assert!(count(0) > 0 && count(1) > 0 && count(2) > 2 * count(1), "{} {} {}", count(0), count(1), count(2));
    }
}
