//! `GET /odata/$metadata`: the entity model, to anybody.

use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::server::Server;
use http::{StatusCode, header};
use tidemark_odata::{MetadataFormat, metadata_json, metadata_xml, negotiate_metadata};

/// Answers with the entity model as CSDL, XML or JSON.
///
/// # Errors
/// 400, 406 and 501 for options that do not fit.
pub(crate) fn read(server: &Server, call: &Call) -> Reply {
    let options = call.options()?;
    super::set::refuse_list_options(&options, "$metadata")?;
    Ok(match negotiate_metadata(call.header(&header::ACCEPT), options.format.as_deref())? {
        MetadataFormat::Xml => {
            Answer::new(StatusCode::OK, "application/xml", metadata_xml(&server.model, call.version))
        }
        MetadataFormat::Json => {
            Answer::new(StatusCode::OK, "application/json", metadata_json(&server.model, call.version))
        }
    })
}
