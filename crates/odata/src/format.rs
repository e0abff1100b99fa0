//! Media types: `Accept` and `$format` (OData JSON Format 4.01 section 3, Protocol section 8.2.1).
//!
//! Owns: which representation the client gets. Refuses: compression and languages (HTTP layers know them).

use crate::{Code, Version, WireError};

/// How a JSON answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// How much control information there is.
    pub metadata: Metadata,
    /// `IEEE754Compatible=true`: Int64 and Decimal as strings.
    pub numbers_as_strings: bool,
}

/// How much control information an answer has (section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metadata {
    /// `none`: only links and counts.
    None,
    /// `minimal`: what cannot be known from `$metadata`.
    #[default]
    Minimal,
    /// `full`: everything, types and addresses too.
    Full,
}

impl Format {
    /// Tells whether there is no control information beside links and counts.
    pub fn is_none(self) -> bool {
        self.metadata == Metadata::None
    }

    /// Tells whether there is all control information.
    pub fn is_full(self) -> bool {
        self.metadata == Metadata::Full
    }

    /// Returns the value of the answer's `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match (self.metadata, self.numbers_as_strings) {
            (Metadata::Minimal, false) => "application/json;odata.metadata=minimal",
            (Metadata::Minimal, true) => "application/json;odata.metadata=minimal;IEEE754Compatible=true",
            (Metadata::None, false) => "application/json;odata.metadata=none",
            (Metadata::None, true) => "application/json;odata.metadata=none;IEEE754Compatible=true",
            (Metadata::Full, false) => "application/json;odata.metadata=full",
            (Metadata::Full, true) => "application/json;odata.metadata=full;IEEE754Compatible=true",
        }
    }
}

/// The two ways to write `$metadata`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataFormat {
    /// CSDL XML.
    Xml,
    /// CSDL JSON.
    Json,
}

impl MetadataFormat {
    /// Returns the value of the answer's `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "application/xml",
            Self::Json => "application/json",
        }
    }
}

/// Chooses how a JSON answer is written from `Accept` and `$format`.
///
/// # Errors
/// 406 where the client takes no JSON.
pub fn negotiate_format(accept: Option<&str>, format: Option<&str>) -> Result<Format, WireError> {
    let ranges = ranges(accept, format)?;
    let json = best(&ranges, "application/json").ok_or_else(|| not_acceptable("application/json"))?;
    let mut answer = Format::default();
    for parameter in &json.parameters {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        match name.trim() {
            "odata.metadata" | "metadata" => {
                answer.metadata = match value {
                    "none" => Metadata::None,
                    "full" => Metadata::Full,
                    _ => Metadata::Minimal,
                }
            }
            "ieee754compatible" => answer.numbers_as_strings = value == "true",
            _ => {}
        }
    }
    Ok(answer)
}

/// Chooses how `$metadata` is written from `Accept` and `$format`; XML where both would do.
///
/// # Errors
/// 406 where the client takes neither.
pub fn negotiate_metadata(accept: Option<&str>, format: Option<&str>) -> Result<MetadataFormat, WireError> {
    let ranges = ranges(accept, format)?;
    match (best(&ranges, "application/xml"), best(&ranges, "application/json")) {
        (Some(xml), Some(json)) if json.weight() > xml.weight() => Ok(MetadataFormat::Json),
        (Some(_), _) => Ok(MetadataFormat::Xml),
        (None, Some(_)) => Ok(MetadataFormat::Json),
        (None, None) => Err(not_acceptable("application/xml and application/json")),
    }
}

/// The two ways to write a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchFormat {
    /// JSON (OData JSON 4.01 section 19).
    Json,
    /// `multipart/mixed` (Protocol section 11.7.7).
    Multipart,
}

impl BatchFormat {
    /// Reads the `Content-Type` of a batch; `None` for one that no batch has.
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        let media = content_type.split(';').next().unwrap_or_default().trim();
        match media.to_ascii_lowercase().as_str() {
            "application/json" => Some(Self::Json),
            "multipart/mixed" => Some(Self::Multipart),
            _ => None,
        }
    }
}

