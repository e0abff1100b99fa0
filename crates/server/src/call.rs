//! One OData request, read: the same for a request of its own and for a part of a batch.
//!
//! Owns: who asks what, in which version, with which headers, and where the service root is for them. Refuses:
//! carrying it out.

use crate::answer::Answer;
use crate::storage::Caller;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, header};
use std::sync::Arc;
use tidemark_odata::{
    Code, Format, Options, Prefer, Preference, Resource, ServiceRoot, Version, WireError, negotiate_format,
    parse_options, parse_prefer, preference_applied, split_target,
};

/// The path of the service root.
pub(crate) const SERVICE_ROOT: &str = "/odata";

/// Header names that `http` has no constant for.
pub(crate) mod names {
    use http::HeaderName;

    /// `Prefer`.
    pub(crate) const PREFER: HeaderName = HeaderName::from_static("prefer");
    /// `Preference-Applied`.
    pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
    /// `OData-Version`.
    pub(crate) const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");
    /// `OData-MaxVersion`.
    pub(crate) const ODATA_MAX_VERSION: HeaderName = HeaderName::from_static("odata-maxversion");
    /// `OData-EntityId`.
    pub(crate) const ODATA_ENTITY_ID: HeaderName = HeaderName::from_static("odata-entityid");
    /// `Repeatability-Request-ID`.
    pub(crate) const REPEATABILITY_REQUEST_ID: HeaderName = HeaderName::from_static("repeatability-request-id");
    /// `Repeatability-First-Sent`.
    pub(crate) const REPEATABILITY_FIRST_SENT: HeaderName = HeaderName::from_static("repeatability-first-sent");
    /// `Repeatability-Result`.
    pub(crate) const REPEATABILITY_RESULT: HeaderName = HeaderName::from_static("repeatability-result");
    /// `OData-Isolation`, and its name in 4.01.
    pub(crate) const ISOLATION: [HeaderName; 2] =
        [HeaderName::from_static("odata-isolation"), HeaderName::from_static("isolation")];
    /// `Tidemark-Updated-At`.
    pub(crate) const UPDATED_AT: HeaderName = HeaderName::from_static(tidemark_odata::UPDATED_AT_HEADER);
    /// `Tidemark-Model`.
    pub(crate) const MODEL: HeaderName = HeaderName::from_static(tidemark_odata::MODEL_HEADER);
    /// `Tidemark-Answers`.
    pub(crate) const ANSWERS: HeaderName = HeaderName::from_static(tidemark_odata::ANSWERS_HEADER);
    /// `Tidemark-Server`.
    pub(crate) const TIDEMARK_SERVER: HeaderName = HeaderName::from_static("tidemark-server");
}

/// One OData request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Who asks; `$metadata` alone is answered to anybody.
    pub(crate) caller: Option<Arc<Caller>>,
    /// The method; HEAD is read as GET.
    pub(crate) method: Method,
    /// What the path names.
    pub(crate) resource: Resource,
    /// The raw query, without question mark.
    pub(crate) query: String,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
    /// The version of the answer.
    pub(crate) version: Version,
    /// The absolute URL of the service root, with its slash.
    pub(crate) root: String,
    /// The addresses of records that requests of the same batch write, by those requests' ids, as far as the body names them.
    pub(crate) named: Vec<(String, String)>,
}

impl Call {
    /// Returns a header's value as text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        header_text(&self.headers, name)
    }

    /// Returns who asks.
    ///
    /// # Errors
    /// 401. The gate lets nobody else through, so this is its second lock.
    pub(crate) fn caller(&self) -> Result<&Arc<Caller>, WireError> {
        self.caller.as_ref().ok_or_else(sign_in_first)
    }

    /// Returns what URLs in the answer begin with: 4.01 allows them to be relative to the service root (OData JSON
    /// 4.01 section 4.5.1), which keeps the answers of a quiet day small.
    pub(crate) fn base(&self) -> &str {
        if self.version == Version::V401 { "" } else { &self.root }
    }

    /// Returns the path and the raw query of an address of this service, as a body or a batch has it.
    ///
    /// # Errors
    /// 400 for an address outside of it.
    pub(crate) fn split<'u>(&self, address: &'u str) -> Result<(&'u str, &'u str), WireError> {
        split_target(address, ServiceRoot { url: &self.root, path: SERVICE_ROOT })
    }

    /// Reads the query options.
    ///
    /// # Errors
    /// 400 or 501 naming the option.
    pub(crate) fn options(&self) -> Result<Options, WireError> {
        parse_options(&self.query)
    }

    /// Reads the preferences.
    pub(crate) fn prefer(&self) -> Prefer {
        parse_prefer(self.headers.get_all(names::PREFER).iter().filter_map(|value| value.to_str().ok()))
    }

    /// Chooses how JSON is written.
    ///
    /// # Errors
    /// 406.
    pub(crate) fn format(&self, options: &Options) -> Result<Format, WireError> {
        negotiate_format(self.header(&header::ACCEPT), options.format.as_deref())
    }

    /// Says which preferences were applied.
    pub(crate) fn applied(&self, answer: Answer, applied: &[Preference]) -> Answer {
        answer.with_some(names::PREFERENCE_APPLIED, preference_applied(applied, self.version).as_deref())
    }
}

/// Returns a header's value as text, where it is text.
pub(crate) fn header_text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Returns the refusal of a request without a valid token or password.
pub(crate) fn sign_in_first() -> WireError {
    WireError::new(401, Code::SignInFirst, "Sign in first: this request has no valid token or password")
}
