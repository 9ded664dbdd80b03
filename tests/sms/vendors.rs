//! Each kind of vendor before a server of its kind: what it is asked, and what its answers are taken for.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri},
    response::IntoResponse as _,
};
use serde_json::{Value, json};
use shared::{
    domain::{
        TaskId,
        code::{Code, Purpose},
        sms::Sms,
    },
    ports::sms::{Doubts, NotSent, Outgoing},
};
use tokio::net::TcpListener;

use crate::world::{Got, Manner, World, nobody, phone, vendor};

/// Nobody may try again.
struct Never;

#[async_trait]
impl Doubts for Never {
    async fn another(&self) -> bool {
        false
    }
}

/// Sends one message by these vendors.
async fn send(world: &World, vendors: Value) -> Result<(), NotSent> {
    let sms = Sms { phone: phone(1), purpose: Purpose::Reset, code: Code::parse("012345").unwrap() };
    let id = TaskId::from_bytes([9; 16]);
    let message = Outgoing { id, sms: &sms, deadline: Duration::from_secs(60), doubts: &Never };
    world.providers(vendors).send(&message).await
}

/// What a request looked like.
type Seen = Arc<Mutex<Option<(Uri, HeaderMap, String)>>>;

/// A server that answers everything with this; its address, and the last request.
async fn server(status: u16, retry_after: &'static str, body: &'static str) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let last = seen.clone();
    let handler = async move |uri: Uri, headers: HeaderMap, text: Bytes| {
        *last.lock().unwrap() = Some((uri, headers, String::from_utf8(text.to_vec()).unwrap()));
        let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
        if !retry_after.is_empty() {
            response.headers_mut().insert("retry-after", retry_after.parse().unwrap());
        }
        response
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
    (address, seen)
}

fn taken(seen: &Seen) -> (Uri, HeaderMap, String) {
    seen.lock().unwrap().take().unwrap()
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers[name].to_str().unwrap().to_owned()
}

fn tencent(address: &str) -> Value {
    json!([{"kind": "tencent", "secretId": "an-id", "secretKey": "a-key", "sdkAppId": "1400006666", "signName": "博客",
        "templates": {"login": "1", "reset": "2", "phone": "3"}, "endpoint": address}])
}

fn aliyun(address: &str) -> Value {
    json!([{"kind": "aliyun", "accessKeyId": "an-id", "accessKeySecret": "a-key", "signName": "博客",
        "templates": {"login": "SMS_1", "reset": "SMS_2", "phone": "SMS_3"}, "endpoint": address}])
}

