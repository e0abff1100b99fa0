//! Adding an entity set is editing the model file, not code: a model that the code has never seen, end to end.

use serde_json::{Value, json};
use tidemark_tests::{Device, Office, Server};

fn model(with_grade: bool) -> String {
    let mut part = json!({
        "$Kind": "EntityType",
        "$Key": ["Id"],
        "Id": { "$Type": "Edm.Guid" },
        "Serial": { "$MaxLength": 40 },
        "Weight": { "$Type": "Edm.Decimal", "$Precision": 8, "$Scale": 3, "$Nullable": true },
        "Wheels": { "$Type": "Edm.Int64", "$DefaultValue": "4" },
        "IsSpare": { "$Type": "Edm.Boolean", "$Nullable": true },
        "BuiltOn": { "$Type": "Edm.Date", "$Nullable": true },
        "SeenAt": { "$Type": "Edm.DateTimeOffset", "$Nullable": true },
        "Pressure": { "$Type": "Edm.Double", "$Nullable": true },
        "DepotId": { "$Type": "Edm.Guid", "$Nullable": true },
        "Depot": { "$Kind": "NavigationProperty", "$Type": "Rail.Depot", "$Nullable": true, "$ReferentialConstraint": { "DepotId": "Id" } }
    });
    if with_grade {
        part["Grade"] = json!({ "$MaxLength": 3, "$Nullable": true });
    }
    json!({
        "$Version": "4.01",
        "$EntityContainer": "Rail.Everything",
        "Rail": {
            "Wagon": part,
            "Depot": { "$Kind": "EntityType", "$Key": ["Id"], "Id": { "$Type": "Edm.Guid" }, "Town": { "$MaxLength": 80 } },
            "Everything": {
                "$Kind": "EntityContainer",
                "Wagons": { "$Collection": true, "$Type": "Rail.Wagon", "$NavigationPropertyBinding": { "Depot": "Depots" } },
                "Depots": { "$Collection": true, "$Type": "Rail.Depot" }
            }
        }
    })
    .to_string()
}

#[test]
fn entity_sets_the_code_has_never_seen_go_round_the_whole_loop() {
    let mut server = Server::start_with_model(Some(&model(false)));
    let ana = Device::signed_in(&server.url, "ana", &["Wagons", "Depots"]);
    let ben = Device::signed_in(&server.url, "ben", &["Wagons", "Depots"]);
    let office = Office::new(&server.url, "ana");
    let depot = ana.add("Depots", &json!({ "Town": "Łódź" }));
    let wagon = ana.add(
        "Wagons",
        &json!({ "Serial": "W-1", "Weight": 12.125, "BuiltOn": "1999-12-31", "SeenAt": "2026-03-31T10:00:00+02:00", "Pressure": 0.1, "DepotId": depot }),
    );
    ana.sync();
    ben.sync();
    let expected = json!({ "Serial": "W-1", "Weight": 12.125, "Wheels": 4, "IsSpare": null, "BuiltOn": "1999-12-31", "SeenAt": "2026-03-31T08:00:00Z", "Pressure": 0.1, "DepotId": depot });
    for record in [ben.get("Wagons", &wagon), office.read(&format!("Wagons({wagon})"))] {
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&record[name], value, "{name}");
        }
    }
    let heavy = ben.run(&["list", "Wagons", "--filter", "Weight gt 12.1 and BuiltOn lt 2000-01-01"]).ok();
    assert_eq!(heavy.as_array().unwrap().len(), 1);
    assert_eq!(office.read("Wagons?$filter=Wheels eq 4 and IsSpare eq null")["value"].as_array().unwrap().len(), 1);

    // The model grows while Ana has work waiting: nothing is lost, and the new property arrives.
    ana.edit("Wagons", &wagon, &json!({ "Pressure": 0.2 }));
    server.remodel(&model(true));
    office.patch("Wagons", &wagon, &json!({ "Grade": "A" }));
    ana.sync();
    ana.edit("Wagons", &wagon, &json!({ "Grade": "B" }));
    ana.sync();
    ben.sync();
    let record = ben.get("Wagons", &wagon);
    assert_eq!((&record["Pressure"], &record["Grade"]), (&json!(0.2), &json!("B")));
    assert_eq!(ana.conflicts(), Vec::<Value>::new());
    for set in ["Wagons", "Depots"] {
        assert_eq!(ana.shared(set), office.list(set));
        assert_eq!(ben.shared(set), office.list(set));
    }
}

#[test]
fn a_property_that_left_the_model_holds_no_record_for_ever() {
    let mut server = Server::start_with_model(Some(&model(true)));
    let ana = Device::signed_in(&server.url, "ana", &["Wagons", "Depots"]);
    let office = Office::new(&server.url, "ana");
    let wagon = ana.add("Wagons", &json!({ "Serial": "W-1" }));
    ana.sync();
    ana.edit("Wagons", &wagon, &json!({ "Serial": "W-2", "Grade": "A" }));
    server.remodel(&model(false));
    ana.sync();
    let parked = ana.run(&["parked"]).ok();
    assert_eq!((&parked[0]["record_id"], &parked[0]["record"]["Grade"]), (&json!(wagon), &json!("A")), "{parked}");
    assert_eq!(parked[0]["unfit"][0]["property"], "Grade");
    assert!(parked[0]["unfit"][0]["problem"].as_str().unwrap().contains("no property Grade"), "{parked}");

    let rest = ana.run(&["parked", "send-rest", "Wagons", &wagon]).ok();
    assert_eq!(rest["left_out"][0]["value"], "A");
    assert_eq!(ana.sync()["pushed"], 1);
    assert_eq!(office.read(&format!("Wagons({wagon})"))["Serial"], "W-2");
    assert_eq!(ana.status()["parked"], 0);
    let history = ana.run(&["history", "Wagons", &wagon]).ok().to_string();
    assert!(history.contains("\"Grade\""), "the value is kept: {history}");
    // It is no record any more that could be retried or given up.
    let refused = ana.run(&["parked", "discard", "Wagons", &wagon]).refused();
    assert!(refused.contains("not among the records that could not be sent"), "{refused}");
}
