//! JSON as a person typed it.
//!
//! Owns: that nothing of the text is lost on its way to a record: no member that came twice, no digit of a number. Refuses:
//! what the members mean; Save says.

use crate::app::App;
use crate::error::AppError;
use serde_json::{Map, Value};
use tidemark_model::{UnreadRecord, read_members};

impl App {
    /// Reads the JSON text of a record, or of changes to one, for [`App::add`] and [`App::edit`].
    ///
    /// # Errors
    /// The set is unknown; the text is no JSON object, or has a member twice: the error names it.
    pub fn read_typed(&self, set: &str, text: &str) -> Result<Map<String, Value>, AppError> {
        let set = self.entity_set(set)?;
        read_members(&set, text.trim_start_matches('\u{feff}').as_bytes()).map_err(|error| match error {
            UnreadRecord::NotJson(error) => {
                AppError::invalid(format!("this is not valid JSON: {error}; nothing was changed"), None)
            }
            UnreadRecord::Invalid(error) => {
                AppError::invalid(format!("{error}; nothing was changed"), error.property())
            }
        })
    }
}
