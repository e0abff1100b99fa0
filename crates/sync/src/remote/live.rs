//! Reads of entity sets that are not kept offline: straight to the server, while it can be reached.
//!
//! Owns: those requests. Refuses: keeping anything, writing (`live_write`). DESIGN section 6, "On a set that is not cached".

use crate::error::SyncError;
use crate::ports::transport::Request;
use crate::remote::chain::{Chain, MOST_PAGES};
use crate::remote::connection::{Connection, refused};
use crate::remote::session::Remote;
use http::Method;
use serde_json::{Map, Value};
use tidemark_model::{EntitySet, RecordId, Versioned};
use tidemark_odata::{encode_query, entity_url, read_entity};
use tidemark_store::Account;

/// A window of a set, read live.
#[derive(Clone, Debug, Default)]
pub struct LivePage {
    /// The records.
    pub records: Vec<Versioned>,
    /// How many there are in all, where it was asked.
    pub total: Option<u64>,
}

impl Remote {
    /// Reads a window of a set; `filter` and `order_by` are OData text, `search` words.
    ///
    /// # Errors
    /// The server cannot be reached or refuses the query.
    #[expect(clippy::too_many_arguments, reason = "these are the system query options of one read")]
    pub async fn list(
        &self,
        account: &Account,
        set: &EntitySet,
        filter: Option<&str>,
        order_by: Option<&str>,
        search: Option<&str>,
        offset: u64,
        limit: Option<u64>,
    ) -> Result<LivePage, SyncError> {
        let connection = self.for_account(account);
        let mut link = format!("{}?$count=true&$skip={offset}", set.name);
        if let Some(limit) = limit {
            link.push_str(&format!("&$top={limit}"));
        }
        for (option, text) in [("$filter", filter), ("$orderby", order_by), ("$search", search)] {
            if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
                link.push_str(&format!("&{option}={}", encode_query(text)));
            }
        }
        let mut page = LivePage::default();
        let mut next = Some(link);
        let mut chain = Chain::new(MOST_PAGES);
        while let Some(link) = next {
            let answer = get(&connection, connection.of_set(&set.name, &link)?).await?;
            chain.came(&link).map_err(|problem| SyncError::Malformed(format!("{}: {problem}", set.name)))?;
            page.total = page.total.or_else(|| member(&answer, "count").and_then(Value::as_u64));
            for entity in answer.get("value").and_then(Value::as_array).into_iter().flatten() {
                page.records.push(entity_of(set, entity)?);
            }
            next = member(&answer, "nextLink").and_then(Value::as_str).map(str::to_owned);
            if limit.is_some_and(|limit| page.records.len() as u64 >= limit) {
                break;
            }
        }
        Ok(page)
    }

    /// Reads one record; `None` where there is none.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn get(&self, account: &Account, set: &EntitySet, id: RecordId) -> Result<Option<Versioned>, SyncError> {
        let connection = self.for_account(account);
        match get(&connection, connection.odata(Method::GET, &entity_url(&set.name, id))?).await {
            Ok(entity) => entity_of(set, &Value::Object(entity)).map(Some),
            Err(SyncError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads one record with its tombstone; `None` where the server has no trace of it.
    pub(crate) async fn whatever_is_there(
        connection: &Connection,
        set: &EntitySet,
        id: RecordId,
    ) -> Result<Option<Versioned>, SyncError> {
        let filter = format!("Id eq {id} and (_IsTombstoned eq true or _IsTombstoned eq false)");
        let link = format!("{}?$filter={}", set.name, encode_query(&filter));
        let answer = get(connection, connection.of_set(&set.name, &link)?).await?;
        let found = answer.get("value").and_then(Value::as_array).and_then(|records| records.first());
        found.map(|entity| entity_of(set, entity)).transpose()
    }

    /// Counts the live records of a set on the server.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn count(&self, account: &Account, set: &str) -> Result<u64, SyncError> {
        let connection = self.for_account(account);
        let answer = get(&connection, connection.of_set(set, &format!("{set}?$top=0&$count=true"))?).await?;
        member(&answer, "count").and_then(Value::as_u64).ok_or_else(|| SyncError::Malformed("no count".into()))
    }
}

async fn get(connection: &Connection, request: Request) -> Result<Map<String, Value>, SyncError> {
    let response = connection.send(request).await?;
    if response.status != 200 {
        return Err(refused(&response));
    }
    serde_json::from_slice(&response.body).map_err(|e| SyncError::Malformed(e.to_string()))
}

pub(crate) fn entity_of(set: &EntitySet, entity: &Value) -> Result<Versioned, SyncError> {
    let empty = Map::new();
    read_entity(entity.as_object().unwrap_or(&empty), set).map_err(|e| SyncError::Malformed(e.message))
}

/// Returns a control information member with or without its `odata.` prefix.
fn member<'j>(answer: &'j Map<String, Value>, name: &str) -> Option<&'j Value> {
    answer.get(&format!("@{name}")).or_else(|| answer.get(&format!("@odata.{name}")))
}
