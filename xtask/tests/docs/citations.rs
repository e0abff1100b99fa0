//! Every citation in code and pages resolves: `FAULTS I27`, `(I27)`, `DESIGN section 4, Push`, `DESIGN rule (f)`,
//! `promise 9`, `seed step 9`, `ADR 0012`, `UX.md, "Status bar"`, `docs/sync.md, "A cycle"`.
//!
//! Owns: how a citation is spelled and where it leads. CONTRIBUTING.md tells people.

use crate::words::{self, Word};
use crate::{anchors, tree};

const HAZARDS: &str = "docs/hazards.md";
const DESIGN: &str = "docs/design.md";
const PROMISES: &str = "docs/sync.md";
/// The letters of the clauses of `docs/hazards.md`.
const LETTERS: &str = "HINPDCSLA";

/// What a text cites on a line: a page with an anchor, or why it cites nothing.
type Citation = (usize, Result<String, String>);

#[test]
fn every_citation_leads_somewhere() {
    let mut problems = Vec::new();
    let mut count = 0;
    for file in tree::files() {
        let is_code = !file.path.ends_with(".md");
        for (line, cited) in citations(&file.text, is_code) {
            count += 1;
            if let Err(problem) = cited.and_then(|target| resolve(&target)) {
                problems.push(format!("{}:{line}: {problem}", file.path));
            }
        }
    }
    assert!(problems.is_empty(), "citations that lead nowhere:\n{}", problems.join("\n"));
    assert!(count > 150, "only {count} citations were found: this test looks past them");
}

/// Returns what a text cites. `is_code`: there the words `FAULTS` and `DESIGN` stand for nothing else.
fn citations(text: &str, is_code: bool) -> Vec<Citation> {
    let words = words::of(text);
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = &words[at + 1..];
        let targets = match word.core {
            "FAULTS" => clauses(next),
            "DESIGN" => design(next),
            "promise" | "promises" => numbers(next).iter().map(|n| format!("{PROMISES}#promise-{n}")).collect(),
            "seed" | "Seed" if next.first().is_some_and(|word| matches!(word.core, "step" | "steps")) => {
                numbers(&next[1..]).iter().map(|n| format!("{DESIGN}#seed-step-{n}")).collect()
            }
            "ADR" => numbers(next).iter().map(|n| format!("docs/adr/{n}")).collect(),
            "UX.md" => vec![with_heading("docs/ux.md", word, next)],
            page if page.starts_with("docs/") && page.ends_with(".md") => vec![with_heading(page, word, next)],
            _ if word.text.starts_with('(') || at > 0 && words[at - 1].core == "hazard" => {
                let named = clauses(&words[at..]);
                named.into_iter().filter(|_| word.core.starts_with(|letter| LETTERS.contains(letter))).collect()
            }
            _ => continue,
        };
        if targets.is_empty() && is_code && matches!(word.core, "FAULTS" | "DESIGN") {
            found.push((word.line, Err(format!("{} names no clause, section or rule", word.core))));
        }
        found.extend(targets.into_iter().map(|target| (word.line, Ok(target))));
    }
    found
}

