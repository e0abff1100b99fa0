//! Lists behind `in`, and the values of parameter aliases.
//!
//! Owns: reading a value where its alias is named, against the same limits as the text around it. Refuses: expressions in a
//! list.

use super::cursor::Cursor;
use super::parser::Parser;
use crate::WireError;
use tidemark_model::query::Literal;

impl<'t> Parser<'t> {
    /// Reads the value of the alias that is named here as `read` does; `None` where it is given none, which is null.
    pub(super) fn aliased<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<Option<T>, WireError> {
        self.cursor.eat('@');
        let name = self.cursor.name();
        if name.is_empty() || name.contains('.') {
            return Err(self.cursor.expected("the name of a parameter alias behind @"));
        }
        self.cursor.advance(name);
        self.count()?;
        let aliases = self.aliases;
        let Some((name, text)) = aliases.get(name)? else { return Ok(None) };
        let outside = std::mem::replace(&mut self.cursor, Cursor::new(name, text));
        // A variable of a lambda outside is not known in a value that stands beside the option.
        let variables = std::mem::take(&mut self.variables);
        let value = self.nested(|parser| {
            let value = read(parser)?;
            parser.end("an operator or the end").map(|()| value)
        })?;
        (self.cursor, self.variables) = (outside, variables);
        Ok(Some(value))
    }

    /// Reads the list behind `in`.
    pub(super) fn list(&mut self) -> Result<Vec<Literal>, WireError> {
        self.cursor.skip_space();
        if self.cursor.rest().starts_with('[') {
            return self.array();
        }
        if self.cursor.rest().starts_with('@') {
            return self.aliased(Self::list)?.ok_or_else(|| self.cursor.wrong("this parameter alias has no list"));
        }
        if !self.cursor.eat('(') {
            return Err(self.cursor.expected("a list of literals in parentheses after in"));
        }
        let mut list = Vec::new();
        loop {
            self.cursor.skip_space();
            self.count()?;
            match self.cursor.literal()? {
                Some(literal) => list.push(literal),
                None if self.cursor.rest().starts_with('@') => {
                    let value = self.aliased(|parser| parser.cursor.literal()?.ok_or_else(|| parser.no_literal()))?;
                    list.push(value.unwrap_or(Literal::Null));
                }
                None => return Err(self.no_literal()),
            }
            if self.comma() {
                continue;
            }
            return if self.cursor.eat(')') { Ok(list) } else { Err(self.cursor.expected("a comma or )")) };
        }
    }

    fn no_literal(&self) -> WireError {
        self.cursor.expected("a literal in the list of in")
    }

    /// Reads a JSON array of primitive values.
    fn array(&mut self) -> Result<Vec<Literal>, WireError> {
        let rest = self.cursor.rest();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Vec<serde_json::Value>>();
        let read = values.next().and_then(Result::ok);
        let Some(items) = read.and_then(|items| items.into_iter().map(primitive).collect::<Option<Vec<_>>>()) else {
            return Err(self.cursor.expected("a JSON array of texts, numbers, true, false and null"));
        };
        self.cursor.advance(&rest[..values.byte_offset()]);
        for _ in &items {
            self.count()?;
        }
        Ok(items)
    }
}

fn primitive(value: serde_json::Value) -> Option<Literal> {
    Some(match value {
        serde_json::Value::Null => Literal::Null,
        serde_json::Value::Bool(b) => Literal::Boolean(b),
        serde_json::Value::Number(number) => Literal::Number(number.to_string()),
        serde_json::Value::String(text) => Literal::String(text),
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => return None,
    })
}
