//! Bodies in and out of `zstd` and `gzip`.
//!
//! Owns: the two codings and the cap on what an answer may grow to (FAULTS A10). Refuses: choosing what to compress
//! beyond a size. Done here and not by the HTTP library so that the bytes on the wire can be counted.

use bytes::Bytes;
use std::io::Read;

/// The largest answer read, decompressed. A page of 10,000 records of 1 kB is a sixth of it.
const LARGEST_ANSWER_BYTES: u64 = 96 << 20;
/// What the headers of the coding take: a body that is not smaller by more is sent as it is.
pub(crate) const CODING_HEADER_BYTES: usize = "content-encoding: zstd\r\n".len();
/// Bodies below this are not worth a try.
const SMALLEST_COMPRESSED_BYTES: usize = 128;

/// What the client offers in `Accept-Encoding`.
pub(crate) const ACCEPTED: &str = "zstd, gzip";

/// Returns the body compressed with zstd level 1, where that is worth it.
pub(crate) fn compress(body: &Bytes) -> Option<Bytes> {
    if body.len() < SMALLEST_COMPRESSED_BYTES {
        return None;
    }
    let packed = zstd::bulk::compress(body, 1).ok()?;
    (packed.len() + CODING_HEADER_BYTES < body.len()).then(|| Bytes::from(packed))
}

/// Decompresses an answer's body; `None` when it is broken, of an unknown coding, or grows past the cap.
pub(crate) fn decompress(coding: Option<&str>, body: Bytes) -> Option<Bytes> {
    let mut plain = Vec::new();
    let capped = |reader: &mut dyn Read, plain: &mut Vec<u8>| {
        reader.take(LARGEST_ANSWER_BYTES + 1).read_to_end(plain).ok().filter(|n| *n as u64 <= LARGEST_ANSWER_BYTES)
    };
    match coding.map(str::trim) {
        None | Some("identity" | "") => return Some(body),
        Some("zstd") => capped(&mut zstd::stream::read::Decoder::new(body.as_ref()).ok()?, &mut plain)?,
        Some("gzip") => capped(&mut flate2::read::MultiGzDecoder::new(body.as_ref()), &mut plain)?,
        Some(_) => return None,
    };
    Some(Bytes::from(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_survives_and_a_broken_one_is_told_apart() {
        let body = Bytes::from("abc".repeat(5_000));
        let packed = compress(&body).unwrap();
        assert!(packed.len() < body.len() / 10);
        assert_eq!(decompress(Some("zstd"), packed.clone()), Some(body.clone()));
        assert_eq!(decompress(Some("zstd"), packed.slice(..packed.len() - 3)), None);
        assert_eq!(decompress(Some("br"), packed), None);
        assert_eq!(decompress(None, body.clone()), Some(body));
    }

    #[test]
    fn a_small_body_is_packed_where_that_makes_the_request_smaller() {
        let twice = Bytes::from(
            r#"{"url":"Sites?$deltatoken=Ad0FxJkEKOGoiWCgkKLaXISYEPI","if-none-match":"Ad0FxJkEKOGoiWCgkKLaXISYEPI"}"#
                .repeat(3),
        );
        assert!(compress(&twice).unwrap().len() < 150);
        assert_eq!(compress(&Bytes::from("{}")), None);
        let dense: Vec<u8> = (0..200_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
        assert_eq!(compress(&Bytes::from(dense)), None);
    }

    #[test]
    fn a_bomb_is_not_unpacked_whole() {
        let bomb = zstd::bulk::compress(&vec![0; LARGEST_ANSWER_BYTES as usize + 10], 1).unwrap();
        assert!(bomb.len() < 100_000);
        assert_eq!(decompress(Some("zstd"), Bytes::from(bomb)), None);
    }
}