/// Chooses how the answers of a batch are written from `Accept` and `$format`: as the batch itself where either would do
/// (Protocol section 11.7.1). 4.0 knows the multipart format alone, and what its clients accept is meant for the answers
/// within; so does a client that names no version.
///
/// # Errors
/// 406 where the client takes neither.
pub fn negotiate_batch(
    asked: BatchFormat,
    version: Version,
    accept: Option<&str>,
    format: Option<&str>,
) -> Result<BatchFormat, WireError> {
    let ranges = ranges(accept, format)?;
    let (json, multipart) = (best(&ranges, "application/json"), best(&ranges, "multipart/mixed"));
    let is_taken = match version {
        // Who names no version mostly knows 4.0 alone (@odata/client).
        Version::V40 | Version::Unstated => true,
        Version::V401 => false,
    };
    if asked == BatchFormat::Multipart && is_taken {
        return Ok(BatchFormat::Multipart);
    }
    match (json.map(Range::weight), multipart.map(Range::weight)) {
        (None, None) => Err(not_acceptable("application/json and multipart/mixed")),
        (json, multipart) if json == multipart => Ok(asked),
        (json, multipart) if json > multipart => Ok(BatchFormat::Json),
        _ => Ok(BatchFormat::Multipart),
    }
}

/// One media range of `Accept`, in lower case.
struct Range {
    media_type: String,
    parameters: Vec<String>,
    /// In thousandths, so that it can be compared.
    quality: u16,
}

impl Range {
    /// Orders ranges: by quality, then the named type before a wildcard.
    fn weight(&self) -> (u16, bool) {
        (self.quality, !self.media_type.contains('*'))
    }
}

/// `$format` takes precedence over `Accept` (Protocol section 11.2.12); neither means anything goes.
fn ranges(accept: Option<&str>, format: Option<&str>) -> Result<Vec<Range>, WireError> {
    let text = match format {
        Some(format) => match format.trim().to_ascii_lowercase().as_str() {
            "json" => "application/json".to_owned(),
            "xml" => "application/xml".to_owned(),
            media_type if media_type.contains('/') => media_type.to_owned(),
            _ => {
                return Err(WireError::bad_request("$format must be json, xml or a media type").about("$format"));
            }
        },
        None => accept.unwrap_or_default().to_ascii_lowercase(),
    };
    let text = if text.trim().is_empty() { "*/*".to_owned() } else { text };
    Ok(text.split(',').map(range).collect())
}

fn range(text: &str) -> Range {
    let mut parts = text.split(';').map(|part| part.trim().to_owned());
    let media_type = parts.next().unwrap_or_default();
    let mut range = Range { media_type, parameters: Vec::new(), quality: 1000 };
    for parameter in parts {
        match parameter.strip_prefix("q=") {
            Some(quality) => {
                range.quality = quality.parse::<f32>().map_or(0, |q| (q.clamp(0.0, 1.0) * 1000.0) as u16);
            }
            None => range.parameters.push(parameter),
        }
    }
    range
}

fn best<'r>(ranges: &'r [Range], media_type: &str) -> Option<&'r Range> {
    let kind = media_type.split('/').next().unwrap_or_default();
    let named = |range: &&Range| {
        let range = range.media_type.as_str();
        range == media_type || range == "*/*" || range.strip_suffix("/*") == Some(kind) || range == "*"
    };
    // A type named with quality 0 is refused even where a wildcard would take it.
    let refused = ranges.iter().any(|r| r.media_type == media_type && r.quality == 0);
    let candidates = ranges.iter().filter(named).filter(|r| r.quality > 0);
    // `max_by_key` prefers the last of equals, HTTP and people the first.
    candidates.rev().max_by_key(|r| r.weight()).filter(|_| !refused)
}

