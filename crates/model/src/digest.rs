//! The digest by which a device and its server find out whether they have the same records (FAULTS I27).
//!
//! Owns: what is in it, for both ends: sums over records, so that no order matters, in 256 buckets by the first byte of
//! `Id`, so that a difference is found without sending records. Refuses: guarding against anybody; it finds accidents.

use crate::cell::Cell;
use crate::record::RecordId;
use serde::{Deserialize, Serialize};

/// How many buckets there are.
pub const BUCKETS: usize = 256;

/// Returns the bucket of a record.
pub fn bucket_of(id: RecordId) -> usize {
    usize::from(id.0.as_bytes()[0])
}

/// One record's part: which version it is, and what its declared properties hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowDigest {
    /// Of the id and the ETag.
    pub identity: u64,
    /// Of the id and the cells, in model order.
    pub content: u64,
}

impl RowDigest {
    /// Digests a record.
    pub fn of<'c, 'v: 'c>(id: RecordId, etag: &str, cells: impl IntoIterator<Item = &'c Cell<'v>>) -> Self {
        let mut content = Hash::of(id);
        for cell in cells {
            content.cell(cell);
        }
        Self { content: content.finish(), ..Self::of_version(id, etag) }
    }

    /// Digests the version alone.
    pub fn of_version(id: RecordId, etag: &str) -> Self {
        let mut identity = Hash::of(id);
        identity.bytes(etag.as_bytes());
        Self { identity: identity.finish(), content: 0 }
    }
}

/// The records of one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// How many.
    pub count: u64,
    /// The sum of their identities.
    pub identity: u64,
    /// The sum of their contents.
    pub content: u64,
}

impl Bucket {
    /// Adds a record.
    pub fn add(&mut self, row: RowDigest) {
        self.count += 1;
        self.identity = self.identity.wrapping_add(row.identity);
        self.content = self.content.wrapping_add(row.content);
    }
}

/// FNV-1a over eight bytes at a time, mixed at the end so that sums of it tell apart what sums of the plain one would not.
struct Hash(u64);

impl Hash {
    fn of(id: RecordId) -> Self {
        let mut hash = Self(0xcbf2_9ce4_8422_2325);
        hash.bytes(id.0.as_bytes());
        hash
    }

    fn number(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.number(u64::from_le_bytes(word));
        }
    }

    fn cell(&mut self, cell: &Cell<'_>) {
        match cell {
            Cell::Null => self.number(0),
            Cell::Integer(n) => {
                self.number(1);
                self.number(n.cast_unsigned());
            }
            Cell::Real(n) => {
                self.number(2);
                // Both zeros are one number.
                self.number(if *n == 0.0 { 0 } else { n.to_bits() });
            }
            Cell::Text(text) => {
                self.number(3);
                self.bytes(text.as_bytes());
            }
            Cell::Guid(id) => {
                self.number(4);
                self.bytes(id.as_bytes());
            }
        }
    }

    fn finish(self) -> u64 {
        let mut mixed = self.0;
        for factor in [0xff51_afd7_ed55_8ccd_u64, 0xc4ce_b9fe_1a85_ec53] {
            mixed = (mixed ^ (mixed >> 33)).wrapping_mul(factor);
        }
        mixed ^ (mixed >> 33)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn every_single_difference_shows_and_no_order_does() {
        let id = |n| RecordId(Uuid::from_u64_pair(7, n));
        let cells = [Cell::Null, Cell::Integer(1), Cell::Real(1.5), Cell::Text("Öl".into()), Cell::Guid(id(9).0)];
        let of = |n, etag: &str, cells: &[Cell<'_>]| RowDigest::of(id(n), etag, cells);
        let known = of(1, "W/\"1.a\"", &cells);
        assert_eq!(known, of(1, "W/\"1.a\"", &cells));
        assert_ne!(known.identity, of(1, "W/\"2.a\"", &cells).identity);
        assert_ne!(known.identity, of(2, "W/\"1.a\"", &cells).identity);
        for index in 0..cells.len() {
            let mut other = cells.clone();
            other[index] = Cell::Text("another".into());
            assert_ne!(known.content, of(1, "W/\"1.a\"", &other).content, "{index}");
        }
        let (mut one, mut other) = (Bucket::default(), Bucket::default());
        (1..50).for_each(|n| one.add(of(n, "e", &cells)));
        (1..50).rev().for_each(|n| other.add(of(n, "e", &cells)));
        assert_eq!(one, other);
        let swapped = [of(1, "e", &cells[1..2]), of(2, "e", &cells[2..3])];
        let straight = [of(1, "e", &cells[2..3]), of(2, "e", &cells[1..2])];
        let sum = |rows: [RowDigest; 2]| rows[0].content.wrapping_add(rows[1].content);
        assert_ne!(sum(swapped), sum(straight));
    }

    #[test]
    fn both_ends_of_other_versions_reckon_alike() {
        let id = RecordId(Uuid::from_u64_pair(0xa1b2_c3d4_e5f6_0718, 9));
        let cells = [
            Cell::Null,
            Cell::Integer(-1),
            Cell::Real(-0.0),
            Cell::Real(1.5),
            Cell::Text("longer than eight bytes, Öl".into()),
            Cell::Guid(id.0),
        ];
        assert_eq!(bucket_of(id), 0xa1);
        let row = RowDigest::of(id, "W/\"7.0a\"", &cells);
        // What a server and a device of another year say of the same record is the same.
        assert_eq!(row, RowDigest { identity: 7_860_645_062_868_438_196, content: 16_481_623_585_139_897_703 });
        let mut bucket = Bucket { count: 1, identity: u64::MAX, content: 5 };
        bucket.add(RowDigest { identity: 3, content: 4 });
        assert_eq!(bucket, Bucket { count: 2, identity: 2, content: 9 });
    }
}
