use super::*;
use crate::decimal::MOST_DIGITS;
use crate::entity::{Kind, Property};
use serde_json::json;

#[test]
fn the_default_model_reads_and_orders_its_sets() {
    let model = EntityModel::parse(EntityModel::default_document()).unwrap();
    let names: Vec<_> = model.sets().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["TodoLists", "TodoItems", "Sites", "Contacts"]);
    assert_eq!(model.push_order(), ["TodoLists", "Sites", "TodoItems", "Contacts"]);
    let items = &model.set("TodoItems").unwrap().entity_type;
    assert_eq!(items.title_property(), "Title");
    assert_eq!(items.property("Title").unwrap().kind, Kind::String { max_length: Some(200) });
    assert!(items.property("Notes").unwrap().multi_line);
    assert_eq!(items.property("IsDone").unwrap().default, Some(Value::Bool(false)));
    assert!(model.document()["Tidemark"]["TodoItem"]["_UpdatedAt"].is_object());
}

#[test]
fn what_a_set_refers_to_comes_before_it_and_itself_does_not_hold_it_up() {
    let refers = |to: &str| {
        json!({ "$Kind": "EntityType", "$Key": ["Id"], "Id": { "$Type": "Edm.Guid" }, "Name": { "$MaxLength": 9 },
                "OtherId": { "$Type": "Edm.Guid", "$Nullable": true },
                "Other": { "$Kind": "NavigationProperty", "$Type": format!("T.{to}"), "$Nullable": true,
                           "$ReferentialConstraint": { "OtherId": "Id" } } })
    };
    let set = |of: &str, to: &str| json!({ "$Collection": true, "$Type": format!("T.{of}"), "$NavigationPropertyBinding": { "Other": to } });
    let document = json!({
        "$Version": "4.01", "$EntityContainer": "T.C",
        "T": {
            "A": refers("B"), "B": refers("D"), "D": refers("D"),
            "C": { "$Kind": "EntityContainer", "As": set("A", "Bs"), "Bs": set("B", "Ds"), "Ds": set("D", "Ds") },
        },
    });
    let model = EntityModel::parse(&document.to_string()).unwrap();
    assert_eq!(model.push_order(), ["Ds", "Bs", "As"]);
    assert_eq!((model.namespace(), model.container()), ("T", "C"));
    let other = EntityModel::parse(EntityModel::default_document()).unwrap();
    assert!(model.fingerprint().len() > 7 && model.fingerprint() != other.fingerprint());
}

#[test]
fn the_choice_of_sets_is_nobodys_work() {
    let served = EntityModel::to_serve(EntityModel::default_document()).unwrap();
    let work: Vec<_> = served.sets().filter(|set| set.is_work()).map(|set| set.name.as_str()).collect();
    assert_eq!(work, ["TodoLists", "TodoItems", "Sites", "Contacts"]);
}

#[test]
fn the_served_document_reads_back_to_the_same_model() {
    let served = EntityModel::parse(EntityModel::default_document()).unwrap().with_cached_entities().unwrap();
    assert!(served.set("CachedEntities").unwrap().per_user.is_some());
    assert_eq!(EntityModel::parse(&served.document().to_string()).unwrap(), served);
    assert!(served.with_cached_entities().is_err());
}

/// Reads the one property of a model of one set.
fn one_property(name: &str, element: &Value) -> Result<Property, String> {
    let document = json!({
        "$Version": "4.01", "$EntityContainer": "T.C",
        "T": { "A": { "$Kind": "EntityType", "$Key": ["Id"], "Id": { "$Type": "Edm.Guid" }, name: element },
               "C": { "$Kind": "EntityContainer", "As": { "$Collection": true, "$Type": "T.A" } } },
    });
    let model = EntityModel::parse(&document.to_string()).map_err(|error| error.problem)?;
    Ok(model.set("As").unwrap().entity_type.property(name).unwrap().clone())
}

