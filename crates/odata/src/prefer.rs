//! `Prefer` and `Preference-Applied` (RFC 7240, OData Protocol 4.01 section 8.2.8).
//!
//! Owns: the preferences that this service honours, in both spellings (`odata.maxpagesize` of 4.0, `maxpagesize` of
//! 4.01). Refuses: refusing; a preference that is unknown or malformed is ignored, as RFC 7240 section 2 demands.

use crate::Version;

/// What a request prefers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefer {
    /// `odata.maxpagesize`.
    pub max_page_size: Option<u32>,
    /// `odata.track-changes`.
    pub track_changes: bool,
    /// `return=minimal` (true) or `return=representation` (false).
    pub return_minimal: Option<bool>,
    /// `odata.continue-on-error`.
    pub continue_on_error: bool,
}

/// A preference that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// `odata.maxpagesize`.
    MaxPageSize(u32),
    /// `odata.track-changes`.
    TrackChanges,
    /// `return=minimal`.
    ReturnMinimal,
    /// `return=representation`.
    ReturnRepresentation,
    /// `odata.continue-on-error`.
    ContinueOnError,
}

/// Reads every `Prefer` header of a request; what is unknown or malformed is ignored, and of a preference given
/// twice the first counts.
pub fn parse_prefer<'v>(values: impl IntoIterator<Item = &'v str>) -> Prefer {
    let mut prefer = Prefer::default();
    let mut continue_on_error = None;
    for preference in values.into_iter().flat_map(|value| value.split(',')) {
        // Parameters after a semicolon belong to preferences that nothing here knows.
        let preference = preference.split(';').next().unwrap_or_default();
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim().trim_matches('"').to_ascii_lowercase();
        match name.strip_prefix("odata.").unwrap_or(&name) {
            "maxpagesize" => {
                let size = value.parse().ok().filter(|size| *size > 0);
                prefer.max_page_size = prefer.max_page_size.or(size);
            }
            "track-changes" => prefer.track_changes = true,
            "continue-on-error" => {
                continue_on_error.get_or_insert(value != "false");
            }
            "return" => {
                let minimal = match value.as_str() {
                    "minimal" => Some(true),
                    "representation" => Some(false),
                    _ => None,
                };
                prefer.return_minimal = prefer.return_minimal.or(minimal);
            }
            _ => {}
        }
    }
    prefer.continue_on_error = continue_on_error.unwrap_or(false);
    prefer
}

/// Writes the value of `Preference-Applied`; `None` where nothing was applied.
pub fn preference_applied(applied: &[Preference], version: Version) -> Option<String> {
    let prefix = version.prefix().trim_start_matches('@');
    let words = applied.iter().map(|preference| match preference {
        Preference::MaxPageSize(size) => format!("{prefix}maxpagesize={size}"),
        Preference::TrackChanges => format!("{prefix}track-changes"),
        Preference::ReturnMinimal => "return=minimal".to_owned(),
        Preference::ReturnRepresentation => "return=representation".to_owned(),
        Preference::ContinueOnError => format!("{prefix}continue-on-error"),
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_spellings_and_several_headers_are_read() {
        let prefer =
            parse_prefer(["odata.track-changes, odata.maxpagesize=\"500\"", "Return=minimal; x=1, respond-async"]);
        let expected = Prefer {
            max_page_size: Some(500),
            track_changes: true,
            return_minimal: Some(true),
            continue_on_error: false,
        };
        assert_eq!(prefer, expected);
        let prefer = parse_prefer(["maxpagesize=7,maxpagesize=9,continue-on-error,return=representation"]);
        assert_eq!(
            (prefer.max_page_size, prefer.continue_on_error, prefer.return_minimal),
            (Some(7), true, Some(false))
        );
    }

    #[test]
    fn nonsense_is_ignored() {
        let nonsense =
            ["maxpagesize=0", "maxpagesize=-1", "return=everything", "odata.continue-on-error=false", ",;=", ""];
        assert_eq!(parse_prefer(nonsense), Prefer::default());
    }

    #[test]
    fn applied_preferences_are_named_in_the_version_of_the_client() {
        let applied = [Preference::TrackChanges, Preference::MaxPageSize(5), Preference::ReturnMinimal];
        let written = |version| preference_applied(&applied, version).unwrap();
        assert_eq!(written(Version::V401), "track-changes, maxpagesize=5, return=minimal");
        assert_eq!(written(Version::V40), "odata.track-changes, odata.maxpagesize=5, return=minimal");
        assert_eq!(preference_applied(&[], Version::V40), None);
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(value in any::<String>()) {
            let _ = parse_prefer([value.as_str()]);
        }
    }
}
