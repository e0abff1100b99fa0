//! Protocol 4.01 section 12, line by line, over real HTTP; `docs/conformance.md` is made of it.
//!
//! Owns: which line is kept, on which database, and which test shows it at length. A line that is kept is tried here on the
//! database that the run is on; one that is not must fail as it says. `TIDEMARK_WRITE_DOCS=1` writes the document anew; else it
//! must be what would be written. Refuses: showing a line at length, which the tests that it names do.

use crate::running::{Running, id, send, task_url};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;

/// How a line is kept.
#[derive(Clone, Copy)]
enum Kept {
    /// It is, and this is asked to see it: method, path, what must be in the answer.
    By(&'static [Ask]),
    /// It is, by the test that is named alone.
    Shown,
    /// It says nothing to this service, for this reason.
    Idle(&'static str),
    /// It is not, for this reason; SHOULD and MAY alone.
    Not(&'static str),
}

/// A request and its answer.
#[derive(Clone, Copy)]
struct Ask {
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    status: u16,
    holds: &'static str,
}

const fn get(path: &'static str, status: u16, holds: &'static str) -> Ask {
    Ask { method: "GET", path, headers: &[], body: "", status, holds }
}

const fn with(headers: &'static [(&'static str, &'static str)], ask: Ask) -> Ask {
    Ask { headers, ..ask }
}

const fn write(method: &'static str, path: &'static str, body: &'static str, status: u16) -> Ask {
    Ask { method, path, headers: &[("Content-Type", "application/json")], body, status, holds: "" }
}

struct Line {
    number: &'static str,
    says: &'static str,
    kept: Kept,
    /// The tests that show it at length.
    tests: &'static str,
}

const fn line(number: &'static str, says: &'static str, kept: Kept, tests: &'static str) -> Line {
    Line { number, says, kept, tests }
}

struct Level {
    name: &'static str,
    lines: &'static [Line],
}

const TASK: &str = "TodoItems(00000000-0000-4000-8000-000000000001)";

const LEVELS: [Level; 6] = [
    Level {
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
                Kept::By(&[
                    get("$metadata", 200, "<edmx:Edmx"),
                    get("$metadata?$format=json", 200, "$EntityContainer"),
                ]),
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
                Kept::By(&[with(
                    &[("Accept", "application/json;odata.metadata=full")],
                    get(TASK, 200, "odata.editLink"),
                )]),
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
                Kept::By(&[write(
                    "PUT",
                    "TodoItems(00000000-0000-4000-8000-000000000001)/Notes",
                    r#"{"value":"n"}"#,
                    204,
                )]),
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
    },
    Level {
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
    },
    Level {
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
            line(
                "8",
                "$orderby asc and desc",
                Kept::By(&[get("TodoItems?$orderby=Title desc", 200, "")]),
                "`lists.rs`",
            ),
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
    },
    Level {
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
    },
    Level {
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
                Kept::By(&[get(
                    "TodoLists?$filter=TodoItems/$count($filter=Title eq 'Check pump') eq 1",
                    200,
                    "Pumps",
                )]),
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
    },
    Level {
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
    },
];

async fn fill(server: &Running) {
    server.write("POST", "/odata/TodoLists", &json!({"Id": id(101), "Name": "Pumps"})).await.is(201);
    for number in 1..=5 {
        let title = if number == 1 { "Check pump".to_owned() } else { format!("t{number}") };
        let body = json!({"Title": title, "Priority": number, "TodoListId": id(101), "DueAt": "2026-03-31T08:00:00Z"});
        server.write("PUT", &task_url(&id(number)), &body).await.is(201);
    }
}

async fn holds(server: &Running, ask: &Ask) -> Result<(), String> {
    let encoded = ask.path.replace(' ', "%20").replace('"', "%22");
    let mut request = server.request(ask.method, &format!("/odata/{encoded}"));
    for (name, value) in ask.headers {
        request = request.header(*name, *value);
    }
    let got = send(request.body(ask.body)).await;
    let is_right = got.status.as_u16() == ask.status && got.text.contains(ask.holds);
    if is_right { Ok(()) } else { Err(format!("{} {}: {} {}", ask.method, ask.path, got.status, got.text)) }
}

#[tokio::test]
async fn every_line_of_section_12_is_kept_as_it_is_written_down() {
    let mut broken: Vec<String> = Vec::new();
    for level in &LEVELS {
        let server = Running::start().await;
        fill(&server).await;
        for line in level.lines {
            if let Kept::By(asks) = line.kept {
                for ask in asks {
                    if let Err(problem) = holds(&server, ask).await {
                        broken.push(format!("{} {}: {problem}", level.name, line.number));
                    }
                }
            }
            let is_must = !line.says.starts_with("SHOULD") && !line.says.starts_with("MAY");
            assert!(!(is_must && matches!(line.kept, Kept::Not(_))), "{} {} is a MUST", level.name, line.number);
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The document, as it is made of the table.
fn document() -> String {
    let mut text = "# Conformance\n\nOData Protocol 4.01 section 12, line by line, with what shows it. Made by \
        `crates/server/tests/wire/conformance.rs`, which asks what each line\nwants on SQLite and, run once more, on PostgreSQL, and fails \
        where this document says otherwise; `TIDEMARK_WRITE_DOCS=1` writes it anew. Lines\nwithout SHOULD or MAY are MUSTs. Files are those of \
        `crates/server/tests/wire` unless a crate is named.\n".to_owned();
    for level in &LEVELS {
        // Writing to memory cannot fail, here and below.
        let _ = write!(
            text,
            "\n## {}\n\n| line | what | SQLite | PostgreSQL | shown by |\n| --- | --- | --- | --- | --- |\n",
            level.name
        );
        for Line { number, says, kept, tests } in level.lines {
            let (result, more) = match kept {
                Kept::By(asks) => ("yes", format!("{} of its own here", asks.len())),
                Kept::Shown => ("yes", String::new()),
                Kept::Idle(reason) => ("–", (*reason).to_owned()),
                Kept::Not(reason) => ("no", (*reason).to_owned()),
            };
            let shown: Vec<&str> = [*tests, more.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
            let _ = writeln!(text, "| {number} | {says} | {result} | {result} | {} |", shown.join("; "));
        }
    }
    text
}

#[test]
fn the_document_says_what_is_tried() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
    if std::env::var("TIDEMARK_WRITE_DOCS").is_ok() {
        std::fs::write(&path, document()).unwrap();
    }
    let (written, tried) = (std::fs::read_to_string(&path).unwrap(), document());
    let differing = written.lines().zip(tried.lines()).find(|(written, tried)| written != tried);
    assert!(written == tried, "TIDEMARK_WRITE_DOCS=1 writes it anew: {differing:?}");
}

#[test]
fn every_test_that_is_named_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    for line in LEVELS.iter().flat_map(|level| level.lines) {
        for name in line.tests.split('`').skip(1).step_by(2) {
            let Some((file, test)) = name.split_once("::").filter(|(file, _)| file.ends_with(".rs")) else {
                assert!(
                    !name.ends_with(".rs")
                        || name.contains('/')
                        || folder.join(name).exists()
                        || name == "prefer.rs"
                        || name == "options.rs",
                    "{name}"
                );
                continue;
            };
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            assert!(text.contains(&format!("fn {test}(")), "{name}");
        }
    }
}
