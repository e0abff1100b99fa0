//! Who this database is, and who may use it; what a model may become.

use super::bed::{Bed, ITEMS, id, model};
use super::on_every_database;
use crate::storage::{NewToken, NewUser, StorageError, TokenHash};
use serde_json::{Value, json};
use tidemark_model::{Cell, EntityModel};

on_every_database!(
    names_and_tokens_are_told_apart,
    another_process_is_the_same_server_until_a_new_epoch,
    a_model_grows_and_what_does_not_fit_is_refused_whole,
);

async fn names_and_tokens_are_told_apart(bed: Bed) {
    let again = NewUser { name: "ann".into(), workspace: "three".into(), password: "other".into(), now_ms: 2 };
    assert!(matches!(bed.storage.add_user(again).await, Err(StorageError::UserExists(name)) if name == "ann"));
    let hash = TokenHash::of("secret");
    let token = |user: &str| NewToken { user: user.into(), hash, device: Some("laptop".into()), now_ms: 3 };
    let nobody = bed.storage.add_token(token("nobody")).await;
    assert!(matches!(nobody, Err(StorageError::NoSuchUser(_))), "{nobody:?}");
    bed.storage.add_token(token("eve")).await.unwrap();
    let holder = bed.storage.token_holder(hash).await.unwrap().unwrap();
    assert_eq!(
        (holder.user.as_str(), holder.workspace.as_str(), holder.device.as_deref()),
        ("eve", "two", Some("laptop"))
    );
    assert_eq!(bed.storage.token_holder(TokenHash::of("other")).await.unwrap(), None);
    assert!(bed.storage.remove_token(hash).await.unwrap());
    assert!(!bed.storage.remove_token(hash).await.unwrap());
    assert_eq!(bed.storage.token_holder(hash).await.unwrap(), None);
}

async fn another_process_is_the_same_server_until_a_new_epoch(bed: Bed) {
    let other = bed.another(model()).await.unwrap();
    let identity = bed.storage.identity().await.unwrap();
    assert_eq!(other.identity().await.unwrap(), identity);
    other.begin_epoch().await.unwrap();
    let after = bed.storage.settle_in().await.unwrap();
    assert_eq!((&after.server_id, after.secret), (&identity.server_id, identity.secret));
    assert_ne!(after.epoch, identity.epoch);
    bed.storage.ready().await.unwrap();
}

fn changed(change: impl FnOnce(&mut Value)) -> EntityModel {
    let mut document: Value = serde_json::from_str(EntityModel::default_document()).unwrap();
    change(&mut document);
    EntityModel::to_serve(&document.to_string()).unwrap()
}

async fn a_model_grows_and_what_does_not_fit_is_refused_whole(bed: Bed) {
    let ann = bed.caller("ann").await;
    bed.one(&ann, bed.titled(1, "before")).await;
    let refused = async |model| match bed.another(model).await {
        Err(StorageError::ModelMisfit(sentence)) => sentence,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was taken"),
    };
    let retyped = changed(|model| model["Tidemark"]["TodoItem"]["Priority"] = json!({ "$Type": "Edm.Double" }));
    assert!(refused(retyped).await.contains("TodoItems/Priority"));
    let required = changed(|model| {
        model["Tidemark"]["TodoItem"]["New"] = json!({ "$MaxLength": 9 });
        model["Tidemark"]["TodoItem"]["Code"] = json!({ "$MaxLength": 5 });
    });
    assert!(refused(required).await.contains("is required"));
    // Nothing of the refused model stayed: the same name may now come with another type.
    let grown = changed(|model| {
        model["Tidemark"]["TodoItem"]["New"] = json!({ "$Type": "Edm.Int64", "$Nullable": true });
        model["Tidemark"]["TodoItem"]["Code"] = json!({ "$MaxLength": 5, "$DefaultValue": "none" });
    });
    let position = grown.set(ITEMS).unwrap().entity_type.declared().position(|p| p.name == "Code").unwrap();
    let other = bed.another(grown).await.unwrap();
    let row = other.record(&bed.place(&ann, ITEMS), id(1)).await.unwrap().unwrap();
    assert_eq!(row.cells[position], Cell::Text("none".into()));
    assert_eq!(row.cells[0], Cell::Text("before".into()));
}
