use super::*;
use quick_xml::events::Event;

fn model() -> EntityModel {
    EntityModel::parse(EntityModel::default_document()).unwrap().with_cached_entities().unwrap()
}

#[test]
fn the_xml_says_what_the_model_says() {
    let small = r#"{
      "$Version": "4.01", "$EntityContainer": "N.C",
      "$Reference": { "https://example.org/Common.json": { "$Include": [{ "$Namespace": "com.Common", "$Alias": "Common" }] } },
      "N": {
        "A": {
          "$Kind": "EntityType", "$Key": ["Id"], "@Common.Label": "A & \"B\"", "@Unknown.Term": 1, "@Common.Dynamic": [{ "$Path": "Name" }],
          "Id": { "$Type": "Edm.Guid" },
          "Name": { "$MaxLength": 20, "@com.Common.Tags": ["x", { "y": null, "z": [1, 1.5, true] }], "@Tidemark.Merge": "later" },
          "Price": { "$Type": "Edm.Decimal", "$Precision": 9, "$Scale": 2, "$Nullable": true, "$DefaultValue": 0 },
          "At": { "$Type": "Edm.DateTimeOffset", "$Nullable": true },
          "ParentId": { "$Type": "Edm.Guid", "$Nullable": true },
          "Parent": { "$Kind": "NavigationProperty", "$Type": "N.A", "$Nullable": true, "$ReferentialConstraint": { "ParentId": "Id" } }
        },
        "C": { "$Kind": "EntityContainer", "As": { "$Collection": true, "$Type": "N.A" } }
      }
    }"#;
    let xml = metadata_xml(&EntityModel::parse(small).unwrap(), Version::V40);
    // What the service can do is told behind it (`capabilities`).
    let (of_model, of_service) =
        xml.split_once("          <Annotation Term=\"Org.OData.Cap").map_or((xml.as_str(), ""), |(a, b)| (a, b));
    assert!(of_service.contains("Org.OData.Capabilities.V1.BatchSupport"));
    insta::assert_snapshot!(of_model, @r#"
        <?xml version="1.0" encoding="utf-8"?>
        <edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">
          <edmx:Reference Uri="https://example.org/Common.xml">
            <edmx:Include Namespace="com.Common" Alias="Common"/>
          </edmx:Reference>
          <edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml">
            <edmx:Include Namespace="Org.OData.Capabilities.V1" Alias="Capabilities"/>
          </edmx:Reference>
          <edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Aggregation.V1.xml">
            <edmx:Include Namespace="Org.OData.Aggregation.V1" Alias="Aggregation"/>
          </edmx:Reference>
          <edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml">
            <edmx:Include Namespace="Org.OData.Core.V1"/>
          </edmx:Reference>
          <edmx:DataServices>
            <Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="N">
              <EntityType Name="A">
                <Key>
                  <PropertyRef Name="Id"/>
                </Key>
                <Property Name="Id" Type="Edm.Guid" Nullable="false"/>
                <Property Name="Name" Type="Edm.String" Nullable="false" MaxLength="20">
                  <Annotation Term="com.Common.Tags">
                    <Collection>
                      <String>x</String>
                      <Record>
                        <PropertyValue Property="y">
                          <Null/>
                        </PropertyValue>
                        <PropertyValue Property="z">
                          <Collection>
                            <Int>1</Int>
                            <Float>1.5</Float>
                            <Bool>true</Bool>
                          </Collection>
                        </PropertyValue>
                      </Record>
                    </Collection>
                  </Annotation>
                </Property>
                <Property Name="Price" Type="Edm.Decimal" Nullable="true" Precision="9" Scale="2" DefaultValue="0"/>
                <Property Name="At" Type="Edm.DateTimeOffset" Nullable="true" Precision="6"/>
                <Property Name="ParentId" Type="Edm.Guid" Nullable="true"/>
                <Property Name="_UpdatedAt" Type="Edm.Int64" Nullable="true"/>
                <Property Name="_IsTombstoned" Type="Edm.Boolean" Nullable="true" DefaultValue="false"/>
                <Property Name="_UpdatedBy" Type="Edm.String" Nullable="true">
                  <Annotation Term="Org.OData.Core.V1.Computed" Bool="true"/>
                </Property>
                <NavigationProperty Name="Parent" Type="N.A" Nullable="true">
                  <ReferentialConstraint Property="ParentId" ReferencedProperty="Id"/>
                </NavigationProperty>
                <Annotation Term="Common.Label" String="A &amp; &quot;B&quot;"/>
              </EntityType>
              <EntityContainer Name="C">
                <EntitySet Name="As" EntityType="N.A">
                  <NavigationPropertyBinding Path="Parent" Target="As"/>
    "#);
}

#[test]
fn the_default_model_is_well_formed_in_every_version() {
    for (version, said) in [(Version::V40, "4.0"), (Version::V401, "4.01"), (Version::Unstated, "4.01")] {
        let xml = metadata_xml(&model(), version);
        let mut reader = quick_xml::Reader::from_str(&xml);
        let mut elements = 0;
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => break,
                Event::Start(tag) | Event::Empty(tag) => {
                    elements += 1;
                    assert!(tag.attributes().all(|attribute| attribute.is_ok()));
                }
                _ => {}
            }
        }
        assert!(elements > 60, "{elements}");
        assert!(xml.contains(&format!("Version=\"{said}\"")));
        let document: Value = serde_json::from_slice(&metadata_json(&model(), version)).unwrap();
        assert_eq!(document["$Version"], said);
    }
}

#[test]
fn a_client_reads_the_model_back_from_the_json() {
    let again = EntityModel::parse(&String::from_utf8(metadata_json(&model(), Version::V401)).unwrap()).unwrap();
    assert_eq!(again.fingerprint(), model().fingerprint());
    assert_eq!(again.sets().collect::<Vec<_>>(), model().sets().collect::<Vec<_>>());
}

#[test]
fn the_service_document_lists_the_sets() {
    let document = service_document(&model(), Version::V401, "");
    insta::assert_snapshot!(String::from_utf8(document).unwrap(), @r#"{"@context":"$metadata","value":[{"name":"TodoLists","kind":"EntitySet","url":"TodoLists","title":"Lists"},{"name":"TodoItems","kind":"EntitySet","url":"TodoItems","title":"Tasks"},{"name":"Sites","kind":"EntitySet","url":"Sites"},{"name":"Contacts","kind":"EntitySet","url":"Contacts"},{"name":"CachedEntities","kind":"EntitySet","url":"CachedEntities"}]}"#);
    let prefixed = service_document(&model(), Version::V40, "http://host/odata/");
    assert!(prefixed.starts_with(br#"{"@odata.context":"http://host/odata/$metadata","value":["#));
}
