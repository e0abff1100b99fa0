//! Where the records of a CSV file end, and what their cells are (RFC 4180, read as spreadsheets write it).
//!
//! Owns: every byte of the file: each is in a cell, in a separator or a line end, or the record is refused. A line
//! ends with LF, CR or CRLF, mixed at will. Refuses: text after a closing quote, a quote that never closes, NUL and what
//! is not UTF-8, since dropping any of these would change a row unsaid; and what cells mean (`csv_rows`).

use std::io::{self, BufRead};
use tidemark_model::{Planted, is_planted};

/// The texts of one record's cells.
pub(super) type Cells = Vec<String>;

/// A record may be so long: behind a longer one there is a quote that was forgotten, and memory has an end.
const LONGEST: usize = 32 << 20;

/// Reads a file record by record.
pub(super) struct Records<R> {
    input: R,
    delimiter: u8,
    /// The line that the next byte is on.
    line: u64,
    /// Whether the file is read no further: a record was refused, and where the next one begins is not known.
    is_over: bool,
}

/// Where the reader stands within a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Before a cell's first byte.
    Start,
    /// In a cell without quotes, where a quote is a character as any other.
    Plain,
    /// Between quotes.
    Quoted,
    /// After a quote between quotes: a second one stands for one, anything but the end of the cell is a mistake.
    Closed,
}

impl<R: BufRead> Records<R> {
    /// Begins to read a file, and finds out what separates its cells: spreadsheets write semicolons where the comma is
    /// the decimal mark, tabs as "text", and some say it in a first line such as `sep=;`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn new(input: R) -> Result<Self, String> {
        let mut records = Self { input, delimiter: b',', line: 1, is_over: false };
        let head = records.input.fill_buf().map_err(|error| error.to_string())?;
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter @ (b',' | b';' | b'\t'), b'\r' | b'\n', ..] =
            head
        {
            records.delimiter = *delimiter;
            records.input.consume(5);
            return Ok(records);
        }
        let mut is_quoted = false;
        let found = head.iter().find(|byte| match byte {
            b'"' => {
                is_quoted = !is_quoted;
                false
            }
            b'\r' | b'\n' | b',' | b';' | b'\t' => !is_quoted,
            _ => false,
        });
        if let Some(delimiter @ (b';' | b'\t')) = found {
            records.delimiter = *delimiter;
        }
        Ok(records)
    }

    /// Returns the next record and the line that it begins on. A line without any character is no record.
    pub(super) fn next_record(&mut self) -> Option<(u64, Result<Cells, String>)> {
        if self.is_over {
            return None;
        }
        let mut begins_on = self.line;
        let mut record = Vec::new();
        let mut ends = Vec::new();
        let mut at = At::Start;
        loop {
            let byte = match self.next_byte() {
                Ok(byte) => byte,
                Err(error) => return Some(self.refused(self.line, error)),
            };
            let is_plain_cr = byte == Some(b'\r') && is_planted(Planted::B18CarriageReturnEndsNoRow);
            let is_end = matches!(byte, None | Some(b'\r' | b'\n')) && !is_plain_cr;
            match (at, byte) {
                (At::Quoted, None) => return Some(self.refused(begins_on, "a quoted text begins here and never ends")),
                (_, Some(0)) => {
                    return Some(self.refused(self.line, "there is a NUL character, which no text may have"));
                }
                (At::Quoted, Some(b'"')) => at = At::Closed,
                (At::Quoted, Some(b'\r')) => {
                    record.push(b'\r');
                    match self.eat(b'\n') {
                        Ok(is_eaten) => record.extend(is_eaten.then_some(b'\n')),
                        Err(error) => return Some(self.refused(self.line, error)),
                    }
                    self.line += 1;
                }
                (At::Quoted, Some(byte)) => {
                    record.push(byte);
                    self.line += u64::from(byte == b'\n');
                }
                (At::Start, Some(b'"')) => at = At::Quoted,
                (At::Closed, Some(b'"')) => {
                    record.push(b'"');
                    at = At::Quoted;
                }
                (_, Some(byte)) if byte == self.delimiter => {
                    ends.push(record.len());
                    at = At::Start;
                }
                _ if is_end => {
                    if byte == Some(b'\r')
                        && let Err(error) = self.eat(b'\n')
                    {
                        return Some(self.refused(self.line, error));
                    }
                    self.line += u64::from(byte.is_some());
                    if at == At::Start && ends.is_empty() {
                        byte?;
                        begins_on = self.line;
                        continue;
                    }
                    ends.push(record.len());
                    return Some(match cells(&record, &ends) {
                        Some(cells) => (begins_on, Ok(cells)),
                        None => self.refused(begins_on, "the text is not UTF-8; save the file as CSV UTF-8"),
                    });
                }
                (At::Closed, _) => {
                    let on = if self.line == begins_on { String::new() } else { format!(" (on line {})", self.line) };
                    let problem =
                        format!("there is text after a closing quote{on}; within quotes a quote is written twice");
                    return Some(self.refused(begins_on, problem));
                }
                (_, Some(byte)) => {
                    record.push(byte);
                    at = At::Plain;
                }
                (_, None) => return None,
            }
            if record.len() + ends.len() > LONGEST {
                let problem = "the row that begins here has no end within 32 MiB; a quote may be missing";
                return Some(self.refused(begins_on, problem));
            }
        }
    }

    fn refused(&mut self, line: u64, problem: impl ToString) -> (u64, Result<Cells, String>) {
        self.is_over = true;
        (line, Err(problem.to_string()))
    }

    fn next_byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.input.fill_buf()?.first().copied();
        self.input.consume(byte.is_some().into());
        Ok(byte)
    }

    /// Steps over a byte if it is the next one, and tells whether it was.
    fn eat(&mut self, wanted: u8) -> io::Result<bool> {
        let is_next = self.input.fill_buf()?.first() == Some(&wanted);
        self.input.consume(is_next.into());
        Ok(is_next)
    }
}

/// Cuts a record at the ends of its cells; `None` where it is no text.
fn cells(record: &[u8], ends: &[usize]) -> Option<Cells> {
    let mut from = 0;
    let mut cells = Vec::with_capacity(ends.len());
    for end in ends {
        cells.push(std::str::from_utf8(&record[from..*end]).ok()?.to_owned());
        from = *end;
    }
    Some(cells)
}

/// Reads one line of a file, whatever ends it, and tells whether there was one. The end is not in it.
///
/// # Errors
/// The file cannot be read.
pub(super) fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut is_there = false;
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            return Ok(is_there);
        }
        is_there = true;
        let Some(end) = available.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            let n = available.len();
            line.extend_from_slice(available);
            input.consume(n);
            continue;
        };
        let is_cr = available[end] == b'\r';
        line.extend_from_slice(&available[..end]);
        input.consume(end + 1);
        if is_cr && input.fill_buf()?.first() == Some(&b'\n') {
            input.consume(1);
        }
        return Ok(true);
    }
}
