//! The server side of a life: a real server on a copy of a prepared database, its models, the office.

use serde_json::Value;
use std::path::PathBuf;
use tidemark_model::EntityModel;
use tidemark_tests::{Office, Server};

/// A server's database with accounts and tokens, made once.
pub(crate) struct Template {
    _server: Server,
    database: PathBuf,
    tokens: Vec<(&'static str, String)>,
}

/// Sign-ins that a life may need for each account: signing out ends a token.
const TOKENS: usize = 9;

impl Template {
    pub(crate) fn make() -> Self {
        let mut server = Server::start_on_a_file();
        server.add_user("eve", "other");
        let mut tokens = Vec::new();
        for user in ["ana", "ben", "eve"] {
            tokens.extend((0..TOKENS).map(|_| (user, server.token(user))));
        }
        let database = server.path("template.db");
        server.admin(&["backup", database.to_str().expect("a plain path")], "");
        server.kill();
        Self { _server: server, database, tokens }
    }
}

/// The server of one life.
pub(crate) struct World {
    pub(crate) server: Server,
    tokens: Vec<(&'static str, String)>,
    backup: Option<PathBuf>,
}

impl World {
    pub(crate) fn new(template: &Template) -> Self {
        let server = Server::start_on_copy(&template.database);
        Self { server, tokens: template.tokens.clone(), backup: None }
    }

    /// Returns a token that no laptop has used.
    pub(crate) fn token(&mut self, user: &str) -> Option<String> {
        let at = self.tokens.iter().position(|(of, _)| *of == user)?;
        Some(self.tokens.remove(at).1)
    }

    pub(crate) fn office(&self, user: &str) -> Office {
        Office::new(&self.server.url, user)
    }

    /// Ends the server as a power cut does and starts it again.
    pub(crate) fn restart(&mut self) {
        self.server.kill();
        self.server.revive();
    }

    pub(crate) fn take_backup(&mut self) {
        let file = self.server.path("backup.db");
        let _ = std::fs::remove_file(&file);
        self.server.admin(&["backup", file.to_str().expect("a plain path")], "");
        self.backup = Some(file);
    }

    /// Puts the backup back; tells whether there was one.
    pub(crate) fn restore(&mut self) -> bool {
        let Some(file) = self.backup.clone() else { return false };
        self.server.kill();
        self.server.admin(&["restore", file.to_str().expect("a plain path")], "");
        self.server.revive();
        true
    }

    pub(crate) fn purge(&self) {
        self.server.admin(&["purge", "--older-than", "0"], "");
    }

    /// Serves another model from now on.
    pub(crate) fn serve(&mut self, model: Model) {
        self.server.remodel(&model.document());
    }
}

/// The models that a life's server may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    /// The one that devices start with.
    Default,
    /// With one property more.
    Wider,
    /// Without the set of contacts.
    WithoutContacts,
    /// Without a property that people edit.
    WithoutPhone,
}

impl Model {
    pub(crate) const ALL: [Self; 4] = [Self::Default, Self::Wider, Self::WithoutContacts, Self::WithoutPhone];

    fn document(self) -> String {
        let mut document: Value = serde_json::from_str(EntityModel::default_document()).expect("the default is JSON");
        let schema = document["Tidemark"].as_object_mut().expect("the default's schema");
        match self {
            Self::Default => {}
            Self::Wider => {
                schema["TodoItem"]["Weather"] = serde_json::json!({ "$Nullable": true, "$MaxLength": 50 });
            }
            Self::WithoutContacts => {
                schema.remove("Contact");
                schema["Site"].as_object_mut().expect("the type").remove("Contacts");
                let container = schema["Container"].as_object_mut().expect("the container");
                container.remove("Contacts");
            }
            Self::WithoutPhone => {
                schema["Contact"].as_object_mut().expect("the type").remove("Phone");
            }
        }
        document.to_string()
    }
}
