//! Which of OData 4.0 and 4.01 an answer is written in (OData Protocol 4.01 section 8.2.7, JSON Format section 4.5).
//!
//! Owns: negotiation and what follows from it for names of control information. Refuses: versions before 4.0.

use crate::WireError;

/// The protocol version of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `OData-MaxVersion: 4.0`.
    V40,
    /// `OData-MaxVersion: 4.01` or above: control information without the `odata.` prefix.
    V401,
    /// The client did not say: 4.01, with the `odata.` prefix that readers of both versions know.
    Unstated,
}

impl Version {
    /// Chooses the version of the answer from the request's `OData-MaxVersion`.
    ///
    /// # Errors
    /// 400 where the header is no version, or one before 4.0.
    pub fn negotiate(max_version: Option<&str>) -> Result<Self, WireError> {
        let Some(text) = max_version.map(str::trim) else { return Ok(Self::Unstated) };
        match parse(text) {
            Some((4, 0)) => Ok(Self::V40),
            Some(version) if version >= (4, 1) => Ok(Self::V401),
            _ => Err(WireError::header("OData-MaxVersion", format!("must be 4.0 or 4.01, not {text:?}"))),
        }
    }

    /// Checks the request's `OData-Version`, the version that its body is written in.
    ///
    /// # Errors
    /// 400 for anything but 4.0 and 4.01.
    pub fn check_body(version: Option<&str>) -> Result<(), WireError> {
        match version.map(|text| parse(text.trim())) {
            None | Some(Some((4, 0 | 1))) => Ok(()),
            Some(_) => Err(WireError::header("OData-Version", "must be 4.0 or 4.01")),
        }
    }

    /// Returns the value of the answer's `OData-Version`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V40 => "4.0",
            Self::V401 | Self::Unstated => "4.01",
        }
    }

    /// Returns what the names of control information begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::V40 | Self::Unstated => "@odata.",
            Self::V401 => "@",
        }
    }
}

/// Reads `4.01` as (4, 1): the minor version counts hundredths only in its spelling.
fn parse(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(major) || !digits(minor) {
        return None;
    }
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_client_that_says_so_gets_4_01_without_prefix() {
        let negotiate = |text| Version::negotiate(text).map(|v| (v.as_str(), v.prefix()));
        assert_eq!(negotiate(None).unwrap(), ("4.01", "@odata."));
        assert_eq!(negotiate(Some("4.0")).unwrap(), ("4.0", "@odata."));
        assert_eq!(negotiate(Some(" 4.01 ")).unwrap(), ("4.01", "@"));
        assert_eq!(negotiate(Some("5.0")).unwrap(), ("4.01", "@"));
        for wrong in ["3.0", "4", "four", "", "4.0;x"] {
            assert_eq!(negotiate(Some(wrong)).unwrap_err().status, 400, "{wrong}");
        }
    }

    #[test]
    fn a_body_is_4_0_or_4_01() {
        assert!(Version::check_body(None).is_ok());
        assert!(Version::check_body(Some("4.01")).is_ok());
        assert_eq!(Version::check_body(Some("3.0")).unwrap_err().status, 400);
    }
}