fn not_acceptable(offer: &str) -> WireError {
    WireError::new(406, Code::NotAcceptable, format!("This resource is available as {offer}")).about("Accept")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn json_is_negotiated_with_its_parameters() {
        let format = |accept| negotiate_format(accept, None).map(Format::content_type);
        let minimal = "application/json;odata.metadata=minimal";
        assert_eq!(format(None).unwrap(), minimal);
        assert_eq!(format(Some("*/*")).unwrap(), minimal);
        assert_eq!(format(Some("text/html, application/*;q=0.1")).unwrap(), minimal);
        assert_eq!(
            format(Some("application/json; odata.metadata=full")).unwrap(),
            "application/json;odata.metadata=full"
        );
        assert_eq!(
            format(Some("application/json;odata.metadata=none;IEEE754Compatible=true")).unwrap(),
            "application/json;odata.metadata=none;IEEE754Compatible=true"
        );
        assert_eq!(format(Some("text/html")).unwrap_err().status, 406);
        assert_eq!(format(Some("application/json;q=0, */*")).unwrap_err().status, 406);
        assert_eq!(negotiate_format(Some("text/html"), Some("json")).unwrap(), Format::default());
        assert_eq!(negotiate_format(None, Some("nonsense")).unwrap_err().status, 400);
        assert_eq!(negotiate_format(None, Some("atom/xml")).unwrap_err().status, 406);
    }

    #[test]
    fn metadata_is_xml_unless_json_is_wanted_more() {
        let format = |accept| negotiate_metadata(accept, None);
        assert_eq!(format(None).unwrap(), MetadataFormat::Xml);
        assert_eq!(format(Some("application/json")).unwrap(), MetadataFormat::Json);
        assert_eq!(format(Some("application/json, */*;q=0.1")).unwrap(), MetadataFormat::Json);
        assert_eq!(format(Some("application/json, */*")).unwrap(), MetadataFormat::Json);
        assert_eq!(format(Some("application/xml, application/json")).unwrap(), MetadataFormat::Xml);
        assert_eq!(format(Some("text/csv")).unwrap_err().status, 406);
        assert_eq!(negotiate_metadata(None, Some("JSON")).unwrap(), MetadataFormat::Json);
        assert_eq!(negotiate_metadata(Some("application/json"), Some("xml")).unwrap(), MetadataFormat::Xml);
    }

    #[test]
    fn a_batch_is_answered_as_it_was_asked_unless_the_client_wants_another() {
        use BatchFormat::{Json, Multipart};
        for (accept, of_json, of_multipart) in [
            (None, Json, Multipart),
            (Some("*/*"), Json, Multipart),
            (Some("application/json, multipart/mixed"), Json, Multipart),
            (Some("multipart/mixed"), Multipart, Multipart),
            (Some("application/json"), Json, Json),
            (Some("application/json, text/plain, */*"), Json, Json),
            (Some("application/json;q=0.5, multipart/*"), Multipart, Multipart),
        ] {
            let of = |asked, version| negotiate_batch(asked, version, accept, None).unwrap();
            assert_eq!((of(Json, Version::V401), of(Multipart, Version::V401)), (of_json, of_multipart), "{accept:?}");
            assert_eq!((of(Json, Version::V40), of(Multipart, Version::V40)), (of_json, Multipart), "{accept:?}");
        }
        let unstated = |accept| negotiate_batch(Multipart, Version::Unstated, Some(accept), None).unwrap();
        assert_eq!(unstated("application/json, text/plain, */*"), Multipart);
        assert_eq!(unstated("application/json"), Multipart);
        let refused = negotiate_batch(Json, Version::V40, Some("application/xml"), None).unwrap_err();
        assert_eq!(refused.status, 406);
        assert_eq!(negotiate_batch(Json, Version::V40, Some("multipart/mixed"), Some("json")).unwrap(), Json);
        let of = BatchFormat::of_content_type;
        assert_eq!(
            (of("Multipart/Mixed;boundary=b"), of("application/json; x=y"), of("")),
            (Some(Multipart), Some(Json), None)
        );
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(accept in any::<String>(), format in any::<Option<String>>()) {
            let _ = negotiate_format(Some(&accept), format.as_deref());
            let _ = negotiate_metadata(Some(&accept), format.as_deref());
        }
    }
}
