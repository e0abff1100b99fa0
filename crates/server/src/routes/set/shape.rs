//! What each record of an answer has beside its properties, and which of them: `$select` with its paths (OData URL
//! Conventions 4.01 section 5.1.4), `$compute` and what `$apply` makes.
//!
//! Owns: handing the paths of `$select` to `$expand`, which reads what they lead to. Refuses: reading and writing.

use tidemark_model::query::{Expand, Query, Transformation};
use tidemark_odata::{Code, Format, Made, MadeWriter, Version, WireError};
use tidemark_sql::Value;

/// Hands what `$select` says of related records to the items of `$expand` that read them.
///
/// # Errors
/// 400 for a path over a navigation property that is not expanded.
pub(crate) fn resolve(query: &mut Query) -> Result<(), WireError> {
    if query.is_summary() {
        return Ok(());
    }
    for name in &query.select {
        let Some((first, rest)) = name.split_once('/') else { continue };
        let item = query.expand.iter_mut().find(|item| item.name == first);
        let item = item.ok_or_else(|| {
            let sentence = format!("$select={name} needs what it leads to: write $expand={first}($select={rest})");
            WireError::new(400, Code::InvalidQuery, sentence).about("$select")
        })?;
        select(item, rest);
    }
    query.expand.iter_mut().try_for_each(|item| resolve(&mut item.query))
}

/// Adds a name to what is selected of an item, also where it is written again in a link.
fn select(item: &mut Expand, name: &str) {
    if item.query.select.iter().any(|known| known == name) {
        return;
    }
    item.query.select.push(name.to_owned());
    match item.options.iter_mut().find(|(option, _)| option == "select") {
        Some((_, given)) => *given = format!("{given},{name}"),
        None => item.options.push(("select".to_owned(), name.to_owned())),
    }
}

/// Returns the names of the values that records have beside their properties.
pub(crate) fn made_names(query: &Query) -> Vec<String> {
    let of_steps = query.apply.iter().flat_map(|step| match step {
        Transformation::Compute(computed) => &computed[..],
        _ => &[],
    });
    of_steps.chain(&query.compute).map(|one| one.name.clone()).collect()
}

/// Prepares a writer of the values that a statement made.
pub(crate) fn made_writer(values: &[Value], version: Version, format: Format) -> MadeWriter {
    let made = values.iter().map(|value| Made {
        name: value.name.as_str().into(),
        edm: value.edm,
        is_declared: value.is_declared,
    });
    MadeWriter::new(made, version, format)
}
