//! The lines of Protocol 4.01 section 12 for services of OData 4.0.

use super::{Kept, Level, get, line, with, write};

const TASK: &str = "TodoItems(00000000-0000-4000-8000-000000000001)";

pub(super) const MINIMAL: Level = Level {
    name: "4.0 Minimal",
    lines: &[
        line("1", "a service document at the root", Kept::By(&[get("", 200, "\"TodoItems\"")]), "`file.rs`"),
        line("2", "data as OData JSON", Kept::By(&[get("TodoItems", 200, "\"value\":[")]), "`lists.rs`"),
        line(
            "3",
            "partial results by server-driven paging alone",
            Kept::By(&[with(&[("Prefer", "maxpagesize=1")], get("TodoItems", 200, "nextLink"))]),
            "`links.rs`",
        ),
        line("4", "the right OData-Version", Kept::Shown, "`lists.rs`, `protocol.rs`"),
        line(
            "5",
            "Accept and OData-MaxVersion, or a failure",
            Kept::By(&[
                with(&[("Accept", "text/html")], get("TodoItems", 406, "")),
                with(&[("OData-MaxVersion", "3.0")], get("TodoItems", 400, "")),
            ]),
            "`lists.rs`",
        ),
        line(
            "6",
            "the rules of extensibility",
            Kept::By(&[get("TodoItems?custom=1", 200, ""), get("TodoItems?$custom=1", 400, "$custom")]),
            "`lists.rs::what_is_not_offered_is_refused_and_never_ignored`",
        ),
        line(
            "7",
            "the grammar is parsed; 501 for what is not served",
            Kept::By(&[get("TodoItems?$filter=geo.length(Title) gt 1", 501, "NotSupported")]),
            "`queries.rs`, `tidemark-odata` `filter/tests.rs`",
        ),
        line("8", "only types of CSDL", Kept::Shown, "`clients::the_oasis_tools_read_the_metadata_in_both_forms`"),
        line(
            "9",
            "nobody has to understand annotations or custom headers",
            Kept::By(&[with(&[("Accept", "application/json;odata.metadata=none")], get("TodoItems", 200, ""))]),
            "`clients`",
        ),
        line("10", "no update semantics violated", Kept::Shown, "`arbitration.rs`, `concurrency.rs`"),
        line("11", "no other semantics violated", Kept::Shown, "all of `wire`"),
        line(
            "12",
            "SHOULD: $expand",
            Kept::By(&[get("TodoItems?$expand=TodoList", 200, "\"TodoList\":{")]),
            "`expand.rs`",
        ),
        line(
            "13",
            "SHOULD: $metadata as XML; MAY: as JSON",
            Kept::By(&[get("$metadata", 200, "<edmx:Edmx"), get("$metadata?$format=json", 200, "$EntityContainer")]),
            "`protocol.rs::metadata_says_what_a_client_may_do_and_both_forms_agree`",
        ),
        line(
            "14",
            "prefixed headers and preferences",
            Kept::By(&[with(
                &[("Prefer", "odata.maxpagesize=1"), ("OData-MaxVersion", "4.0")],
                get("TodoItems", 200, "@odata.nextLink"),
            )]),
            "`tidemark-odata` `prefer.rs`",
        ),
        line(
            "15",
            "duration literals with the prefix",
            Kept::By(&[get("TodoItems?$filter=DueAt add duration'P1D' gt 2026-01-01T00:00:00Z", 200, "")]),
            "`queries.rs`; there is no enumeration",
        ),
        line("16", "of asynchronous requests: the final answer", Kept::Idle("no request is asynchronous"), ""),
        line("17", "MAY: AsyncResult", Kept::Idle("no request is asynchronous"), ""),
        line(
            "18",
            "edit links, said or implied",
            Kept::By(&[with(&[("Accept", "application/json;odata.metadata=full")], get(TASK, 200, "odata.editLink"))]),
            "`apply.rs::full_metadata_says_types_and_addresses`",
        ),
        line(
            "19",
            "POST to entity sets",
            Kept::By(&[write("POST", "TodoItems", r#"{"Title":"x"}"#, 201)]),
            "`arbitration.rs`",
        ),
        line(
            "20",
            "POST to navigation properties",
            Kept::By(&[write(
                "POST",
                "TodoLists(00000000-0000-4000-8000-000000000065)/TodoItems",
                r#"{"Title":"x"}"#,
                201,
            )]),
            "`beyond.rs::a_record_is_made_among_related_ones`",
        ),
        line(
            "21",
            "POST to $ref",
            Kept::By(&[write(
                "POST",
                "TodoLists(00000000-0000-4000-8000-000000000065)/TodoItems/$ref",
                r#"{"@odata.id":"TodoItems(00000000-0000-4000-8000-000000000001)"}"#,
                204,
            )]),
            "`beyond.rs::a_reference_is_set_changed_and_taken_away`",
        ),
        line(
            "22",
            "PUT to $ref",
            Kept::By(&[write(
                "PUT",
                "TodoItems(00000000-0000-4000-8000-000000000001)/TodoList/$ref",
                r#"{"@odata.id":"TodoLists(00000000-0000-4000-8000-000000000065)"}"#,
                204,
            )]),
            "`beyond.rs::a_reference_is_set_changed_and_taken_away`",
        ),
        line("23", "PATCH", Kept::By(&[write("PATCH", TASK, r#"{"Notes":"n"}"#, 204)]), "`arbitration.rs`"),
        line(
            "24",
            "DELETE",
            Kept::By(&[write("DELETE", "TodoItems(00000000-0000-4000-8000-000000000003)", "", 204)]),
            "`arbitration.rs`",
        ),
        line(
            "25",
            "DELETE to $ref",
            Kept::By(&[write("DELETE", "TodoItems(00000000-0000-4000-8000-000000000002)/TodoList/$ref", "", 204)]),
            "`beyond.rs::a_reference_is_set_changed_and_taken_away`",
        ),
        line(
            "26",
            "If-Match",
            Kept::By(&[with(
                &[("Content-Type", "application/json"), ("If-Match", "W/\"9.00000000\"")],
                write("PATCH", TASK, r#"{"Notes":"x"}"#, 412),
            )]),
            "`arbitration.rs`",
        ),
        line("27", "Location of what was made", Kept::Shown, "`arbitration.rs`, `deep.rs`"),
        line(
            "28",
            "OData-EntityId with 204",
            Kept::Shown,
            "`arbitration.rs::preferences_and_etags_are_honoured_on_single_records`",
        ),
        line(
            "29",
            "upserts",
            Kept::By(&[write("PUT", "TodoItems(00000000-0000-4000-8000-000000000009)", r#"{"Title":"x"}"#, 201)]),
            "`arbitration.rs`",
        ),
        line(
            "30",
            "SHOULD: PUT and PATCH to a property",
            Kept::By(&[write("PUT", "TodoItems(00000000-0000-4000-8000-000000000001)/Notes", r#"{"value":"n"}"#, 204)]),
            "`beyond.rs::a_property_is_set_and_emptied_by_its_address`",
        ),
        line(
            "31",
            "SHOULD: DELETE to a property",
            Kept::By(&[write("DELETE", "TodoItems(00000000-0000-4000-8000-000000000001)/Notes", "", 204)]),
            "`beyond.rs::a_property_is_set_and_emptied_by_its_address`",
        ),
        line(
            "32",
            "SHOULD: deep inserts",
            Kept::By(&[write("POST", "TodoLists", r#"{"Name":"x","TodoItems":[{"Title":"y"}]}"#, 201)]),
            "`deep.rs`",
        ),
        line("33", "MAY: updates of sets", Kept::Not("a change is of one record, which may be asked about"), ""),
    ],
};

pub(super) const INTERMEDIATE: Level = Level {
    name: "4.0 Intermediate",
    lines: &[
        line("1", "4.0 Minimal", Kept::Shown, "above"),
        line(
            "2",
            "the grammar is parsed; 501 for what is not served",
            Kept::By(&[get("TodoItems?$apply=concat(identity,identity)", 501, "NotSupported")]),
            "`tidemark-odata`, fuzzing",
        ),
        line("3", "$select", Kept::By(&[get("TodoItems?$select=Title", 200, "#TodoItems(Title)")]), "`lists.rs`"),
        line("4", "casts to derived types", Kept::Idle("no type is derived from another"), ""),
        line("5", "$top", Kept::By(&[get("TodoItems?$top=1", 200, "")]), "`lists.rs`"),
        line(
            "6",
            "/$value of properties",
            Kept::By(&[get("TodoItems(00000000-0000-4000-8000-000000000001)/Title/$value", 200, "Check pump")]),
            "`below.rs`; there is no media entity",
        ),
        line(
            "7",
            "$filter: eq, ne, aliases; SHOULD: all others, functions, on expanded ones",
            Kept::By(&[
                get("TodoItems?$filter=Title eq @t&@t='Check pump'", 200, "Check pump"),
                get("TodoItems?$filter=contains(Title,'pump') and Title ne null", 200, "Check pump"),
                get("TodoLists?$expand=TodoItems($filter=Title eq 'Check pump')", 200, "Check pump"),
            ]),
            "`queries.rs`, `expand.rs`",
        ),
        line("8", "SHOULD: $metadata as XML", Kept::By(&[get("$metadata", 200, "<edmx:Edmx")]), "`protocol.rs`"),
        line("9", "SHOULD: JSON", Kept::Shown, "above"),
        line("10", "SHOULD: Basic over HTTPS", Kept::Shown, "`sign_in.rs`; TLS is a proxy's"),
        line(
            "11",
            "SHOULD: $search",
            Kept::By(&[get("TodoItems?$search=pump NOT valve", 200, "Check pump")]),
            "`lists.rs`",
        ),
        line("12", "SHOULD: $skip", Kept::By(&[get("TodoItems?$skip=1", 200, "")]), "`lists.rs`"),
        line("13", "SHOULD: $count", Kept::By(&[get("TodoItems?$count=true", 200, "@odata.count")]), "`lists.rs`"),
        line(
            "14",
            "SHOULD: $expand",
            Kept::By(&[get("TodoLists?$expand=TodoItems", 200, "\"TodoItems\":[")]),
            "`expand.rs`",
        ),
        line(
            "15",
            "SHOULD: any and all",
            Kept::By(&[get("TodoLists?$filter=TodoItems/any(i:i/Title eq 'Check pump')", 200, "Pumps")]),
            "`queries.rs`",
        ),
        line(
            "16",
            "SHOULD: /$count of navigation properties",
            Kept::By(&[get("TodoLists(00000000-0000-4000-8000-000000000065)/TodoItems/$count", 200, "")]),
            "`below.rs`",
        ),
        line(
            "17",
            "SHOULD: $orderby asc and desc",
            Kept::By(&[get("TodoItems?$orderby=Title desc,Priority asc", 200, "")]),
            "`lists.rs`",
        ),
    ],
};

pub(super) const ADVANCED: Level = Level {
    name: "4.0 Advanced",
    lines: &[
        line("1", "4.0 Intermediate", Kept::Shown, "above"),
        line("2", "$metadata as XML", Kept::By(&[get("$metadata", 200, "<edmx:Edmx")]), "`protocol.rs`"),
        line("3", "JSON", Kept::Shown, "above"),
        line(
            "4",
            "/$count of navigation properties",
            Kept::By(&[get("TodoLists(00000000-0000-4000-8000-000000000065)/TodoItems/$count", 200, "")]),
            "`below.rs`",
        ),
        line(
            "5",
            "any and all",
            Kept::By(&[get("TodoLists?$filter=TodoItems/all(i:i/Priority ge 0)", 200, "Pumps")]),
            "`queries.rs`",
        ),
        line("6", "$skip", Kept::By(&[get("TodoItems?$skip=1", 200, "")]), "`lists.rs`"),
        line("7", "$count", Kept::By(&[get("TodoItems?$count=true", 200, "@odata.count")]), "`lists.rs`"),
        line("8", "$orderby asc and desc", Kept::By(&[get("TodoItems?$orderby=Title desc", 200, "")]), "`lists.rs`"),
        line(
            "9",
            "$expand: references, $filter; SHOULD: $orderby, $count, $top, $skip, $search, $levels",
            Kept::By(&[
                get("TodoLists?$expand=TodoItems/$ref", 200, "@odata.id"),
                get(
                    "TodoLists?$expand=TodoItems($orderby=Title desc;$count=true;$top=1;$skip=0;$search=pump;$levels=1)",
                    200,
                    "TodoItems@odata.count",
                ),
            ]),
            "`expand.rs`",
        ),
        line(
            "9.9",
            "MAY: $compute on expanded ones",
            Kept::By(&[get("TodoLists?$expand=TodoItems($compute=Priority mul 2 as Twice)", 200, "\"Twice\":")]),
            "`apply.rs::expanded_records_have_computed_values_too`",
        ),
        line(
            "10",
            "$search",
            Kept::By(&[get("TodoItems?$search=\"Check pump\" OR valve", 200, "Check pump")]),
            "`lists.rs`, `tidemark-sql`",
        ),
        line("11", "multipart batches", Kept::Shown, "`multipart.rs`, `clients`"),
        line(
            "12",
            "the paths of OData-URL",
            Kept::By(&[
                get("TodoItems(00000000-0000-4000-8000-000000000001)/TodoList/Name", 200, "Pumps"),
                get("$entity?$id=TodoItems(00000000-0000-4000-8000-000000000001)", 200, "Check pump"),
                get("$all", 501, ""),
            ]),
            "`below.rs`; `$all`, `$crossjoin`, `$each`, `/$filter` are 501",
        ),
        line(
            "13",
            "SHOULD: asynchronous requests",
            Kept::Not("what is asked is answered at once; `respond-async` is passed over"),
            "`protocol.rs`",
        ),
        line(
            "14",
            "SHOULD: deltas",
            Kept::By(&[with(&[("Prefer", "odata.track-changes")], get("TodoItems", 200, "deltaLink"))]),
            "`feed.rs`, `tracked.rs`",
        ),
        line("15", "SHOULD: cross joins", Kept::Not("501; `$expand` and paths join what is related"), ""),
        line(
            "16",
            "MAY: $compute",
            Kept::By(&[get("TodoItems?$compute=Priority mul 2 as Twice&$filter=Twice ge 0", 200, "\"Twice\":")]),
            "`apply.rs`",
        ),
    ],
};
