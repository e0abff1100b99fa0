//! The server's page at `/`, in a real browser.

use crate::screen::Screen;
use crate::wanted;
use crate::window::{Driven, Window};
use std::path::Path;
use tidemark_tests::Server;

/// WebKit's own small browser, which its driver comes with.
const BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

#[test]
fn the_servers_page_says_what_it_is_and_where_everything_is() {
    let Some(_one) = wanted() else { return };
    let (screen, server) = (Screen::ready(), Server::start());
    let window =
        Window::driving(&screen, &Driven { program: Path::new(BROWSER), arguments: &["--automation"], variables: &[] });
    window.go(&server.url);
    assert_eq!(window.script("return document.querySelector('h1').innerText"), "This is a Tidemark server");
    let root = format!("{}/odata/", server.url);
    assert_eq!(window.script("return document.getElementById('root').innerText"), root.as_str());
    let links = window.script("return [...document.links].map((link) => link.href)");
    assert_eq!(links, serde_json::json!([root, format!("{root}$metadata"), format!("{root}openapi.json")]));
    window.picture("welcome");
    // Nothing of it reaches beyond the window, however narrow.
    let is_wider = window.script("return document.documentElement.scrollWidth > innerWidth");
    assert_eq!(is_wider, false);
    window.go(&format!("{root}$metadata"));
    let shown = window.script("return document.documentElement.outerHTML");
    assert!(shown.as_str().is_some_and(|text| text.contains("EntityContainer")), "{shown}");
}