#[test]
fn a_kind_is_what_its_facets_say() {
    for (element, kind) in [
        (json!({}), Kind::String { max_length: None }),
        (json!({ "$MaxLength": 1 }), Kind::String { max_length: Some(1) }),
        (json!({ "$Type": "Edm.DateTimeOffset", "$Precision": 6 }), Kind::DateTimeOffset),
        (json!({ "$Type": "Edm.DateTimeOffset", "$Precision": 0 }), Kind::DateTimeOffset),
        (json!({ "$Type": "Edm.Decimal" }), Kind::Decimal { precision: MOST_DIGITS, scale: 0 }),
        (json!({ "$Type": "Edm.Decimal", "$Precision": 1 }), Kind::Decimal { precision: 1, scale: 0 }),
        (
            json!({ "$Type": "Edm.Decimal", "$Precision": MOST_DIGITS, "$Scale": MOST_DIGITS }),
            Kind::Decimal { precision: MOST_DIGITS, scale: MOST_DIGITS },
        ),
        (json!({ "$Type": "Edm.Decimal", "$Precision": 4, "$Scale": 2 }), Kind::Decimal { precision: 4, scale: 2 }),
        (json!({ "$Type": "Edm.Int64", "$Collection": false }), Kind::Int64),
    ] {
        assert_eq!(one_property("P", &element).map(|property| property.kind), Ok(kind), "{element}");
    }
    for (element, problem) in [
        (json!({ "$MaxLength": 0 }), "above 0"),
        (json!({ "$MaxLength": "10" }), "above 0"),
        (json!({ "$Type": "Edm.DateTimeOffset", "$Precision": 7 }), "at most 6"),
        (json!({ "$Type": "Edm.DateTimeOffset", "$Precision": 12 }), "at most 6"),
        (json!({ "$Type": "Edm.Decimal", "$Precision": 0 }), "between 1"),
        (json!({ "$Type": "Edm.Decimal", "$Precision": MOST_DIGITS + 1 }), "between 1"),
        (json!({ "$Type": "Edm.Decimal", "$Scale": "variable" }), "variable scale"),
        (json!({ "$Type": "Edm.Decimal", "$Precision": 4, "$Scale": 5 }), "above $Precision"),
        (json!({ "$Type": "Edm.Decimal", "$Precision": 4, "$Scale": 7 }), "above $Precision"),
        (json!({ "$Collection": true }), "collections"),
        (json!({ "@Tidemark.Merge": "mine" }), "ask, later, server or union"),
        (json!({ "@Tidemark.Indexed": "yes" }), "true or false"),
    ] {
        let refused = one_property("P", &element).unwrap_err();
        assert!(refused.contains(problem), "{element}: {refused}");
    }
}

