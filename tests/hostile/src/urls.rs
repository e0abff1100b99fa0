//! What stands in a request's line and headers.

use tidemark_odata::{
    EntityTags, Resource, ServiceRoot, Version, encode_query, entity_url, http_date, negotiate_format,
    negotiate_metadata, parse_condition, parse_filter, parse_http_date, parse_options, parse_order_by, parse_path,
    parse_prefer, split_target,
};

const ROOT: ServiceRoot<'static> = ServiceRoot { url: "http://host/odata/", path: "/odata" };

/// `$filter` and `$orderby`, as they are and as a URL carries them.
pub(crate) fn filter(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = parse_options(&format!("$apply={}", encode_query(&text)));
    let _ = parse_options(&format!("$compute={}", encode_query(&text)));
    let (filter, order) = (parse_filter(&text), parse_order_by(&text));
    if text.contains('\0') || text.trim() != text {
        return;
    }
    // What a URL carries is read as what stands there.
    let carried = parse_options(&format!("$filter={}", encode_query(&text)));
    assert_eq!(carried.ok().map(|options| options.query.filter), filter.ok().map(Some), "{text:?}");
    let carried = parse_options(&format!("$orderby={}", encode_query(&text)));
    assert_eq!(carried.ok().map(|options| options.query.order_by), order.ok(), "{text:?}");
}

/// Paths, keys, targets of batch parts, and the options of a query.
pub(crate) fn url(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = parse_options(&text);
    if let Ok((path, query)) = split_target(&text, ROOT) {
        let _ = parse_options(query);
        if let Ok(Resource::Entity { set, id }) = parse_path(path) {
            let again = parse_path(&entity_url(&set, id));
            assert_eq!(again.ok(), Some(Resource::Entity { set, id }), "{text:?}");
        }
    }
    let _ = parse_path(&text);
}

/// Conditions, preferences, formats, versions and dates.
pub(crate) fn headers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(EntityTags::List(tags)) = EntityTags::parse("If-Match", &text) {
        let again = EntityTags::parse("If-Match", &tags.join(","));
        assert_eq!(again.ok(), Some(EntityTags::List(tags)), "{text:?}");
    }
    let _ = parse_condition(Some(&text), None);
    let _ = parse_condition(None, Some(&text));
    let _ = parse_condition(Some(&text), Some(&text));
    let _ = parse_prefer([&*text, "return=minimal"]);
    let _ = negotiate_format(Some(&text), None);
    let _ = negotiate_format(None, Some(&text));
    let _ = negotiate_metadata(Some(&text), Some(&text));
    let _ = Version::negotiate(Some(&text));
    let _ = Version::check_body(Some(&text));
    if let Some(ms) = parse_http_date(&text) {
        let _ = http_date(ms);
    }
}
