//! Where a request says that it comes from, and whom it is for.
//!
//! Owns: turning back what another site's page makes a browser send with its user's Basic password (Fetch Metadata,
//! `Sec-Fetch-Site`), and a request whose `Host` is missing or stands twice (RFC 9112 section 3.2): links would be made of it.
//! Refuses: letting other sites in (CORS).

use http::{HeaderName, Method, Request, header};
use tidemark_odata::{Code, WireError};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Checks a request; one that came over no wire has no `Host`.
///
/// # Errors
/// 403 for a write from another site's page, 400 for a `Host` that names nobody or two.
pub(super) fn check<B>(request: &Request<B>, is_from_a_wire: bool) -> Result<(), WireError> {
    let headers = request.headers();
    if is_from_a_wire && headers.get_all(header::HOST).iter().count() != 1 {
        let sentence = "A request names the server that it is for, in one Host header";
        return Err(WireError::new(400, Code::InvalidHeader, sentence).about("Host"));
    }
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_from_elsewhere = headers.get_all(FETCH_SITE).iter().any(|site| site == "cross-site");
    if is_from_elsewhere && !is_safe {
        let sentence = "Another site's page may not write here. Nothing was changed";
        return Err(WireError::new(403, Code::CrossSite, sentence));
    }
    Ok(())
}
