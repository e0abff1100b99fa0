//! The one error of the wire and its OData error body (OData JSON Format 4.01 section 21).
//!
//! Owns: status, code, sentence, target and the body in both directions. Refuses: HTTP types; the hosts map the
//! status. Codes are our own and part of the wire: clients decide by them, people read the message.

use crate::Code;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize, Serialize)]
struct Body<E> {
    error: E,
}

#[derive(Serialize)]
struct Written<'e> {
    code: &'e str,
    message: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'e str>,
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    details: &'e [Detail],
    #[serde(skip_serializing_if = "Option::is_none")]
    innererror: Option<&'e Value>,
}

#[derive(Deserialize)]
struct Read {
    code: Option<String>,
    message: Option<String>,
    target: Option<String>,
    #[serde(default)]
    details: Vec<Detail>,
    innererror: Option<Box<Value>>,
}

/// One of several things that are wrong.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Detail {
    /// A word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// An error as it stands on the wire.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct WireError {
    /// The HTTP status.
    pub status: u16,
    /// A word for programs; the server says one of [`Code`].
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// What the error is about: a property, a query option, a header.
    pub target: Option<String>,
    /// All that is wrong, where it is more than one thing; the error itself says the first.
    pub details: Vec<Detail>,
    /// More for programs, in the body's `innererror`.
    pub inner: Option<Box<Value>>,
}

impl WireError {
    /// Makes an error without target.
    pub fn new(status: u16, code: Code, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), target: None, details: Vec::new(), inner: None }
    }

    /// Makes a 400 `BadRequest`.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, Code::BadRequest, message)
    }

    /// Makes a 404 `NotFound`: nothing is at the address. Says nothing about a record.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, Code::NotFound, message)
    }

    /// Tells whether the error says this word.
    pub fn is(&self, code: Code) -> bool {
        self.code == code.as_str()
    }

    /// Makes a 501 `NotSupported` for a part of OData that is not served here.
    pub fn not_supported(what: impl std::fmt::Display) -> Self {
        Self::new(501, Code::NotSupported, format!("{what} is not supported here"))
    }

    /// Makes a 400 about a request header; `problem` ends the sentence that the header's name begins.
    pub(crate) fn header(name: &str, problem: impl std::fmt::Display) -> Self {
        Self::new(400, Code::InvalidHeader, format!("{name} {problem}")).about(name)
    }

    /// Says what the error is about.
    #[must_use]
    pub fn about(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Makes one error of several, of which there is one at least; it says the first and has all of them as details.
    pub fn of_all(mut errors: Vec<Self>) -> Self {
        if errors.is_empty() {
            return Self::bad_request("The request is not valid");
        }
        let details: Vec<Detail> = errors
            .iter()
            .map(|error| Detail {
                code: error.code.clone(),
                message: error.message.clone(),
                target: error.target.clone(),
            })
            .collect();
        let first = errors.swap_remove(0);
        if details.len() > 1 { Self { details, ..first } } else { first }
    }

    /// Says that the error is about something within this; details are, too.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        let place_of = |target: Option<String>| target.map_or(place.to_owned(), |target| format!("{place}/{target}"));
        self.target = Some(place_of(self.target));
        for detail in &mut self.details {
            detail.target = Some(place_of(detail.target.take()));
        }
        self
    }

    /// Adds a member of `innererror`.
    #[must_use]
    pub fn with_inner(mut self, inner: Value) -> Self {
        self.inner = Some(Box::new(inner));
        self
    }

    /// Writes the OData error body.
    pub fn to_json(&self) -> Vec<u8> {
        let error = Written {
            code: &self.code,
            message: &self.message,
            target: self.target.as_deref(),
            details: &self.details,
            innererror: self.inner.as_deref(),
        };
        // Writing strings and JSON values to memory cannot fail.
        serde_json::to_vec(&Body { error }).unwrap_or_default()
    }

    /// Reads an OData error body; an answer with another body still becomes an error, `Unreadable`, with its status.
    pub fn from_json(status: u16, body: &[u8]) -> Self {
        match serde_json::from_slice::<Body<Read>>(body) {
            Ok(Body { error }) => Self {
                status,
                code: error.code.unwrap_or_default(),
                message: error.message.unwrap_or_else(|| format!("the server answered {status}")),
                target: error.target,
                details: error.details,
                inner: error.innererror,
            },
            Err(_) => Self::new(status, Code::Unreadable, format!("the server answered {status} without saying why")),
        }
    }

    /// Returns a member of `innererror`.
    pub fn inner(&self, name: &str) -> Option<&Value> {
        self.inner.as_deref()?.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_error_survives_the_wire() {
        let current = json!({ "current": { "@etag": "W/\"3.0a1b2c3d\"", "Title": "Pump" } });
        let error =
            WireError::new(412, Code::PreconditionFailed, "The record has changed").about("Title").with_inner(current);
        let again = WireError::from_json(412, &error.to_json());
        assert_eq!(again, error);
        assert_eq!(again.inner("current").unwrap()["Title"], "Pump");
        assert_eq!(again.to_string(), "The record has changed");
    }

    #[test]
    fn members_that_say_nothing_are_left_out() {
        let body = WireError::not_found("There is nothing here").to_json();
        assert_eq!(body, br#"{"error":{"code":"NotFound","message":"There is nothing here"}}"#);
    }

    #[test]
    fn another_body_still_is_an_error() {
        let error = WireError::from_json(502, b"<html>Bad gateway</html>");
        assert_eq!((error.status, error.code.as_str()), (502, Code::Unreadable.as_str()));
        assert_eq!(WireError::from_json(500, br#"{"error":{}}"#).message, "the server answered 500");
    }
}