/// Reads `I14, L4`, `N7 to N9`, `3.2` or `section 1`.
fn clauses(words: &[Word<'_>]) -> Vec<String> {
    if words.first().is_some_and(|word| matches!(word.core, "section" | "sections")) {
        return numbers(&words[1..]).iter().map(|n| format!("{HAZARDS}#section-{n}")).collect();
    }
    let names = list(words, |core| {
        let (letter, number) = core.split_at_checked(1)?;
        let is_clause = LETTERS.contains(letter) && is_number(number) && number.len() <= 2;
        (is_clause || core.split_once('.').is_some_and(|(a, b)| is_number(a) && is_number(b))).then_some(core)
    });
    names.iter().map(|name| format!("{HAZARDS}#{}", name.to_lowercase())).collect()
}

/// Reads `section 4, Push`, `section 6, "Settled"`, `section 4, rule (a)`, `sections 3 to 6` or `rule (f)`.
fn design(words: &[Word<'_>]) -> Vec<String> {
    let Some(first) = words.first() else { return Vec::new() };
    if first.core == "rule" {
        return words[1..].first().map(|word| format!("{DESIGN}#rule-{}", word.core)).into_iter().collect();
    }
    if !matches!(first.core, "section" | "sections") {
        return Vec::new();
    }
    let mut targets: Vec<_> = numbers(&words[1..]).iter().map(|n| format!("{DESIGN}#section-{n}")).collect();
    let Some(number) = words.get(1).filter(|word| targets.len() == 1 && word.rest == ",") else { return targets };
    let names = &words[2..];
    let Some(name) = names.first() else { return targets };
    if name.core == "rule" {
        targets.extend(design(names));
        return targets;
    }
    // A name is quoted, or as many words as stand before the next mark.
    let end = names.iter().position(|word| !word.rest.is_empty()).unwrap_or(0);
    let bare = || names[..=end].iter().map(|word| word.core).collect::<Vec<_>>().join(" ");
    let is_name = name.core.starts_with(char::is_uppercase) && name.core != "FAULTS";
    if let Some(name) = quoted(names).or_else(|| is_name.then(bare)) {
        targets.push(format!("{DESIGN}#section-{}-{}", number.core, anchors::slug(&name)));
    }
    targets
}

/// Returns a page, with the anchor of the heading that is quoted behind it.
fn with_heading(page: &str, word: &Word<'_>, next: &[Word<'_>]) -> String {
    let heading = quoted(next).filter(|_| word.rest.ends_with(','));
    heading.map_or_else(|| page.to_owned(), |heading| format!("{page}#{}", anchors::slug(&heading)))
}

/// Reads the words between `"` and `"`.
fn quoted(words: &[Word<'_>]) -> Option<String> {
    words.first()?.text.starts_with('"').then_some(())?;
    let end = words.iter().position(|word| word.rest.contains('"'))?;
    Some(words[..=end].iter().map(|word| word.core).collect::<Vec<_>>().join(" "))
}

fn numbers(words: &[Word<'_>]) -> Vec<String> {
    list(words, |core| core.split('.').all(is_number).then_some(core))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads names with `,`, `and` or `to` between them; `to` stands for those in between as well.
fn list<'t>(words: &[Word<'t>], name: impl Fn(&'t str) -> Option<&'t str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next_if(|word| name(word.core).is_some()) {
        names.push(word.core.to_owned());
        match word.rest {
            "," => {}
            "" => match words.next().map(|word| word.text) {
                Some("and") => {}
                Some("to") => {
                    let last = words.peek().and_then(|word| name(word.core));
                    names.extend(last.map(|last| between(word.core, last)).unwrap_or_default());
                }
                _ => break,
            },
            _ => break,
        }
    }
    names
}

fn between(first: &str, last: &str) -> Vec<String> {
    let split = |name: &str| {
        let digits = name.trim_start_matches(|letter: char| !letter.is_ascii_digit()).to_owned();
        (name[..name.len() - digits.len()].to_owned(), digits.parse::<u32>().unwrap_or_default())
    };
    let ((letter, from), (_, to)) = (split(first), split(last));
    (from + 1..to).map(|n| format!("{letter}{n}")).collect()
}

fn resolve(target: &str) -> Result<(), String> {
    if let Some(number) = target.strip_prefix("docs/adr/").filter(|name| is_number(name)) {
        let pages = std::fs::read_dir(tree::root().join("docs/adr")).expect("there are decisions");
        let mut names = pages.map(|page| page.expect("it can be read").file_name().to_string_lossy().into_owned());
        let is_there = names.any(|name| name.starts_with(&format!("{number}-")));
        return if is_there { Ok(()) } else { Err(format!("there is no ADR {number}")) };
    }
    let (page, anchor) = target.split_once('#').unwrap_or((target, ""));
    let anchors = anchors::of_page(page).ok_or_else(|| format!("there is no page {page}"))?;
    if anchor.is_empty() || anchors.contains(anchor) { Ok(()) } else { Err(format!("{page} has no #{anchor}")) }
}

#[test]
fn citations_are_read_as_people_write_them() {
    let cited = |text: &str| -> Vec<String> {
        let all = citations(text, true).into_iter();
        all.map(|(_, target)| target.unwrap_or_else(|problem| problem).replacen("docs/", "", 1)).collect()
    };
    for (text, expected) in [
        ("//! As `sent` (FAULTS I14,\n//! L4; N1).", &["hazards.md#i14", "hazards.md#l4"][..]),
        ("// FAULTS N7 to N9).", &["hazards.md#n7", "hazards.md#n8", "hazards.md#n9"]),
        ("// FAULTS 3.2) and FAULTS section 1.", &["hazards.md#3.2", "hazards.md#section-1"]),
        ("/// (I24, I25): \"=SUM(A1)\", hazard H3", &["hazards.md#i24", "hazards.md#i25", "hazards.md#h3"]),
        (
            "// DESIGN sections 3 and 4), DESIGN\n// rule (f)",
            &["design.md#section-3", "design.md#section-4", "design.md#rule-f"],
        ),
        ("// DESIGN section 4, Local change), and", &["design.md#section-4", "design.md#section-4-local-change"]),
        ("// DESIGN section 4, rule (b); x", &["design.md#section-4", "design.md#rule-b"]),
        ("// DESIGN section 2, \"A model file\".", &["design.md#section-2", "design.md#section-2-a-model-file"]),
        ("// DESIGN section 2, FAULTS S3", &["design.md#section-2", "hazards.md#s3"]),
        ("// DESIGN section 4, the table, written", &["design.md#section-4"]),
        ("// (promise 9; ADR 0012)", &["sync.md#promise-9", "adr/0012"]),
        ("// seed steps 5 and 7, a promise", &["design.md#seed-step-5", "design.md#seed-step-7"]),
        ("// UX.md, \"Status bar\"), `docs/sync.md`, \"A cycle\"", &["ux.md#status-bar", "sync.md#a-cycle"]),
        ("// as FAULTS say", &["FAULTS names no clause, section or rule"]),
    ] {
        assert_eq!(cited(text), expected, "{text}");
    }
}

#[test]
fn a_citation_that_leads_nowhere_is_found() {
    for text in
        ["FAULTS I99", "(D77)", "DESIGN section 9", "DESIGN section 4, Pushing.", "DESIGN rule (z)", "promise 11"]
            .into_iter()
            .chain([
                "seed step 12",
                "ADR 9999",
                "UX.md, \"Nothing\"",
                "docs/nowhere.md",
                "`docs/sync.md`, \"A bicycle\"",
            ])
    {
        let cited = citations(text, true);
        assert!(!cited.is_empty(), "{text} is no citation");
        assert!(cited.into_iter().any(|(_, target)| target.and_then(|target| resolve(&target)).is_err()), "{text}");
    }
}
