//! The `if` of a request: an expression over what became of those before it (OData JSON 4.01 section 19.1).
//!
//! Owns: its grammar, `true`, `false`, `$id/$succeeded`, `not`, `and`, `or`, `eq`, `ne` and parentheses, words in any case.
//! Refuses: values of bodies; a condition that cannot be told counts as not fulfilled, as the specification has it.

/// How deep parentheses and `not` may nest.
const MOST_LEVELS: usize = 64;

/// Returns the ids that a condition names.
pub(super) fn named(text: &str) -> impl Iterator<Item = &str> {
    words(text).filter_map(succeeded)
}

/// Tells whether a condition holds; `None` where it cannot be told. `outcome` says of an id whether its request succeeded.
pub(super) fn holds(text: &str, outcome: &dyn Fn(&str) -> Option<bool>) -> Option<bool> {
    let mut reading = Reading { words: words(text).collect(), at: 0, levels: 0, outcome };
    let value = reading.or()?;
    (reading.at == reading.words.len()).then_some(value)
}

struct Reading<'c> {
    words: Vec<&'c str>,
    at: usize,
    levels: usize,
    outcome: &'c dyn Fn(&str) -> Option<bool>,
}

impl Reading<'_> {
    fn or(&mut self) -> Option<bool> {
        let mut value = self.and()?;
        while self.takes("or") {
            value |= self.and()?;
        }
        Some(value)
    }

    fn and(&mut self) -> Option<bool> {
        let mut value = self.compared()?;
        while self.takes("and") {
            value &= self.compared()?;
        }
        Some(value)
    }

    fn compared(&mut self) -> Option<bool> {
        let mut value = self.single()?;
        loop {
            if self.takes("eq") {
                value = value == self.single()?;
            } else if self.takes("ne") {
                value = value != self.single()?;
            } else {
                return Some(value);
            }
        }
    }

    fn single(&mut self) -> Option<bool> {
        self.levels += 1;
        if self.levels > MOST_LEVELS {
            return None;
        }
        let value = if self.takes("not") {
            !self.single()?
        } else if self.takes("(") {
            let value = self.or()?;
            self.takes(")").then_some(value)?
        } else if self.takes("true") {
            true
        } else if self.takes("false") {
            false
        } else {
            let id = self.words.get(self.at).copied().and_then(succeeded)?;
            self.at += 1;
            (self.outcome)(id)?
        };
        self.levels -= 1;
        Some(value)
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.at).is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }
}

/// Returns the id of `$id/$succeeded`.
fn succeeded(word: &str) -> Option<&str> {
    word.strip_prefix('$')?.strip_suffix("/$succeeded").filter(|id| !id.is_empty())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let pieces = text.split_inclusive(['(', ')', ' ', '\t']).flat_map(|piece| {
        let end = piece.len() - usize::from(piece.ends_with(['(', ')', ' ', '\t']));
        [&piece[..end], &piece[end..]]
    });
    pieces.filter(|word| !word.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<bool> {
        holds(text, &|id| match id {
            "good" => Some(true),
            "bad" => Some(false),
            _ => None,
        })
    }

    #[test]
    fn conditions_are_over_what_became_of_others() {
        for (text, expected) in [
            ("true", Some(true)),
            ("False", Some(false)),
            (" $good/$succeeded ", Some(true)),
            ("not $good/$succeeded", Some(false)),
            ("not($bad/$succeeded)", Some(true)),
            ("$bad/$succeeded eq false", Some(true)),
            ("$good/$succeeded ne false and not $bad/$succeeded", Some(true)),
            ("true or false and false", Some(true)),
            ("(true or false) and false", Some(false)),
            ("$unknown/$succeeded", None),
            ("$good/Title eq 'x'", None),
            ("$good", None),
            ("true false", None),
            ("(true", None),
            ("", None),
        ] {
            assert_eq!(told(text), expected, "{text:?}");
        }
        assert_eq!(named("not ($a/$succeeded or $b/$succeeded)").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn depth_has_a_limit() {
        let nested = |levels: usize| format!("{}true{}", "(".repeat(levels), ")".repeat(levels));
        assert_eq!(told(&nested(MOST_LEVELS - 1)), Some(true));
        assert_eq!(told(&nested(MOST_LEVELS)), None);
        assert_eq!(told(&"not ".repeat(1_000_000)), None);
    }
}
