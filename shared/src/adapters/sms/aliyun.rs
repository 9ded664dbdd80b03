//! Aliyun (Alibaba Cloud): `SendSms` of 2017-05-25
//! (<https://help.aliyun.com/en/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms>), signed with ACS3-HMAC-SHA256
//! (<https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature>).

use std::sync::Arc;

use ::http::{Request, header};
use async_trait::async_trait;
use http_body_util::Full;
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::{
    client::{Answer, Client},
    settings::AliyunSettings,
    signing::{encoded, hex, hmac, sha256},
};
use crate::{
    domain::Timestamp,
    ports::{
        sms::{NotSent, Outgoing, SmsProvider},
        system::System,
    },
};

/// The vendor.
pub struct Aliyun {
    settings: AliyunSettings,
    client: Client,
    system: Arc<dyn System>,
}

impl Aliyun {
    /// The account of `settings`.
    pub fn new(settings: AliyunSettings, client: Client, system: Arc<dyn System>) -> Self {
        Self { settings, client, system }
    }
}

/// A call without a body, whose parameters are the query.
struct Call<'a> {
    host: &'a str,
    action: &'a str,
    version: &'a str,
    query: &'a str,
    nonce: String,
    now: Timestamp,
}

impl Call<'_> {
    /// The headers that are signed, by name.
    fn headers(&self) -> [(&'static str, String); 6] {
        // Without the fraction of a second.
        let date = format!("{}Z", &self.now.to_string()[..19]);
        [
            ("host", self.host.to_owned()),
            ("x-acs-action", self.action.to_owned()),
            ("x-acs-content-sha256", sha256(b"")),
            ("x-acs-date", date),
            ("x-acs-signature-nonce", self.nonce.clone()),
            ("x-acs-version", self.version.to_owned()),
        ]
    }

    /// The header `Authorization`.
    fn authorization(&self, id: &str, secret: &str) -> String {
        let headers = self.headers();
        let canonical: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names = headers.map(|(name, _)| name).join(";");
        let request = format!("POST\n/\n{}\n{canonical}\n{names}\n{}", self.query, sha256(b""));
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", sha256(request.as_bytes()));
        let signature = hex(hmac(secret.as_bytes(), &to_sign).as_ref());
        format!("ACS3-HMAC-SHA256 Credential={id},SignedHeaders={names},Signature={signature}")
    }
}

/// Parameters as a query, by name.
fn query(mut parameters: Vec<(&str, String)>) -> String {
    parameters.sort_unstable();
    let pairs = parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    code: String,
}

/// What the answer says. Codes: <https://help.aliyun.com/document_detail/101346.html>.
fn outcome(answer: &Answer) -> Result<(), NotSent> {
    let Ok(Body { code }) = serde_json::from_slice(&answer.body) else { return Err(answer.by_status()) };
    match code.as_str() {
        "OK" => Ok(()),
        "isv.BUSINESS_LIMIT_CONTROL" | "isv.DAY_LIMIT_CONTROL" | "isv.MONTH_LIMIT_CONTROL" => {
            Err(NotSent::Throttled { retry_after: answer.retry_after })
        }
        code if code.starts_with("Throttling") => Err(NotSent::Throttled { retry_after: answer.retry_after }),
        "isp.SYSTEM_ERROR" | "isp.GATEWAY_ERROR" | "InternalError" => Err(NotSent::Doubtful(code.into())),
        "ServiceUnavailable" => Err(NotSent::Away(code.into())),
        _ => Err(NotSent::Refused(code)),
    }
}

#[async_trait]
impl SmsProvider for Aliyun {
    fn name(&self) -> &str {
        &self.settings.name
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<(), NotSent> {
        let AliyunSettings { access_key_id, access_key_secret, sign_name, templates, endpoint, .. } = &self.settings;
        // A number of China with its calling code, and any other with its own: without `+`, both are taken.
        let phone = message.sms.phone.as_str().trim_start_matches('+').to_owned();
        let query = query(vec![
            ("PhoneNumbers", phone),
            ("SignName", sign_name.clone()),
            ("TemplateCode", templates.of(message.sms.purpose).to_owned()),
            ("TemplateParam", json!({"code": message.sms.code.as_str()}).to_string()),
            ("OutId", message.id.to_string()),
        ]);
        let nonce: [u8; 16] = self.system.random();
        let call = Call {
            host: endpoint.host(),
            action: "SendSms",
            version: "2017-05-25",
            query: &query,
            nonce: hex(&nonce),
            now: self.system.now(),
        };
        let mut request = Request::post(format!("{}?{query}", endpoint.root()));
        for (name, value) in call.headers() {
            request = request.header(name, value);
        }
        let request = request
            .header(header::AUTHORIZATION, call.authorization(access_key_id, access_key_secret))
            .header(header::ACCEPT, "application/json")
            .body(Full::<Bytes>::default());
        let request = request.map_err(|error| NotSent::Away(error.into()))?;
        outcome(&self.client.send(request).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_vendors_example() {
        // <https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature>.
        let query = query(vec![
            ("RegionId", "cn-shanghai".to_owned()),
            ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd".to_owned()),
        ]);
        let call = Call {
            host: "ecs.cn-shanghai.aliyuncs.com",
            action: "RunInstances",
            version: "2014-05-26",
            query: &query,
            nonce: "3156853299f313e23d1673dc12e1703d".to_owned(),
            now: Timestamp::from_millis(1_698_315_752_000),
        };
        assert_eq!(
            call.authorization("YourAccessKeyId", "YourAccessKeySecret"),
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;\
             x-acs-date;x-acs-signature-nonce;x-acs-version,\
             Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }

    #[test]
    fn a_query_is_sorted_and_its_values_are_encoded() {
        let query = query(vec![("b", "阿里 {\"a\":1}".to_owned()), ("a", "x~_-.*+".to_owned())]);
        assert_eq!(query, "a=x~_-.%2A%2B&b=%E9%98%BF%E9%87%8C%20%7B%22a%22%3A1%7D");
    }

    #[test]
    fn codes_are_sorted_by_what_to_do_next() {
        let said = |status: u16, body: &str| {
            let (status, body) = (::http::StatusCode::from_u16(status).unwrap(), body.to_owned().into());
            outcome(&Answer { status, retry_after: None, body }).map_err(|error| error.name())
        };
        let code = |code: &str| format!(r#"{{"Message": "", "RequestId": "", "Code": "{code}"}}"#);
        assert_eq!(said(200, &code("OK")), Ok(()));
        assert_eq!(said(200, &code("isv.BUSINESS_LIMIT_CONTROL")), Err("throttled"));
        assert_eq!(said(400, &code("Throttling.User")), Err("throttled"));
        assert_eq!(said(400, &code("SignatureDoesNotMatch")), Err("refused"));
        assert_eq!(said(200, &code("isv.MOBILE_NUMBER_ILLEGAL")), Err("refused"));
        assert_eq!(said(500, &code("isp.SYSTEM_ERROR")), Err("doubtful"));
        for (status, outcome) in
            [(200, "doubtful"), (502, "doubtful"), (503, "away"), (429, "throttled"), (404, "refused")]
        {
            assert_eq!(said(status, "<html>"), Err(outcome), "{status}");
        }
    }
}
