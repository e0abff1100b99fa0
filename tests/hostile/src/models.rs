//! Model documents.

use quick_xml::Reader;
use quick_xml::events::Event;
use tidemark_model::EntityModel;
use tidemark_odata::{Version, metadata_json, metadata_xml, service_document};

/// A model as whoever runs a server writes it, and as a client reads `$metadata`: what was read and is written is the same
/// model again, and its XML is well formed.
pub(crate) fn csdl(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let served = EntityModel::to_serve(&text);
    let Ok(model) = EntityModel::parse(&text) else {
        assert!(served.is_err(), "what is no model is not served");
        return;
    };
    for model in [Some(model), served.ok()].into_iter().flatten() {
        for version in [Version::V40, Version::V401] {
            let json = String::from_utf8(metadata_json(&model, version)).expect("JSON is text");
            let again = EntityModel::parse(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
            assert!(model.sets().eq(again.sets()), "{json}");
            assert!(well_formed(&metadata_xml(&model, version)), "{json}");
            let _: serde_json::Value =
                serde_json::from_slice(&service_document(&model, version, "")).expect("it is JSON");
        }
        assert_eq!(model.push_order().len(), model.sets().count(), "every set is sent");
    }
}

/// Tells whether a text is XML, with as many ends as beginnings.
fn well_formed(xml: &str) -> bool {
    let mut reader = Reader::from_str(xml);
    let mut depth = 0_i32;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                depth += 1;
                if !attributes_are_good(start.attributes()) {
                    return false;
                }
            }
            Ok(Event::Empty(empty)) if !attributes_are_good(empty.attributes()) => return false,
            Ok(Event::End(_)) => depth -= 1,
            Ok(Event::Eof) => return depth == 0,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

fn attributes_are_good(mut attributes: quick_xml::events::attributes::Attributes<'_>) -> bool {
    attributes.all(|attribute| attribute.is_ok())
}
