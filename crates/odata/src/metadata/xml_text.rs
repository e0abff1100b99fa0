//! XML text: elements, attributes, what must be escaped.
//!
//! Owns: that the text is well formed. Refuses: which elements there are (`xml`, `annotation`).

/// XML text in the making.
pub(super) struct Xml {
    out: String,
    depth: usize,
}

impl Xml {
    /// Begins a document.
    pub(super) fn new() -> Self {
        Self { out: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".into(), depth: 0 }
    }

    /// Ends it.
    pub(super) fn into_text(self) -> String {
        self.out
    }

    /// Opens an element.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, ">\n");
        self.depth += 1;
    }

    /// Writes an element with nothing in it.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, "/>\n");
    }

    /// Closes an element.
    pub(super) fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    /// Writes an element with whatever `inner` writes, empty where that is nothing.
    pub(super) fn with_inner(&mut self, name: &str, attributes: &[(&str, &str)], inner: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        self.open(name, attributes);
        let opened = self.out.len();
        inner(self);
        if self.out.len() == opened {
            self.out.truncate(start);
            self.depth -= 1;
            self.empty(name, attributes);
        } else {
            self.close(name);
        }
    }

    /// Writes an element with text in it.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.indent();
        for part in ["<", name, ">"] {
            self.out.push_str(part);
        }
        self.escaped(text);
        for part in ["</", name, ">\n"] {
            self.out.push_str(part);
        }
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in attributes {
            for part in [" ", attribute, "=\""] {
                self.out.push_str(part);
            }
            self.escaped(value);
            self.out.push('"');
        }
        self.out.push_str(end);
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\n' => self.out.push_str("&#10;"),
                '\r' => self.out.push_str("&#13;"),
                '\t' => self.out.push_str("&#9;"),
                // XML 1.0 has no way to write the other control characters.
                control if control < ' ' || matches!(control, '\u{fffe}' | '\u{ffff}') => self.out.push('\u{fffd}'),
                other => self.out.push(other),
            }
        }
    }
}
