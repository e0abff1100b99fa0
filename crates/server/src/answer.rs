//! One answer before it is HTTP: the same for a request of its own and for a part of a batch.
//!
//! Owns: status, headers and bytes, and the OData error body for every failure. Refuses: what is answered.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tidemark_odata::WireError;

/// What a route answers.
pub(crate) type Reply = std::result::Result<Answer, WireError>;

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Makes an answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Vec::new() }
    }

    /// Makes an answer with a body.
    pub(crate) fn new(status: StatusCode, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let mut answer = Self { status, headers: HeaderMap::new(), body: body.into() };
        answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer
    }

    /// Adds a header; a value that HTTP has no form for is left out.
    #[must_use]
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Adds a header where there is a value for it.
    #[must_use]
    pub(crate) fn with_some(self, name: HeaderName, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Makes the answer of an error.
    pub(crate) fn of_error(error: &WireError) -> Self {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let answer = Self::new(status, "application/json", error.to_json());
        match error.status {
            // Excel asks for Basic; our own client has a token.
            401 => answer.with(header::WWW_AUTHENTICATE, "Basic realm=\"Tidemark\", charset=\"UTF-8\", Bearer"),
            503 => answer.with(header::RETRY_AFTER, "2"),
            _ => answer,
        }
    }
}

impl From<WireError> for Answer {
    fn from(error: WireError) -> Self {
        Self::of_error(&error)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// Turns a reply into HTTP.
pub(crate) fn respond(reply: Reply) -> Response {
    reply.unwrap_or_else(Answer::from).into_response()
}
