//! Where a request says that it comes from, and whom it is for.
//!
//! Owns: turning back what another site's page makes a browser send with its user's Basic password (Fetch Metadata,
//! `Sec-Fetch-Site`), and a request whose `Host` is missing, empty or stands twice (RFC 9112 section 3.2): links would be made of it.
//! Refuses: answering browsers that ask whether a page may (CORS, `envelope`).

use crate::call::header_text;
use crate::front::Front;
use http::{HeaderName, Method, Request, Version, header};
use tidemark_odata::{Code, WireError};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Checks a request; one that came over no wire has no `Host`.
///
/// # Errors
/// 403 for a write from another site's page, 400 for a `Host` that names nobody or two.
pub(super) fn check<B>(request: &Request<B>, front: &Front, is_from_a_wire: bool) -> Result<(), WireError> {
    let headers = request.headers();
    let hosts = headers.get_all(header::HOST);
    let is_named = match hosts.iter().count() {
        // Before HTTP/1.1 nobody had to.
        0 => request.version() < Version::HTTP_11,
        1 => hosts.iter().all(|host| !host.is_empty()),
        _ => false,
    };
    if is_from_a_wire && !is_named {
        let sentence = "A request names the server that it is for, in one Host header";
        return Err(WireError::new(400, Code::InvalidHeader, sentence).about("Host"));
    }
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_from_elsewhere = headers.get_all(FETCH_SITE).iter().any(|site| site == "cross-site");
    let is_let_in = header_text(headers, &header::ORIGIN).is_some_and(|origin| front.lets_in(origin));
    if is_from_elsewhere && !is_safe && !is_let_in {
        let sentence = "Another site's page may not write here. Nothing was changed";
        return Err(WireError::new(403, Code::CrossSite, sentence));
    }
    Ok(())
}
