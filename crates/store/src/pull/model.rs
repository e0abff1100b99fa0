//! Taking in the server's entity model.
//!
//! Owns: that one with a mistake changes nothing. Refuses: fetching it, and what becomes of the tables (`tx::reshape`).

use crate::error::Result;
use crate::open::lease::Lease;
use crate::tx::reshape;
use tidemark_model::EntityModel;

impl Lease {
    /// Takes in the server's model document. Tables are made and extended; what is pending stays.
    ///
    /// # Errors
    /// The document has a mistake, or the database cannot be written; nothing is changed then.
    pub fn adopt_model(&self, document: &str) -> Result<()> {
        let model = EntityModel::parse(document)?;
        if self.model().is_some_and(|known| known.fingerprint() == model.fingerprint()) {
            return Ok(());
        }
        self.write(|tx| reshape::adopt(tx, model, document))
    }
}
