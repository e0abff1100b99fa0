//! The server's journal, read from outside: the one thing that tells what was committed, answered or not.

use rusqlite::{Connection, OpenFlags};
use std::path::PathBuf;
use tidemark_test_postgres::Database;
use tidemark_tests::Passing;
use uuid::Uuid;

/// Where the journal is.
pub(crate) enum Journal {
    File(PathBuf),
    Postgres(Database<'static>),
}

impl Journal {
    /// Returns how many lines there are of these requests.
    pub(crate) fn lines_of(&self, requests: &[Uuid]) -> usize {
        if requests.is_empty() {
            return 0;
        }
        let literal = |request: &Uuid| match self {
            Self::File(_) => format!("x'{}'", request.simple()),
            Self::Postgres(_) => format!("'{request}'"),
        };
        let requests: Vec<String> = requests.iter().map(literal).collect();
        self.count(&format!("SELECT count(*) FROM journal WHERE request IN ({})", requests.join(",")))
    }

    /// Returns how many requests have more lines than one.
    pub(crate) fn twice(&self) -> usize {
        self.count(
            "SELECT count(*) FROM (SELECT request FROM journal WHERE request IS NOT NULL \
             GROUP BY request HAVING count(*) > 1) AS twice",
        )
    }

    fn count(&self, sql: &str) -> usize {
        match self {
            Self::File(path) => {
                let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
                file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() as usize
            }
            Self::Postgres(database) => database.psql(sql).parse().unwrap(),
        }
    }
}

/// Finds the ids of the repeatable requests that a request is or holds.
pub(crate) fn requests_in(passing: &Passing) -> Vec<Uuid> {
    const NAME: &str = "repeatability-request-id";
    let text = format!("{}\n{}", passing.head, String::from_utf8_lossy(&passing.body)).to_ascii_lowercase();
    let ids = text.match_indices(NAME).map(|(at, _)| {
        let rest = text[at + NAME.len()..].trim_start_matches(['"', ':', ' ']);
        Uuid::parse_str(&rest[..36]).unwrap()
    });
    ids.collect()
}

/// Returns how many changes an answer accepts.
pub(crate) fn accepted_in(answer: &[u8]) -> usize {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    if !head.contains(" 200 ") {
        return usize::from(head.contains(" 201 "));
    }
    let answers: serde_json::Value = serde_json::from_str(body).unwrap();
    let answers = answers["responses"].as_array().unwrap();
    answers.iter().filter(|answer| answer["status"].as_u64().is_some_and(|status| status < 300)).count()
}
