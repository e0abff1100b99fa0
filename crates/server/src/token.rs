//! Delta and skip tokens: a place in a change feed, in an enumeration or in a list, sealed with an HMAC.
//!
//! Owns: what is inside a token and that nobody else can make one. A token is valid for one workspace, owner, entity
//! set and epoch of the database, since these are part of what is sealed; the model's fingerprint stands inside, so
//! that a changed model is told from a forgery. Refuses: asking whether the feed still reaches back that far (the
//! storage knows). OData Protocol 4.01 section 11.3; FAULTS S1, S2, S11. The whole link stays under 60 characters.

use crate::change::Mark;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use subtle::ConstantTimeEq;
use tidemark_model::{Cell, Planted, RecordId, is_planted};
use uuid::Uuid;

const SEAL_BYTES: usize = 10;
const DELTA: u8 = 1;
const ENUMERATION: u8 = 2;
const LIST: u8 = 3;

/// A place to go on from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// In the change feed: behind this change.
    Delta(Mark),
    /// In a full enumeration.
    Enumeration {
        /// Where the feed stood when the enumeration began.
        start: Mark,
        /// The last key that was given.
        after: RecordId,
        /// The size of its pages, for a client that does not repeat its preference.
        page_size: u32,
    },
    /// In an ordinary list.
    List {
        /// How many records were given so far.
        given: u64,
        /// What `now()` is on all of its pages, in microseconds since 1970.
        now: i64,
        /// The ordering keys of the last one; `None` where they are too long to travel, then `given` are skipped.
        after: Option<Vec<Cell<'static>>>,
    },
}

/// Why a token is not taken: 410 in both cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// It was sealed for another version of the entity model.
    OtherModel,
    /// It was never sealed here: forged, altered, or from another epoch.
    Foreign,
}

/// What tokens are sealed for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenSeal<'a> {
    /// The server's secret.
    pub(crate) secret: &'a [u8; 32],
    /// The database's epoch.
    pub(crate) epoch: &'a [u8; 8],
    /// The workspace's number.
    pub(crate) workspace: i64,
    /// The owner's number in a set that is kept per user, else 0.
    pub(crate) owner: i64,
    /// The entity set.
    pub(crate) set: &'a str,
    /// The model's fingerprint.
    pub(crate) fingerprint: &'a str,
    /// The query that a list token goes on with; empty for the others.
    pub(crate) query: &'a str,
}

impl TokenSeal<'_> {
    /// Writes a token.
    pub(crate) fn seal(&self, token: &Token) -> String {
        let mut bytes = Vec::with_capacity(64);
        match token {
            Token::Delta(mark) => {
                bytes.push(DELTA);
                bytes.extend_from_slice(&self.model());
                write_mark(&mut bytes, *mark);
            }
            Token::Enumeration { start, after, page_size } => {
                bytes.push(ENUMERATION);
                bytes.extend_from_slice(&self.model());
                write_mark(&mut bytes, *start);
                bytes.extend_from_slice(after.0.as_bytes());
                write_number(&mut bytes, u64::from(*page_size));
            }
            Token::List { given, now, after } => {
                bytes.push(LIST);
                bytes.extend_from_slice(&self.model());
                write_number(&mut bytes, *given);
                bytes.extend_from_slice(&now.to_le_bytes());
                if let Some(keys) = after {
                    write_number(&mut bytes, keys.len() as u64 + 1);
                    keys.iter().for_each(|key| write_cell(&mut bytes, key));
                } else {
                    write_number(&mut bytes, 0);
                }
            }
        }
        let seal = self.mac(&bytes);
        bytes.extend_from_slice(&seal);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a token.
    pub(crate) fn open(&self, text: &str) -> Result<Token, BadToken> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadToken::Foreign)?;
        let split = bytes.len().checked_sub(SEAL_BYTES).ok_or(BadToken::Foreign)?;
        let (sealed, seal) = bytes.split_at(split);
        if !bool::from(self.mac(sealed).as_slice().ct_eq(seal)) {
            return Err(BadToken::Foreign);
        }
        let mut input = sealed;
        let kind = take(&mut input, 1).ok_or(BadToken::Foreign)?[0];
        if take(&mut input, 4).ok_or(BadToken::Foreign)? != self.model() {
            return Err(BadToken::OtherModel);
        }
        read(kind, &mut input).filter(|_| input.is_empty()).ok_or(BadToken::Foreign)
    }

    fn model(&self) -> [u8; 4] {
        let digest = Sha256::digest(self.fingerprint.as_bytes());
        [digest[0], digest[1], digest[2], digest[3]]
    }

    fn mac(&self, sealed: &[u8]) -> [u8; SEAL_BYTES] {
        // HMAC takes a key of any length, so this never is the empty seal.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret) else { return [0; SEAL_BYTES] };
        if !is_planted(Planted::X17RestoredUnnoticed) {
            mac.update(self.epoch);
        }
        mac.update(&self.workspace.to_le_bytes());
        mac.update(&self.owner.to_le_bytes());
        for part in [self.set, self.query] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(sealed);
        let whole = mac.finalize().into_bytes();
        let mut seal = [0; SEAL_BYTES];
        seal.copy_from_slice(&whole[..SEAL_BYTES]);
        seal
    }
}

