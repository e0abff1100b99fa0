//! The protocol around the records: what a resource takes, whose moment an answer is of, what clients are told they may do, and
//! where the server is for who asks (OData Protocol 4.01 sections 8 and 12).

use crate::running::{Running, id, send, task_url};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn options_says_what_a_resource_takes() {
    let server = Running::start().await;
    for (path, allow) in [
        ("/odata/", "GET, HEAD, OPTIONS"),
        ("/odata/$metadata", "GET, HEAD, OPTIONS"),
        ("/odata/TodoItems", "GET, HEAD, POST, OPTIONS"),
        (&task_url(&id(1)), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("/odata/$batch", "POST, OPTIONS"),
    ] {
        let got = send(server.request("OPTIONS", path)).await.is(204);
        assert_eq!(got.header("allow"), allow, "{path}");
    }
    send(server.bare("OPTIONS", "/odata/TodoItems")).await.is(401);
}

#[tokio::test]
async fn a_head_within_a_batch_is_answered_without_a_body() {
    let server = Running::start().await;
    let task = server.task(1, "a").await;
    let head = |id: &str, url: String| json!({"id": id, "method": "HEAD", "url": url});
    let parts = json!([head("1", format!("TodoItems({task})")), head("2", format!("TodoItems({})", id(9)))]);
    let answers = server.batch(parts).await;
    assert_eq!((&answers[0]["status"], answers[0].get("body")), (&json!(200), None));
    assert!(answers[0]["headers"]["etag"].is_string(), "{}", answers[0]);
    assert_eq!((&answers[1]["status"], answers[1].get("body")), (&json!(404), None));
}

#[tokio::test]
async fn one_moment_is_promised_where_it_is_kept() {
    let server = Running::start().await;
    let task = server.task(1, "a").await;
    for name in ["OData-Isolation", "Isolation"] {
        let ask = |path: &str, level: &str| send(server.request("GET", path).header(name, level));
        ask("/odata/TodoItems?$expand=TodoList", "snapshot").await.is(200);
        ask(&task_url(&task), "Snapshot").await.is(200);
        ask("/odata/TodoItems", "serializable").await.refused(412, "PreconditionFailed");
        ask(&format!("{}/TodoList", task_url(&task)), "snapshot").await.refused(412, "PreconditionFailed");
        let batch = server.request("POST", "/odata/$batch").header(name, "snapshot").json(&json!({"requests": []}));
        send(batch).await.refused(412, "PreconditionFailed");
        let write =
            server.request("POST", "/odata/TodoItems").header(name, "serializable").json(&json!({"Title": "b"}));
        send(write).await.is(412);
    }
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "1");
    // What cannot be done later is done now.
    let got = send(server.request("GET", "/odata/TodoItems").header("Prefer", "respond-async")).await.is(200);
    assert!(got.headers.get("preference-applied").is_none());
}

