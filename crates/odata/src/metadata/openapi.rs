//! The service as an OpenAPI 3.0 document, for tools that know no OData.
//!
//! Owns: which of OData's addresses it tells of: those of sets and of their records, with the query options as texts. Refuses:
//! what OpenAPI has no form for (batches, paths, deltas): `$metadata` tells of them.

use serde_json::{Map, Value, json};
use tidemark_model::{EntityModel, EntitySet, ID, Kind, Property, Role};

/// Writes the document; `root` is the service root.
pub fn openapi(model: &EntityModel, root: &str) -> Vec<u8> {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for set in model.sets() {
        let name = &set.name;
        paths.insert(format!("/{name}"), of_set(set));
        paths.insert(format!("/{name}({{Id}})"), of_record(set));
        paths.insert(format!("/{name}/$count"), json!({ "get": count(set) }));
        let of = &set.entity_type;
        schemas.insert(of.name.clone(), record(set));
        schemas.insert(format!("{}-change", of.name), change(set, false));
        schemas.insert(format!("{}-create", of.name), change(set, true));
    }
    schemas.insert("Error".into(), error());
    let document = json!({
        "openapi": "3.0.3",
        "info": {
            "title": model.namespace(),
            "version": model.fingerprint(),
            "description": "Records as an OData service has them. $metadata says more than this document can: batches, deltas, paths.",
        },
        "servers": [{ "url": root.trim_end_matches('/') }],
        "security": [{ "basic": [] }, { "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "basic": { "type": "http", "scheme": "basic" },
                "bearer": { "type": "http", "scheme": "bearer" },
            },
            "parameters": parameters(),
            "responses": {
                "Error": {
                    "description": "It was not done, and why",
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
                },
            },
            "schemas": schemas,
        },
    });
    // Writing JSON values to memory cannot fail.
    serde_json::to_vec(&document).unwrap_or_default()
}

/// The query options of a list, with what each is for.
const OPTIONS: [(&str, &str, &str); 10] = [
    ("apply", "$apply", "Groups and sums, such as groupby((IsDone),aggregate($count as N))"),
    ("compute", "$compute", "Values that are made of each record, such as Priority mul 2 as Twice"),
    ("filter", "$filter", "Which records, such as contains(Title,'pump')"),
    ("orderby", "$orderby", "In which order, such as DueAt desc,Title"),
    ("select", "$select", "Which properties, such as Id,Title"),
    ("expand", "$expand", "Which related records within them, such as TodoList($select=Name)"),
    ("search", "$search", "Words that are found in some text, such as pump OR valve"),
    ("top", "$top", "How many records at the most"),
    ("skip", "$skip", "How many records are left out at the beginning"),
    ("count", "$count", "Whether all of them are counted"),
];

fn parameters() -> Value {
    let mut all: Map<String, Value> = OPTIONS
        .into_iter()
        .map(|(key, name, description)| {
            let schema = match key {
                "top" | "skip" => json!({ "type": "integer", "minimum": 0 }),
                "count" => json!({ "type": "boolean" }),
                _ => json!({ "type": "string" }),
            };
            let parameter = json!({ "name": name, "in": "query", "description": description, "schema": schema });
            (key.to_owned(), parameter)
        })
        .collect();
    all.insert("id".into(), json!({ "name": ID, "in": "path", "required": true, "schema": guid() }));
    let condition = "The ETag of the version that it is about, or *";
    let if_match =
        json!({ "name": "If-Match", "in": "header", "description": condition, "schema": { "type": "string" } });
    all.insert("if-match".into(), if_match);
    Value::Object(all)
}

fn refer(parameter: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{parameter}") })
}

fn refer_all<const N: usize>(parameters: [&str; N]) -> Value {
    parameters.map(refer).to_vec().into()
}

fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn json_of(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

fn responses(status: &str, description: &str, schema: Option<&Value>) -> Value {
    let mut response = json!({ "description": description });
    if let Some(schema) = schema {
        response["content"] = json_of(schema);
    }
    json!({ status: response, "default": { "$ref": "#/components/responses/Error" } })
}

fn of_set(set: &EntitySet) -> Value {
    let (label, of) = (&set.label, &set.entity_type.name);
    let page = json!({
        "type": "object",
        "required": ["value"],
        "properties": {
            "@odata.context": { "type": "string" },
            "@odata.count": { "type": "integer" },
            "@odata.nextLink": { "type": "string" },
            "value": { "type": "array", "items": { "type": "object" } },
        },
    });
    let mut post = responses("201", "It was made", Some(&schema(of)));
    let had = json!({ "description": "There was a newer one already", "content": json_of(&schema(of)) });
    post["200"] = had;
    json!({
        "get": {
            "summary": format!("Lists {label}"),
            "tags": [set.name],
            "parameters": refer_all(OPTIONS.map(|(key, ..)| key)),
            "responses": responses("200", "A page of them", Some(&page)),
        },
        "post": {
            "summary": format!("Makes one of {label}"),
            "tags": [set.name],
            "requestBody": { "required": true, "content": json_of(&schema(&format!("{of}-create"))) },
            "responses": post,
        },
    })
}

fn of_record(set: &EntitySet) -> Value {
    let (label, of) = (&set.entity_type.label, &set.entity_type.name);
    let body = |schema_name: &str| json!({ "required": true, "content": json_of(&schema(schema_name)) });
    let written = || {
        let mut written = responses("204", "It was done", None);
        let stored =
            json!({ "description": "The record that is newer than this one", "content": json_of(&schema(of)) });
        written["200"] = stored.clone();
        written["201"] = json!({ "description": "It was made", "content": json_of(&schema(of)) });
        written
    };
    json!({
        "parameters": [refer("id")],
        "get": {
            "summary": format!("Reads one {label}"),
            "tags": [set.name],
            "parameters": refer_all(["select", "expand", "compute"]),
            "responses": responses("200", "The record", Some(&json!({ "type": "object" }))),
        },
        "patch": {
            "summary": format!("Changes what is named of one {label}"),
            "tags": [set.name],
            "parameters": [refer("if-match")],
            "requestBody": body(&format!("{of}-change")),
            "responses": written(),
        },
        "put": {
            "summary": format!("Puts one {label} in the place of what is there"),
            "tags": [set.name],
            "parameters": [refer("if-match")],
            "requestBody": body(&format!("{of}-create")),
            "responses": written(),
        },
        "delete": {
            "summary": format!("Deletes one {label}"),
            "tags": [set.name],
            "parameters": [refer("if-match")],
            "responses": responses("204", "It is gone", None),
        },
    })
}

fn count(set: &EntitySet) -> Value {
    let mut responses = responses("200", "The number", None);
    responses["200"]["content"] = json!({ "text/plain": { "schema": { "type": "string" } } });
    json!({
        "summary": format!("Counts {}", set.label),
        "tags": [set.name],
        "parameters": refer_all(["filter", "search"]),
        "responses": responses,
    })
}

fn guid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

fn record(set: &EntitySet) -> Value {
    let properties = set.entity_type.properties.iter();
    let properties: Map<String, Value> = properties.map(|property| (property.name.clone(), value(property))).collect();
    json!({ "type": "object", "properties": properties })
}

fn change(set: &EntitySet, is_new: bool) -> Value {
    let declared = || set.entity_type.declared();
    let mut properties: Map<String, Value> =
        declared().map(|property| (property.name.clone(), value(property))).collect();
    if is_new {
        properties.insert(ID.into(), guid());
    }
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    let required: Vec<&str> = declared()
        .filter(|property| is_new && !property.nullable && property.default.is_none())
        .map(|property| property.name.as_str())
        .collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn value(property: &Property) -> Value {
    let mut schema = match &property.kind {
        Kind::String { max_length } => {
            let mut schema = json!({ "type": "string" });
            if let Some(length) = max_length {
                schema["maxLength"] = json!(length);
            }
            schema
        }
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Int32 => json!({ "type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX }),
        Kind::Int64 => json!({ "type": "integer", "format": "int64" }),
        Kind::Decimal { .. } => json!({ "type": "number" }),
        Kind::Double => json!({ "type": "number", "format": "double" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::DateTimeOffset => json!({ "type": "string", "format": "date-time" }),
        Kind::Guid => guid(),
    };
    if property.label != property.name {
        schema["title"] = property.label.as_str().into();
    }
    if property.nullable {
        schema["nullable"] = true.into();
    }
    if property.role != Role::Declared && property.role != Role::Key {
        schema["readOnly"] = true.into();
    }
    schema
}

fn error() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": text,
                    "message": text,
                    "target": text,
                    "details": { "type": "array", "items": { "type": "object" } },
                    "innererror": { "type": "object" },
                },
            },
        },
    })
}