fn read(kind: u8, input: &mut &[u8]) -> Option<Token> {
    match kind {
        DELTA => Some(Token::Delta(read_mark(input)?)),
        ENUMERATION => Some(Token::Enumeration {
            start: read_mark(input)?,
            after: RecordId(Uuid::from_slice(take(input, 16)?).ok()?),
            page_size: u32::try_from(read_number(input)?).ok()?,
        }),
        LIST => {
            let given = read_number(input)?;
            let now = i64::from_le_bytes(take(input, 8)?.try_into().ok()?);
            let after = match read_number(input)? {
                0 => None,
                keys => Some((1..keys).map(|_| read_cell(input)).collect::<Option<Vec<_>>>()?),
            };
            Some(Token::List { given, now, after })
        }
        _ => None,
    }
}

fn take<'i>(input: &mut &'i [u8], length: usize) -> Option<&'i [u8]> {
    let (taken, rest) = input.split_at_checked(length)?;
    *input = rest;
    Some(taken)
}

fn write_mark(out: &mut Vec<u8>, mark: Mark) {
    write_number(out, mark.sequence);
    out.extend_from_slice(&mark.mark.to_le_bytes());
}

fn read_mark(input: &mut &[u8]) -> Option<Mark> {
    let sequence = read_number(input)?;
    let mark = take(input, 4)?;
    Some(Mark { sequence, mark: u32::from_le_bytes([mark[0], mark[1], mark[2], mark[3]]) })
}

/// LEB128: sequence numbers are small for a long time, and links are short.
fn write_number(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn read_number(input: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(input, 1)?[0];
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn write_cell(out: &mut Vec<u8>, cell: &Cell<'_>) {
    match cell {
        Cell::Null => out.push(0),
        Cell::Integer(n) => {
            out.push(1);
            out.extend_from_slice(&n.to_le_bytes());
        }
        Cell::Real(n) => {
            out.push(2);
            out.extend_from_slice(&n.to_bits().to_le_bytes());
        }
        Cell::Text(text) => {
            out.push(3);
            write_number(out, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
        Cell::Guid(id) => {
            out.push(4);
            out.extend_from_slice(id.as_bytes());
        }
    }
}

fn read_cell(input: &mut &[u8]) -> Option<Cell<'static>> {
    let eight = |input: &mut &[u8]| -> Option<[u8; 8]> { take(input, 8)?.try_into().ok() };
    Some(match take(input, 1)?[0] {
        0 => Cell::Null,
        1 => Cell::Integer(i64::from_le_bytes(eight(input)?)),
        2 => Cell::Real(f64::from_bits(u64::from_le_bytes(eight(input)?))),
        3 => {
            let length = usize::try_from(read_number(input)?).ok()?;
            Cell::Text(Cow::Owned(std::str::from_utf8(take(input, length)?).ok()?.to_owned()))
        }
        4 => Cell::Guid(Uuid::from_slice(take(input, 16)?).ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seal<'a>(set: &'a str, fingerprint: &'a str, epoch: &'a [u8; 8]) -> TokenSeal<'a> {
        TokenSeal { secret: &[7; 32], epoch, workspace: 1, owner: 0, set, fingerprint, query: "" }
    }

    #[test]
    fn a_delta_link_is_short() {
        let token = seal("CachedEntities", "f", &[1; 8]).seal(&Token::Delta(Mark { sequence: 10_000_000, mark: 5 }));
        let link = format!("CachedEntities?$deltatoken={token}");
        assert!(link.len() < 60, "{} {link}", link.len());
    }

    #[test]
    fn a_token_is_good_for_one_set_epoch_and_model() {
        let token = Token::Delta(Mark { sequence: 300, mark: u32::MAX });
        let text = seal("A", "f", &[1; 8]).seal(&token);
        assert_eq!(seal("A", "f", &[1; 8]).open(&text), Ok(token));
        assert_eq!(seal("B", "f", &[1; 8]).open(&text), Err(BadToken::Foreign));
        assert_eq!(seal("A", "f", &[2; 8]).open(&text), Err(BadToken::Foreign));
        assert_eq!(seal("A", "g", &[1; 8]).open(&text), Err(BadToken::OtherModel));
        for wrong in ["", "AAAA", "not base64!", &text[1..], &format!("{text}AA")] {
            assert_eq!(seal("A", "f", &[1; 8]).open(wrong), Err(BadToken::Foreign), "{wrong}");
        }
    }

    fn cell() -> impl Strategy<Value = Cell<'static>> {
        prop_oneof![
            Just(Cell::Null),
            any::<i64>().prop_map(Cell::Integer),
            (-1e300..1e300).prop_map(Cell::Real),
            ".*".prop_map(|text: String| Cell::Text(Cow::Owned(text))),
            any::<u128>().prop_map(|n| Cell::Guid(Uuid::from_u128(n))),
        ]
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_read_again_and_an_altered_letter_is_seen(
            keys in prop::option::of(prop::collection::vec(cell(), 0..4)),
            number: u64, page_size: u32, mark: u32, id: u128, at: prop::sample::Index,
        ) {
            let after = RecordId(Uuid::from_u128(id));
            for token in [
                Token::Delta(Mark { sequence: number, mark }),
                Token::Enumeration { start: Mark { sequence: number, mark }, after, page_size },
                Token::List { given: number, now: i64::from(page_size) - 9, after: keys },
            ] {
                let text = seal("A", "f", &[1; 8]).seal(&token);
                prop_assert_eq!(seal("A", "f", &[1; 8]).open(&text), Ok(token));
                let mut altered = text.into_bytes();
                let at = at.index(altered.len());
                altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
                let altered = String::from_utf8(altered).unwrap();
                prop_assert!(seal("A", "f", &[1; 8]).open(&altered).is_err());
            }
        }
    }
}
