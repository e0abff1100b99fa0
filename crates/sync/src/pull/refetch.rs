//! Records that are read again singly: a pull brought them while their own answer was still out.
//!
//! Owns: reading the whole list that was asked for, page after page (the server ends a page at 8 MiB), before a record
//! that is not in it counts as gone. Refuses: what becomes of such a record (the store).

use super::page::{fetch, malformed, read_into};
use crate::blocking::blocking;
use crate::error::SyncError;
use crate::remote::chain::Chain;
use crate::run::Run;
use tidemark_model::{Planted, RecordId, is_planted};
use tidemark_odata::encode_query;
use tidemark_store::{AskedFrom, Others, StoreError};

/// How many records one request asks for.
const AT_ONCE: usize = 50;

impl Run<'_> {
    /// Reads again what was set aside.
    pub(super) async fn refetch(&mut self) -> Result<(), SyncError> {
        let waiting = blocking(|| self.store.refetch())?;
        if waiting.is_empty() {
            return Ok(());
        }
        let positions = blocking(|| self.store.positions())?;
        for (set, ids) in waiting {
            let Some(from) = positions.iter().find(|from| from.set() == set) else { continue };
            for ids in ids.chunks(AT_ONCE) {
                match self.refetch_some(from, ids).await {
                    Ok(()) => {}
                    // Switched off or started anew: nothing of it is waited for any more.
                    Err(SyncError::Store(StoreError::Moved { .. })) => break,
                    Err(error) => {
                        self.failed(from, error)?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads one list to its end. What a page brings is taken at once; what no page brought is gone once the last
    /// one is here.
    async fn refetch_some(&mut self, from: &AskedFrom, ids: &[RecordId]) -> Result<(), SyncError> {
        let list: Vec<String> = ids.iter().map(ToString::to_string).collect();
        // Naming the mark shows tombstones too (DESIGN section 5, Tombstones).
        let filter = format!("Id in ({}) and (_IsTombstoned eq true or _IsTombstoned eq false)", list.join(","));
        let mut link = format!("{}?$filter={}", from.set(), encode_query(&filter));
        let mut left = ids.to_vec();
        let mut chain = Chain::new(self.engine.limits.pages);
        loop {
            let asked = self.page_size()?.records(0).min(left.len() as u32);
            let started_ms = self.connection.monotonic_ms();
            let page = match fetch(&self.connection, from.set(), &link, asked, false).await {
                Ok(page) => page,
                Err(error) if self.page_broke(&error, asked, started_ms)? => continue,
                Err(error) => return Err(error),
            };
            self.page_came(asked, page.took, false)?;
            chain.came(&link).map_err(|problem| malformed(from, problem))?;
            let ((still_left, next), tally) = blocking(|| {
                self.store.pull(|tx| {
                    let mut onto = tx.onto(from)?;
                    let end = read_into(&mut onto, from.entity_set(), &page.body)?;
                    let next = end.next_link.filter(|_| !is_planted(Planted::A1ListReadInPart));
                    let others = if next.is_some() { Others::ToCome } else { Others::Absent };
                    Ok::<_, SyncError>((onto.refetched(&left, others)?, next))
                })
            })?;
            self.tally += tally;
            left = still_left;
            match next {
                Some(next) => link = next,
                None => return Ok(()),
            }
        }
    }
}
