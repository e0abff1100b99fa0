//! Conditional requests: `If-Match` and `If-None-Match` (RFC 9110 section 13, OData Protocol 4.01 section 8.2.4).
//!
//! Owns: reading entity tags and comparing them. Refuses: deciding what a failed condition means (`arbitrate` in the
//! model). OData compares weakly: every ETag here says "this version of the record", not "these bytes".

use crate::WireError;
use tidemark_model::Condition;

/// The entity tags of `If-Match` or `If-None-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntityTags {
    /// `*`.
    Any,
    /// A list, each in weak form (`W/"…"`).
    List(Vec<String>),
}

impl EntityTags {
    /// Reads the value of the header called `name`; repeated headers are joined with a comma before.
    ///
    /// # Errors
    /// 400 where it is no list of quoted tags.
    pub fn parse(name: &str, value: &str) -> Result<Self, WireError> {
        if value.trim() == "*" {
            return Ok(Self::Any);
        }
        let wrong = || WireError::header(name, "must be * or a list of quoted ETags such as W/\"12.ab12cd34\"");
        let mut tags = Vec::new();
        let mut rest = value.trim();
        while !rest.is_empty() {
            let opaque = rest.strip_prefix("W/").or_else(|| rest.strip_prefix("w/")).unwrap_or(rest);
            let opaque = opaque.strip_prefix('"').ok_or_else(wrong)?;
            let (tag, after) = opaque.split_once('"').ok_or_else(wrong)?;
            tags.push(format!("W/\"{tag}\""));
            rest = after.trim_start();
            match rest.strip_prefix(',') {
                Some(after) => rest = after.trim_start_matches([' ', '\t', ',']),
                None if rest.is_empty() => {}
                None => return Err(wrong()),
            }
        }
        if tags.is_empty() { Err(wrong()) } else { Ok(Self::List(tags)) }
    }

    /// Tells whether an ETag is among them, by weak comparison.
    pub fn matches(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => tags.iter().any(|tag| same_etag(tag, etag)),
        }
    }
}

/// Compares two ETags weakly: `W/"1"` and `"1"` are the same version.
pub fn same_etag(a: &str, b: &str) -> bool {
    opaque(a) == opaque(b)
}

fn opaque(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag)
}

/// Reads the condition of a request that writes; ETags come out in weak form, as the server keeps them.
///
/// # Errors
/// 400 for malformed headers, both at once, or an `If-None-Match` other than `*`.
pub fn parse_condition(if_match: Option<&str>, if_none_match: Option<&str>) -> Result<Condition, WireError> {
    match (if_match, if_none_match) {
        (None, None) => Ok(Condition::None),
        (Some(value), None) => Ok(match EntityTags::parse("If-Match", value)? {
            EntityTags::Any => Condition::MatchAny,
            EntityTags::List(tags) => Condition::Match(tags),
        }),
        (None, Some(value)) => match EntityTags::parse("If-None-Match", value)? {
            EntityTags::Any => Ok(Condition::NoneMatchAny),
            EntityTags::List(_) => Err(WireError::header("If-None-Match", "must be * on a request that writes")),
        },
        (Some(_), Some(_)) => Err(WireError::header("If-None-Match", "must not come together with If-Match")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn conditions_of_writes() {
        assert_eq!(parse_condition(None, None).unwrap(), Condition::None);
        assert_eq!(parse_condition(Some(" * "), None).unwrap(), Condition::MatchAny);
        assert_eq!(parse_condition(None, Some("*")).unwrap(), Condition::NoneMatchAny);
        let list = parse_condition(Some("W/\"1.a\", \"2.b\",w/\"3,c\""), None).unwrap();
        assert_eq!(list, Condition::Match(vec!["W/\"1.a\"".into(), "W/\"2.b\"".into(), "W/\"3,c\"".into()]));
        for (if_match, if_none_match) in [
            (Some(""), None),
            (Some("abc"), None),
            (Some("\"a"), None),
            (Some("\"a\" \"b\""), None),
            (None, Some("\"a\"")),
            (Some("*"), Some("*")),
        ] {
            assert_eq!(parse_condition(if_match, if_none_match).unwrap_err().status, 400, "{if_match:?}");
        }
    }

    #[test]
    fn tags_compare_weakly() {
        let tags = EntityTags::parse("If-None-Match", "\"1.a\", W/\"2.b\"").unwrap();
        assert!(tags.matches("W/\"1.a\"") && tags.matches("\"2.b\"") && !tags.matches("\"3.c\""));
        assert!(EntityTags::Any.matches("\"x\""));
        assert!(same_etag("W/\"1\"", "\"1\"") && !same_etag("W/\"1\"", "\"2\""));
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(value in any::<String>(), like in r#"[W/"*, a]{0,20}"#) {
            let _ = EntityTags::parse("If-Match", &value);
            let _ = EntityTags::parse("If-Match", &like);
            let _ = same_etag(&value, &like);
        }
    }
}
