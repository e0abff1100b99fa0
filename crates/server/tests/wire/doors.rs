//! Requests that somebody else's page, a clumsy proxy or a part of a batch would slip in.

use crate::limits::raw;
use crate::running::{Running, id, send, task_url};
use serde_json::json;

#[tokio::test]
async fn another_sites_page_writes_nothing() {
    let server = Running::start().await;
    let id = server.task(1, "mine").await;
    let batch = json!({"requests": [{"id": "1", "method": "DELETE", "url": format!("TodoItems({id})")}]});
    for site in ["cross-site", "same-site", "same-origin", "none"] {
        let ask = |method: &str, path: &str| server.request(method, path).header("Sec-Fetch-Site", site);
        let refused = site == "cross-site";
        let changed = send(ask("PATCH", &task_url(&id)).json(&json!({"Title": site}))).await;
        assert_eq!(changed.status.as_u16() == 403, refused, "{site}: {}", changed.text);
        send(ask("GET", &task_url(&id))).await.is(200);
        if refused {
            changed.refused(403, "CrossSite");
            send(ask("POST", "/odata/$batch").json(&batch)).await.refused(403, "CrossSite");
            send(ask("DELETE", &task_url(&id))).await.refused(403, "CrossSite");
            send(ask("POST", "/session").json(&json!({"user": "ann", "password": "x"})))
                .await
                .refused(403, "CrossSite");
        }
    }
    assert_eq!(server.get(&task_url(&id)).await.json()["Title"], "none");
    // What a page can send without asking first has no type, or one of a form.
    for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("")] {
        let mut request = server.request("POST", "/odata/$batch").body(batch.to_string());
        if let Some(content_type) = content_type {
            request = request.header("Content-Type", content_type);
        }
        send(request).await.refused(415, "UnsupportedMediaType");
    }
    server.get(&task_url(&id)).await.is(200);
}

#[tokio::test]
async fn a_request_names_one_host() {
    let server = Running::start().await;
    for (hosts, status) in
        [("Host: x\r\n", 200), ("", 400), ("Host: x\r\nHost: y\r\n", 400), ("Host: x\r\nHost: x\r\n", 400)]
    {
        let head =
            format!("GET /odata/TodoItems HTTP/1.1\r\n{hosts}Authorization: Bearer TOKEN\r\nConnection: close\r\n\r\n");
        let answer = raw(&server, &head, b"");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{hosts:?}: {answer}");
    }
}

#[tokio::test]
async fn a_part_of_a_batch_signs_in_as_nobody_else() {
    let server = Running::start().await;
    server.add_user("zoe", "elsewhere");
    let (own, other) = (server.token.clone(), server.new_token("zoe"));
    let part = |n: u32, token: &str| {
        json!({
            "id": n.to_string(), "method": "PUT", "url": format!("TodoItems({})", id(n)),
            "headers": {"authorization": format!("Bearer {token}")}, "body": {"Title": "x"}
        })
    };
    // o.js copies the batch's own into every part.
    let answers = server.batch(json!([part(1, &own), part(2, &other), part(3, "nobody's")])).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 400, 400], "{answers:?}");
    server.get(&task_url(&id(2))).await.is(404);
    let there = send(server.request_as(&other, "GET", &task_url(&id(2)))).await;
    assert_eq!(there.status.as_u16(), 404);
}
