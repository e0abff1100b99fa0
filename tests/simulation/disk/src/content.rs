//! The bytes of a file, in pages that copies share until one of them is written to.
//!
//! Owns: reading, writing and cutting. Refuses: what is durable (`inode`).

use std::sync::{Arc, OnceLock};

const PAGE: usize = 4096;

type Page = [u8; PAGE];

/// A file's bytes. A copy costs one pointer a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pages: Vec<Arc<Page>>,
    length: usize,
}

fn empty_page() -> Arc<Page> {
    static EMPTY: OnceLock<Arc<Page>> = OnceLock::new();
    Arc::clone(EMPTY.get_or_init(|| Arc::new([0; PAGE])))
}

impl Content {
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Copies from an offset on and tells how many bytes there were.
    pub(crate) fn read(&self, offset: usize, into: &mut [u8]) -> usize {
        let count = self.length.saturating_sub(offset).min(into.len());
        let (mut at, mut done) = (offset, 0);
        while done < count {
            let (page, from) = (at / PAGE, at % PAGE);
            let part = (PAGE - from).min(count - done);
            into[done..done + part].copy_from_slice(&self.pages[page][from..from + part]);
            at += part;
            done += part;
        }
        count
    }

    pub(crate) fn all(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.length];
        self.read(0, &mut bytes);
        bytes
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.reach(offset + bytes.len());
        let (mut at, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let (page, from) = (at / PAGE, at % PAGE);
            let (part, behind) = rest.split_at((PAGE - from).min(rest.len()));
            Arc::make_mut(&mut self.pages[page])[from..from + part.len()].copy_from_slice(part);
            at += part.len();
            rest = behind;
        }
    }

    /// Cuts, or lengthens with zeros.
    pub(crate) fn set_length(&mut self, length: usize) {
        if length >= self.length {
            self.reach(length);
            return;
        }
        self.pages.truncate(length.div_ceil(PAGE));
        if !length.is_multiple_of(PAGE) {
            // What is behind the end is zero, so that lengthening needs to clear nothing.
            Arc::make_mut(&mut self.pages[length / PAGE])[length % PAGE..].fill(0);
        }
        self.length = length;
    }

    /// Takes over the pages that a write of these bytes touched, as another copy has them now.
    pub(crate) fn take_pages(&mut self, from: &Self, offset: usize, count: usize) {
        if self.pages.len() < from.pages.len() {
            self.pages.resize_with(from.pages.len(), empty_page);
        }
        self.length = self.length.max(from.length);
        for page in offset / PAGE..(offset + count).div_ceil(PAGE).min(from.pages.len()) {
            self.pages[page] = Arc::clone(&from.pages[page]);
        }
    }

    /// Turns one bit round; tells whether there is such a byte.
    pub(crate) fn flip(&mut self, offset: usize, bit: u8) -> bool {
        if offset >= self.length {
            return false;
        }
        Arc::make_mut(&mut self.pages[offset / PAGE])[offset % PAGE] ^= 1 << (bit % 8);
        true
    }

    fn reach(&mut self, length: usize) {
        if length > self.length {
            self.pages.resize_with(length.div_ceil(PAGE), empty_page);
            self.length = length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_does_not_come_back() {
        let mut content = Content::default();
        content.write(4090, &[7; 20]);
        let before = content.clone();
        content.set_length(4095);
        content.set_length(5000);
        assert_eq!(content.all()[4090..4095], [7; 5]);
        assert!(content.all()[4095..].iter().all(|byte| *byte == 0));
        assert_eq!(before.all()[4090..], [7; 20], "a copy is a copy");
    }

    #[test]
    fn reading_ends_where_the_file_does() {
        let mut content = Content::default();
        content.write(0, &[1; 10]);
        let mut into = [9; 8];
        assert_eq!(content.read(6, &mut into), 4);
        assert_eq!(content.read(60, &mut into), 0);
        assert_eq!(into, [1, 1, 1, 1, 9, 9, 9, 9]);
    }
}
