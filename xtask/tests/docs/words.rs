//! A text as its words, across the ends of lines and the marks of comments, each with its line.

/// A word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'t> {
    pub(crate) line: usize,
    /// As it stands there.
    pub(crate) text: &'t str,
    /// Without what opens it, up to the first mark: `I14` of `(I14,`, `3.2` of `3.2).`
    pub(crate) core: &'t str,
    /// What follows the core.
    pub(crate) rest: &'t str,
}

/// Splits a text.
pub(crate) fn of(text: &str) -> Vec<Word<'_>> {
    let lines = (1..).zip(text.lines());
    lines.flat_map(|(line, text)| uncommented(text).split_whitespace().map(move |text| word(line, text))).collect()
}

fn uncommented(line: &str) -> &str {
    let line = line.trim_start();
    let marks = ["//!", "///", "//", "/**", "* ", "# "];
    marks.iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line)
}

fn word(line: usize, text: &str) -> Word<'_> {
    let opened = text.trim_start_matches(['(', '"', '`', '*', '\'']);
    let is_core = |at: usize, letter: char| {
        let after = opened[at + letter.len_utf8()..].chars().next();
        letter.is_alphanumeric() || "-_/".contains(letter) || letter == '.' && after.is_some_and(char::is_alphanumeric)
    };
    let end = opened.char_indices().find(|(at, letter)| !is_core(*at, *letter)).map_or(opened.len(), |(at, _)| at);
    Word { line, text, core: &opened[..end], rest: &opened[end..] }
}
