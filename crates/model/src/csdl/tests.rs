use super::*;
use crate::entity::Kind;
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
        ("Tidemark.Container", "Edm.Container", "$EntityContainer", "OData's own"),
    ];
    for (good, bad, element, problem) in cases {
        let broken = document.replacen(good, bad, 1);
        let error = EntityModel::parse(&broken).unwrap_err();
        assert_eq!(error.element, element);
        assert!(error.problem.contains(problem), "{error}");
        let line = 1 + broken[..broken.rfind(bad).unwrap()].matches('\n').count();
        assert!(error.line.abs_diff(line) <= 1, "{error}: expected about line {line}");
    }
    let declared = document.replacen("\"Sites\": {", "\"CachedEntities\": {", 1);
    let error = EntityModel::to_serve(&declared).unwrap_err();
    let line = 1 + declared[..declared.find("\"CachedEntities\"").unwrap()].matches('\n').count();
    assert_eq!((error.element.as_str(), error.line), ("Tidemark/Container/CachedEntities", line));
    let cut = &document[..document.len() / 2];
    assert!(EntityModel::parse(cut).unwrap_err().line > 10);
}