#[test]
fn references_stamps_and_what_the_model_says_are_indexed() {
    let model = EntityModel::parse(EntityModel::default_document()).unwrap();
    let indexed = |set: &str| {
        let names = model.set(set).unwrap().entity_type.indexed().map(|property| property.name.as_str());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(indexed("TodoItems"), "DueAt TodoListId SiteId _UpdatedAt");
    assert_eq!(indexed("TodoLists"), "_UpdatedAt");
}

#[test]
fn only_what_is_annotated_so_has_several_lines() {
    for (element, multi_line) in [
        (json!({ "@UI.MultiLineText": true }), true),
        (json!({ "@Tidemark.MultiLine": true }), true),
        (json!({ "@UI.MultiLineText": false }), false),
        (json!({ "@UI.Hidden": true }), false),
        (json!({ "@UI.MultiLineTexts": true }), false),
        (json!({ "Other.MultiLine": true }), false),
        (json!({}), false),
    ] {
        let read = one_property("P", &element).map(|property| property.multi_line);
        assert!(read == Ok(multi_line) || (read.is_err() && !multi_line), "{element}: {read:?}");
    }
}

#[test]
fn a_name_is_what_both_databases_and_a_url_take() {
    let long = "a".repeat(60);
    for name in ["a", "A9", "a_b", long.as_str()] {
        assert!(one_property(name, &json!({})).is_ok(), "{name}");
    }
    let longer = "a".repeat(61);
    for name in ["9a", "a-b", "a.b", "ä", "a b", "a\"b", "", longer.as_str()] {
        assert!(one_property(name, &json!({})).is_err(), "{name}");
    }
}

#[test]
fn a_mistake_is_named_with_its_line_and_element() {
    let document = EntityModel::default_document();
    let cases = [
        ("\"Edm.Int32\"", "\"Edm.Byte\"", "Tidemark/TodoItem/Priority/$Type", "not supported"),
        (
            "\"$DefaultValue\": \"0\"",
            "\"$DefaultValue\": \"many\"",
            "Tidemark/TodoItem/Priority/$DefaultValue",
            "whole number",
        ),
        (
            "\"TodoListId\": \"Id\"",
            "\"Title\": \"Id\"",
            "Tidemark/TodoItem/TodoList/$ReferentialConstraint",
            "Edm.Guid",
        ),
        (
            "\"$Type\": \"Tidemark.Contact\"",
            "\"$Type\": \"Tidemark.Nobody\"",
            "Tidemark/Container/Contacts/$Type",
            "no entity type",
        ),
        ("\"Contacts\": {", "\"sites\": {", "Tidemark/Container/sites", "Sites only in case"),
        ("\"Sites\": {", "\"cachedentities\": {", "Tidemark/Container/cachedentities", "CachedEntities"),
        ("\"Sites\": {", "\"Batch\": {", "Tidemark/Container/Batch", "path of the service"),
        ("\"Sites\": {", "\"$Sites\": {", "Tidemark/Container/$Sites", "begin with $"),
        ("\"Priority\": {", "\"Null\": {", "Tidemark/TodoItem/Null", "word of $filter"),
        ("\"Priority\": {", "\"xmin\": {", "Tidemark/TodoItem/xmin", "PostgreSQL's own"),
        ("\"Priority\": {", "\"title\": {", "Tidemark/TodoItem/title", "only in case"),
        ("\"Priority\": {", "\"_etag\": {", "Tidemark/TodoItem/_etag", "begin with _"),
        ("\"Priority\": {", "\"Title\": {", "Title", "stands twice"),
        ("\"$Partner\": \"TodoList\"", "\"$Partner\": \"Title\"", "Tidemark/TodoList/TodoItems", "that leads back"),
        ("\"$Partner\": \"Site\"", "\"$Partner\": \"Nobody\"", "Tidemark/Site/Contacts", "that leads back"),
        ("\"$Partner\": \"TodoList\"", "\"$Partner\":  \"Site\"", "Tidemark/TodoList/TodoItems", "of this type"),
        ("\"$Partner\": \"TodoList\"", "\"$Nullable\": false", "Tidemark/TodoList/TodoItems", "$Partner must name"),
        ("Tidemark.Container", "Edm.Container", "$EntityContainer", "OData's own"),
    ];
    for (good, bad, element, problem) in cases {
        let (before, behind) = document.rsplit_once(good).unwrap();
        let broken = format!("{before}{bad}{behind}");
        let error = EntityModel::parse(&broken).unwrap_err();
        assert_eq!(error.element, element);
        assert!(error.problem.contains(problem), "{error}");
        let line = 1 + broken[..broken.rfind(bad).unwrap()].matches('\n').count();
        // A collection's mistake is told at its beginning, which is up to four lines above its partner.
        assert!(error.line.abs_diff(line) <= 4, "{error}: expected about line {line}");
    }
    let declared = document.replacen("\"Sites\": {", "\"CachedEntities\": {", 1);
    let error = EntityModel::to_serve(&declared).unwrap_err();
    let line = 1 + declared[..declared.find("\"CachedEntities\"").unwrap()].matches('\n').count();
    assert_eq!((error.element.as_str(), error.line), ("Tidemark/Container/CachedEntities", line));
    let cut = &document[..document.len() / 2];
    assert!(EntityModel::parse(cut).unwrap_err().line > 10);
}