#[tokio::test]
async fn metadata_says_what_a_client_may_do_and_both_forms_agree() {
    let server = Running::start().await;
    let json = server.get("/odata/$metadata?$format=application/json").await.is(200).json();
    let xml = server.get("/odata/$metadata").await.is(200).text;
    let container = &json["Tidemark"]["Container"];
    assert_eq!(container["@Org.OData.Core.V1.ODataVersions"], "4.0 4.01");
    assert_eq!(container["@Org.OData.Capabilities.V1.BatchSupport"]["Supported"], true);
    assert_eq!(container["@Org.OData.Capabilities.V1.AsynchronousRequestsSupported"], false);
    assert_eq!(container["TodoItems"]["@Org.OData.Capabilities.V1.ExpandRestrictions"]["MaxLevels"], 6);
    // Every annotation of the one is in the other, and every vocabulary is referenced.
    for (owner, element) in container.as_object().unwrap().iter().filter(|(name, _)| !name.starts_with(['$', '@'])) {
        for term in element.as_object().unwrap().keys().filter_map(|name| name.strip_prefix("@Org.OData.")) {
            let term = format!("Org.OData.{term}");
            assert!(xml.contains(&format!("Term=\"{term}\"")), "{owner} {term}");
        }
    }
    for term in container.as_object().unwrap().keys().filter_map(|name| name.strip_prefix('@')) {
        assert!(term.starts_with("Org.OData."), "{term}");
        assert!(xml.contains(&format!("<Annotation Term=\"{term}\"")), "{term}");
        let namespace = term.rsplit_once('.').unwrap().0;
        assert!(
            xml.contains(&format!("Namespace=\"{namespace}\"")) && json["$Reference"].to_string().contains(namespace)
        );
    }
    // What it says of functions holds.
    for function in container["@Org.OData.Capabilities.V1.FilterFunctions"].as_array().unwrap() {
        let name = function.as_str().unwrap();
        let asked = server.get(&format!("/odata/TodoItems?$filter={name}(1,2,3,4,5,6)")).await;
        assert_eq!(asked.status.as_u16(), 400, "{name}: {}", asked.text);
    }
    // A device's model is the same with it and without.
    let served = tidemark_model::EntityModel::parse(&json.to_string()).unwrap();
    let token = server.get("/odata/TodoItems").await;
    let enumerated = send(server.request("GET", "/odata/TodoItems").header("Prefer", "odata.track-changes")).await;
    assert_eq!(enumerated.header("tidemark-model"), served.fingerprint());
    token.is(200);
}

#[tokio::test]
async fn links_say_the_public_address_and_batches_know_it() {
    let mut server = Running::start().await;
    server.stop();
    server.serve(&["--public-url", "https://data.example.org/tidemark/"]);
    let task = server.task(1, "a").await;
    let got = server.get(&task_url(&task)).await.is(200).json();
    let public = "https://data.example.org/tidemark/odata/";
    assert!(got["@odata.context"].as_str().unwrap().starts_with(public), "{got}");
    let part = |id: &str, url: String| json!({"id": id, "method": "GET", "url": url});
    let answers = server
        .batch(json!([
            part("1", format!("{public}TodoItems({task})")),
            part("2", format!("/tidemark/odata/TodoItems({task})")),
            part("3", format!("/odata/TodoItems({task})")),
            part("4", format!("https://elsewhere.example.org/odata/TodoItems({task})")),
        ]))
        .await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 200, 400]);
    let bind = |address: String| json!({"Title": "b", "TodoList@odata.bind": address});
    server.write("POST", "/odata/TodoItems", &bind(format!("{public}TodoLists({})", id(101)))).await.is(201);
    let foreign = format!("https://elsewhere.example.org/odata/TodoLists({})", id(101));
    server.write("POST", "/odata/TodoItems", &bind(foreign.clone())).await.is(400);
    server.get(&format!("/odata/$entity?$id={foreign}")).await.is(400);
}

#[tokio::test]
async fn a_proxy_is_believed_where_it_is_configured() {
    let mut server = Running::start().await;
    let ask = |server: &Running| {
        let request = server.request("GET", "/odata/").header("X-Forwarded-Proto", "https");
        send(request.header("X-Forwarded-Host", "data.example.org").header("X-Forwarded-Prefix", "/t"))
    };
    let context = |got: Value| got["@odata.context"].as_str().unwrap().to_owned();
    assert!(context(ask(&server).await.json()).starts_with("http://127.0.0.1:"));
    server.stop();
    server.serve(&["--proxy", "127.0.0.1"]);
    assert_eq!(context(ask(&server).await.json()), "https://data.example.org/t/odata/$metadata");
}

