//! A plain table: columns of text, two spaces apart.
//!
//! Owns: widths and cutting. Refuses: colours and borders; the output is read by people and by `grep`.

/// The widest a column gets, in characters.
const WIDEST: usize = 48;

/// Composes a table; the last column is not cut.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let last = header.len().saturating_sub(1);
    let shown: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().enumerate().map(|(column, text)| cell(text, column == last)).collect())
        .collect();
    let width = |column: usize| {
        let cells = shown.iter().filter_map(|row| row.get(column)).map(|text| text.chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(text, width)| format!("{text:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(header.to_vec())];
    lines.extend(shown.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

/// Makes text fit one line of one column, and keeps it from steering the terminal.
fn cell(text: &str, is_last: bool) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if is_last || flat.chars().count() <= WIDEST {
        return flat;
    }
    flat.chars().take(WIDEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_text_stays_on_its_line() {
        let rows =
            vec![vec!["a\nb".into(), "x".repeat(60), "end".into()], vec!["ä".into(), "y".into(), "\u{1b}[31m".into()]];
        let lines: Vec<String> = table(&["One", "Two", "Three"], &rows).lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 3);
        let starts: Vec<usize> =
            lines.iter().map(|line| line.chars().position(|c| c == 'T' || c == 'x' || c == 'y').unwrap()).collect();
        assert_eq!(starts, [5, 5, 5]);
        assert!(lines[1].contains('…'));
        assert!(!lines[2].contains('\u{1b}'));
    }
}
