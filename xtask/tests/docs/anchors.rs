//! The places of a page that a link or a citation can lead to: its headings, and `<a id="…">`.

use crate::tree;
use std::collections::BTreeSet;

/// Returns the anchors of a page; nothing where there is no such page, or it is a file of another kind.
pub(crate) fn of_page(path: &str) -> Option<BTreeSet<String>> {
    (path.ends_with(".md") && tree::root().join(path).is_file()).then(|| of_text(&tree::read(path)))
}

/// Returns the anchors of a text.
pub(crate) fn of_text(text: &str) -> BTreeSet<String> {
    let ids = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(id, _)| id.to_owned());
    let titles = prose(text).filter_map(|(_, line)| {
        let title = line.trim_start_matches('#');
        (title.len() < line.len()).then(|| title.strip_prefix(' ').map(slug)).flatten()
    });
    ids.chain(titles).collect()
}

/// Returns the numbered lines outside of blocks of code.
pub(crate) fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// Returns the anchor of a heading.
pub(crate) fn slug(title: &str) -> String {
    let mut is_tag = false;
    let shown = title.chars().filter(|letter| {
        let was_tag = is_tag;
        is_tag = (is_tag || *letter == '<') && *letter != '>';
        !was_tag && !is_tag
    });
    let kept = shown.filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
}

#[test]
fn headings_and_ids_are_anchors() {
    let page = "# <a id=\"x.1\"></a>The server's `rules`\n```\n# no heading\n```\n| <a id=\"i1\"></a>I1 | a |";
    assert_eq!(of_text(page).into_iter().collect::<Vec<_>>(), ["i1", "the-servers-rules", "x.1"]);
}
