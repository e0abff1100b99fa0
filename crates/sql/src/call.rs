//! A canonical function that is a value: which room writes it.
//!
//! Owns: that choice. Refuses: functions that are conditions (`condition`).

use crate::compiler::Compiler;
use crate::error::QueryError;
use crate::operand::Side;
use tidemark_model::query::{Expr, Function};

impl Compiler<'_> {
    /// Writes a function.
    pub(crate) fn call<'e>(
        &mut self,
        function: Function,
        arguments: &[Expr],
        depth: usize,
    ) -> Result<Side<'e>, QueryError> {
        match (function, arguments) {
            (Function::Round | Function::Floor | Function::Ceiling, [argument]) => {
                self.rounded(function, argument, depth)
            }
            (
                Function::Concat
                | Function::IndexOf
                | Function::Length
                | Function::Substring
                | Function::ToLower
                | Function::ToUpper
                | Function::Trim,
                _,
            ) => self.text_value(function, arguments, depth).map(Side::Operand),
            (Function::MinDateTime | Function::MaxDateTime | Function::Now, []) => self.moment(function),
            (_, [argument]) => self.part_of_time(function, argument, depth),
            _ => Err(QueryError::TypeMismatch {
                property: None,
                problem: format!("{} does not take {} arguments", function.name(), arguments.len()),
            }),
        }
    }
}