const TENCENT_OK: &str = r#"{"Response": {"SendStatusSet": [{"SerialNo": "1", "Code": "Ok"}], "RequestId": "x"}}"#;
const ALIYUN_OK: &str = r#"{"Message": "OK", "RequestId": "x", "Code": "OK", "BizId": "1"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn tencent_cloud_is_asked_as_its_documentation_says() {
    let world = World::new().await;
    let (address, seen) = server(200, "", TENCENT_OK).await;
    send(&world, tencent(&address)).await.unwrap();
    let (uri, headers, body) = taken(&seen);
    assert_eq!(uri.path(), "/");
    assert_eq!(header(&headers, "x-tc-action"), "SendSms");
    assert_eq!(header(&headers, "x-tc-version"), "2021-01-11");
    assert_eq!(header(&headers, "x-tc-region"), "ap-guangzhou");
    assert_eq!(header(&headers, "x-tc-timestamp"), "1800014400");
    assert_eq!(header(&headers, "host"), address.trim_start_matches("http://"));
    let authorization = header(&headers, "authorization");
    let scope =
        "TC3-HMAC-SHA256 Credential=an-id/2027-01-15/sms/tc3_request, SignedHeaders=content-type;host, Signature=";
    assert!(authorization.starts_with(scope), "{authorization}");
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap(),
        json!({"PhoneNumberSet": ["+8613800130001"], "SmsSdkAppId": "1400006666", "SignName": "博客", "TemplateId": "2",
            "TemplateParamSet": ["012345"], "SessionContext": TaskId::from_bytes([9; 16]).to_string()})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn aliyun_is_asked_as_its_documentation_says() {
    let world = World::new().await;
    let (address, seen) = server(200, "", ALIYUN_OK).await;
    send(&world, aliyun(&address)).await.unwrap();
    let (uri, headers, body) = taken(&seen);
    let id = TaskId::from_bytes([9; 16]);
    assert_eq!(
        uri.query().unwrap(),
        format!(
            "OutId={id}&PhoneNumbers=8613800130001&SignName=%E5%8D%9A%E5%AE%A2&TemplateCode=SMS_2&\
             TemplateParam=%7B%22code%22%3A%22012345%22%7D"
        )
    );
    assert_eq!(body, "");
    assert_eq!(header(&headers, "x-acs-action"), "SendSms");
    assert_eq!(header(&headers, "x-acs-version"), "2017-05-25");
    assert_eq!(header(&headers, "x-acs-date"), "2027-01-15T12:00:00Z");
    assert_eq!(header(&headers, "x-acs-signature-nonce").len(), 32);
    assert!(header(&headers, "authorization").starts_with("ACS3-HMAC-SHA256 Credential=an-id,SignedHeaders=host;"));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_vendor_is_asked_in_json_under_a_name_that_stays() {
    let world = World::new().await;
    let (address, seen) = server(204, "", "").await;
    let vendors = json!([{"kind": "http", "url": format!("{address}/v1/send"), "headers": {"x-api-key": "a-key"}}]);
    send(&world, vendors).await.unwrap();
    let (uri, headers, body) = taken(&seen);
    let id = TaskId::from_bytes([9; 16]).to_string();
    assert_eq!((uri.path(), header(&headers, "idempotency-key")), ("/v1/send", id.clone()));
    assert_eq!(header(&headers, "x-api-key"), "a-key");
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap(),
        json!({"id": id, "phone": "+8613800130001", "template": "reset", "params": {"code": "012345"}})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_gets_a_line_for_each_message() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox/sms.jsonl");
    for _ in 0..2 {
        send(&world, json!([{"kind": "file", "path": path}])).await.unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let line = json!({"phone": "+8613800130001", "template": "reset", "params": {"code": "012345"}, "provider": "file",
        "at": "2027-01-15T12:00:00.000Z"});
    assert_eq!(lines, [line.clone(), line]);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "codes are nobody else's to read");
}

/// What an answer is taken for, with the time to wait if it names one.
async fn taken_for(world: &World, vendors: Value) -> (&'static str, Option<u64>) {
    match send(world, vendors).await {
        Ok(()) => ("accepted", None),
        Err(NotSent::Throttled { retry_after }) => ("throttled", retry_after.map(|wait| wait.as_secs())),
        Err(error) => (error.name(), None),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_taken_for_what_is_sure() {
    let world = World::new().await;
    for (status, retry_after, body, expected) in [
        (429, "7", "", ("throttled", Some(7))),
        (429, "Fri, 31 Dec 1999 23:59:59 GMT", "", ("throttled", None)),
        (503, "", "", ("away", None)),
        (400, "", "no such template", ("refused", None)),
        (401, "", "", ("refused", None)),
        (500, "", "", ("doubtful", None)),
        (504, "", "", ("doubtful", None)),
        (302, "", "", ("doubtful", None)),
    ] {
        let (address, _) = server(status, retry_after, body).await;
        // Breakers are known by names: each vendor here has one of its own.
        let mut all = [
            json!([{"kind": "http", "url": address.clone(), "name": address.clone()}]),
            tencent(&address),
            aliyun(&address),
        ];
        for (n, vendors) in all.iter_mut().enumerate() {
            vendors[0]["name"] = json!(format!("{n} {address}"));
            assert_eq!(taken_for(&world, vendors.clone()).await, expected, "{status} {vendors}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_and_silence_are_doubtful_and_nobody_there_is_not() {
    let world = World::new().await;
    let got = Got::default();
    for (manner, expected) in
        [(Manner::TalksNonsense, "doubtful"), (Manner::Hangs, "doubtful"), (Manner::AnswersLate, "doubtful")]
    {
        let vendor = vendor("one", manner, &got).await;
        let vendor = json!([{"kind": "http", "name": format!("{manner:?}"), "url": vendor["url"]}]);
        assert_eq!(taken_for(&world, vendor).await, (expected, None), "{manner:?}");
    }
    assert_eq!(taken_for(&world, json!([nobody("nobody").await])).await, ("away", None));
    assert_eq!(taken_for(&world, json!([])).await, ("away", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let world = World::new().await;
    let (address, _) = server(200, "", Box::leak(" ".repeat(70_000).into_boxed_str())).await;
    assert_eq!(taken_for(&world, tencent(&address)).await, ("doubtful", None));
}
