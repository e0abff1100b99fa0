//! The lines of Protocol 4.01 section 12 for services of OData 4.01.

use super::{Kept, Level, get, line, with, write};

pub(super) const MINIMAL: Level = Level {
    name: "4.01 Minimal",
    lines: &[
        line("1", "4.0 Minimal", Kept::Shown, "above"),
        line(
            "2",
            "OData JSON 4.01",
            Kept::By(&[with(&[("OData-MaxVersion", "4.01")], get("TodoItems", 200, "\"@context\""))]),
            "`tidemark-odata` `page_writer/tests.rs`",
        ),
        line("3", "AsyncResult", Kept::Idle("no request is asynchronous"), ""),
        line(
            "4",
            "headers and preferences with and without prefix",
            Kept::By(&[with(&[("Prefer", "maxpagesize=1")], get("TodoItems", 200, "nextLink"))]),
            "`protocol.rs`, `tidemark-odata` `prefer.rs`",
        ),
        line("5", "$schemaversion", Kept::Idle("the metadata has no Core.SchemaVersion"), ""),
        line(
            "6",
            "query options with and without $",
            Kept::By(&[get("TodoItems?top=1&filter=Priority ge 0", 200, "")]),
            "`tidemark-odata` `options.rs`",
        ),
        line(
            "7",
            "names of options, operators, functions in any case",
            Kept::By(&[get("TodoItems?$FILTER=CONTAINS(Title,'pump') AND Priority GE 0", 200, "Check pump")]),
            "`queries.rs`",
        ),
        line("8", "identifiers as $metadata has them", Kept::Shown, "`names.rs`"),
        line(
            "9",
            "the syntax of 4.0 and 4.01: casts of texts, durations without prefix, in, divby, negative substring, null of navigation properties, keys as segments",
            Kept::By(&[
                get(
                    "TodoItems?$filter=Priority in (0,1,2) and 3 divby 2 eq 1.5 and substring(Title,-4) eq 'pump' and TodoList ne null",
                    200,
                    "Check pump",
                ),
                get("TodoItems?$filter=cast('2','Edm.Int32') eq 2", 400, ""),
                get("TodoItems?$filter=cast('2',Edm.Int32) eq 2", 200, ""),
                get("TodoItems/00000000-0000-4000-8000-000000000001", 200, "Check pump"),
            ]),
            "`queries.rs`; functions and actions there are none",
        ),
        line(
            "10",
            "SHOULD: $metadata in both forms",
            Kept::By(&[get("$metadata?$format=json", 200, "$EntityContainer")]),
            "`protocol.rs`",
        ),
        line("11", "SHOULD: no identifiers that differ in case alone", Kept::Shown, "`names.rs`"),
        line(
            "12",
            "SHOULD: Core.ODataVersions",
            Kept::By(&[get("$metadata", 200, "Org.OData.Core.V1.ODataVersions")]),
            "`protocol.rs`",
        ),
        line(
            "13",
            "SHOULD: Capabilities",
            Kept::By(&[get("$metadata", 200, "Org.OData.Capabilities.V1.BatchSupport")]),
            "`protocol.rs`",
        ),
        line("14", "MAY: filters on annotations", Kept::Not("no record has annotations"), ""),
        line(
            "15",
            "MAY: $compute",
            Kept::By(&[get("TodoItems?$compute=1 add 1 as Two", 200, "\"Two\":2")]),
            "`apply.rs`",
        ),
        line("16", "MAY: $search for all collections", Kept::By(&[get("Sites?$search=x", 200, "")]), "`lists.rs`"),
        line("17", "MAY: 4.01 for who names no version", Kept::Shown, "`lists.rs`"),
        line("18", "4.0 Minimal, updatable", Kept::Shown, "above"),
        line(
            "19",
            "DELETE to the reference of one by its key",
            Kept::By(&[write(
                "DELETE",
                "TodoLists(00000000-0000-4000-8000-000000000065)/TodoItems(00000000-0000-4000-8000-000000000004)/$ref",
                "",
                204,
            )]),
            "`beyond.rs::a_reference_is_set_changed_and_taken_away`",
        ),
        line(
            "20",
            "SHOULD: PUT with nested content",
            Kept::Not("501: what is within is changed by itself, where it may be asked about"),
            "`deep.rs`",
        ),
        line(
            "21",
            "SHOULD: deep updates; deep inserts",
            Kept::By(&[write("POST", "TodoItems", r#"{"Title":"x","TodoList":{"Name":"y"}}"#, 201)]),
            "`deep.rs`; deep updates are 501",
        ),
        line(
            "22",
            "SHOULD: PUT or DELETE to $ref of a collection",
            Kept::By(&[write(
                "DELETE",
                "TodoLists(00000000-0000-4000-8000-000000000065)/TodoItems/$ref?$id=TodoItems(00000000-0000-4000-8000-000000000005)",
                "",
                204,
            )]),
            "`beyond.rs`",
        ),
        line("23", "MAY: POST to collections of values", Kept::Idle("no property is a collection"), ""),
        line("24", "MAY: PATCH and DELETE to a collection", Kept::Not("a change is of one record"), ""),
        line("25", "MAY: the same behind a cast", Kept::Idle("no type is derived from another"), ""),
        line("26", "MAY: PATCH with a delta", Kept::Not("a batch does it"), ""),
        line(
            "27",
            "MAY: $select and $expand on changes",
            Kept::By(&[write("POST", "TodoItems?$select=Title", r#"{"Title":"x"}"#, 201)]),
            "`arbitration.rs`; $expand is 400",
        ),
    ],
};

pub(super) const INTERMEDIATE: Level = Level {
    name: "4.01 Intermediate",
    lines: &[
        line("1", "4.01 Minimal", Kept::Shown, "above"),
        line("2", "4.0 Intermediate", Kept::Shown, "above"),
        line(
            "3",
            "null of navigation properties",
            Kept::By(&[get("TodoItems?$filter=TodoList ne null", 200, "Check pump")]),
            "`queries.rs`",
        ),
        line(
            "4",
            "in",
            Kept::By(&[get("TodoItems?$filter=Title in ('Check pump','x')", 200, "Check pump")]),
            "`queries.rs`",
        ),
        line(
            "5",
            "$select within $select",
            Kept::Idle("no property has properties; paths over navigation properties are taken"),
            "`apply.rs::a_path_in_select_says_what_is_wanted_of_what_is_expanded`",
        ),
        line(
            "6",
            "SHOULD: the count of a filtered collection",
            Kept::By(&[get("TodoLists?$filter=TodoItems/$count($filter=Title eq 'Check pump') eq 1", 200, "Pumps")]),
            "`beyond.rs::records_are_counted_by_what_is_asked_of_them`",
        ),
        line("7", "SHOULD: structural comparison", Kept::Idle("no property has properties"), ""),
        line(
            "8",
            "SHOULD: $compute",
            Kept::By(&[get("TodoItems?$compute=toupper(Title) as Loud", 200, "CHECK PUMP")]),
            "`apply.rs`",
        ),
        line("9", "SHOULD: query options within $select", Kept::Idle("no property is a collection"), ""),
        line(
            "10",
            "MAY: aliases within $select and $expand",
            Kept::By(&[get("TodoLists?$expand=TodoItems($filter=Title eq @t)&@t='Check pump'", 200, "Check pump")]),
            "`links.rs`",
        ),
        line("11", "MAY: /$filter", Kept::Not("501"), ""),
    ],
};

pub(super) const ADVANCED: Level = Level {
    name: "4.01 Advanced",
    lines: &[
        line("1", "4.01 Intermediate", Kept::Shown, "above"),
        line("2", "4.0 Advanced", Kept::Shown, "above"),
        line(
            "3",
            "the count of a filtered or searched collection",
            Kept::By(&[get(
                "TodoLists?$filter=TodoItems/$count($filter=Priority ge 0;$search=pump) eq 1",
                200,
                "Pumps",
            )]),
            "`beyond.rs::records_are_counted_by_what_is_asked_of_them`",
        ),
        line(
            "4",
            "$compute",
            Kept::By(&[get("TodoItems?$compute=Priority add 1 as More&$orderby=More", 200, "\"More\":")]),
            "`apply.rs`",
        ),
        line("5", "options within $select", Kept::Idle("no property is a collection"), ""),
        line(
            "6",
            "$metadata as JSON",
            Kept::By(&[get("$metadata?$format=json", 200, "$EntityContainer")]),
            "`protocol.rs`",
        ),
        line("7", "batches in both formats", Kept::Shown, "`batch.rs`, `multipart.rs`"),
        line("8", "SHOULD: /$filter", Kept::Not("501"), ""),
        line(
            "9",
            "SHOULD: aliases within $select and $expand",
            Kept::By(&[get("TodoLists?$expand=TodoItems($orderby=Priority mul @m)&@m=-1", 200, "\"TodoItems\":[")]),
            "`links.rs`",
        ),
        line("10", "MAY: identifiers in any case", Kept::Not("a name is one name"), ""),
    ],
};