#[tokio::test]
async fn pages_of_configured_sites_may_ask_and_no_others() {
    let mut server = Running::start().await;
    let (own, other) = ("https://office.example.org", "https://evil.example.org");
    let preflight = |server: &Running, origin: &str| {
        let request = server.bare("OPTIONS", "/odata/TodoItems").header("Origin", origin);
        let request = request.header("Access-Control-Request-Method", "POST");
        send(request.header("Access-Control-Request-Headers", "authorization,content-type,if-match"))
    };
    assert_eq!(preflight(&server, own).await.status.as_u16(), 401);
    server.stop();
    server.serve(&["--cors-origin", own]);
    let allowed = preflight(&server, own).await.is(200);
    assert_eq!(allowed.header("access-control-allow-origin"), own);
    assert!(allowed.header("access-control-allow-headers").contains("if-match"));
    assert!(preflight(&server, other).await.headers.get("access-control-allow-origin").is_none());
    let write = |origin: &'static str| {
        let request = server.request("POST", "/odata/TodoItems").json(&json!({"Title": "a"}));
        send(request.header("Origin", origin).header("Sec-Fetch-Site", "cross-site"))
    };
    let made = write(own).await.is(201);
    assert_eq!(made.header("access-control-allow-origin"), own);
    assert!(made.header("access-control-expose-headers").contains("etag"));
    write(other).await.refused(403, "CrossSite");
    // A refusal can be read by the page as well.
    let refused = send(server.bare("GET", "/odata/TodoItems").header("Origin", own)).await.is(401);
    assert_eq!(refused.header("access-control-allow-origin"), own);
    for flags in [["--cors-origin", "office.example.org"], ["--public-url", "ftp://x"], ["--proxy", "x"]] {
        assert!(server.try_serve(&flags).is_err(), "{flags:?}");
    }
}

#[tokio::test]
async fn who_has_not_signed_in_is_given_little_room() {
    let server = Running::start().await;
    let sign_in = |body: String| {
        let request = Client::new().post(format!("{}/session", server.root)).header("Content-Type", "application/json");
        send(request.body(body))
    };
    let name = "x".repeat(16 * 1024 * 1024);
    let before = server.peak_memory();
    sign_in(json!({"name": name, "password": "p"}).to_string()).await.refused(413, "TooLarge");
    for n in 0..20 {
        let name = format!("{n}{}", "x".repeat(60_000));
        sign_in(json!({"name": name, "password": "p"}).to_string()).await.refused(401, "WrongPassword");
    }
    assert!(server.peak_memory() - before < 64 * 1024 * 1024);
}

/// Sends bytes as they are and returns the first line of the answer.
async fn raw(server: &Running, request: &str) -> String {
    let address = server.root.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 512];
    let read = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_host_is_one_name_and_older_clients_have_none() {
    let server = Running::start().await;
    let get =
        |version: &str, hosts: &str| format!("GET /odata/$metadata HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
    for (request, status) in [
        (get("1.1", "Host: a\r\n"), "200"),
        (get("1.1", ""), "400"),
        (get("1.1", "Host:\r\n"), "400"),
        (get("1.1", "Host: a\r\nHost: b\r\n"), "400"),
        (get("1.0", ""), "200"),
    ] {
        let line = raw(&server, &request).await;
        assert!(line.contains(status), "{request:?}: {line}");
    }
}

#[tokio::test]
async fn the_page_and_the_description_tell_strangers_and_tools_what_there_is() {
    let server = Running::start().await;
    let page = send(server.bare("GET", "/")).await.is(200);
    assert_eq!(page.header("content-type"), "text/html;charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert!(page.text.contains(&format!("{}/odata/", server.root)) && !page.text.contains("{root}"));
    send(server.bare("GET", "/odata/openapi.json")).await.is(401);
    let document = server.get("/odata/openapi.json").await.is(200).json();
    assert_eq!((&document["openapi"], document["paths"].as_object().unwrap().len()), (&json!("3.0.3"), 15));
    // Each reference leads somewhere, and each address that it has without a key is there.
    let text = document.to_string();
    let references: Vec<&str> =
        text.split("\"$ref\":\"#").skip(1).filter_map(|behind| behind.split('"').next()).collect();
    let lost: Vec<_> = references.iter().filter(|pointer| document.pointer(pointer).is_none()).collect();
    assert!(references.len() > 15 && lost.is_empty(), "{lost:?}");
    for path in document["paths"].as_object().unwrap().keys().filter(|path| !path.contains('{')) {
        server.get(&format!("/odata{path}")).await.is(200);
    }
}
