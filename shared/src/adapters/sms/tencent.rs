//! Tencent Cloud: `SendSms` of 2021-01-11 (<https://www.tencentcloud.com/document/product/382/40536>), signed with
//! TC3-HMAC-SHA256 (<https://www.tencentcloud.com/document/product/267/37447>).

use std::sync::Arc;

use ::http::{Request, header};
use async_trait::async_trait;
use http_body_util::Full;
use serde::Deserialize;
use serde_json::json;

use super::{
    client::{Answer, Client},
    settings::TencentSettings,
    signing::{hex, hmac, sha256},
};
use crate::{
    domain::Timestamp,
    ports::{
        sms::{NotSent, Outgoing, SmsProvider},
        system::System,
    },
};

const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// The vendor.
pub struct Tencent {
    settings: TencentSettings,
    client: Client,
    system: Arc<dyn System>,
}

impl Tencent {
    /// The account of `settings`.
    pub fn new(settings: TencentSettings, client: Client, system: Arc<dyn System>) -> Self {
        Self { settings, client, system }
    }
}

/// The header `Authorization` of a POST of `payload` to `service` at `host`, whose signed headers are the content type and the
/// host.
fn authorization((id, key): (&str, &str), service: &str, host: &str, payload: &str, now: Timestamp) -> String {
    let (date, seconds) = (now.to_string()[..10].to_owned(), now.as_secs());
    let request = format!(
        "POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\n\ncontent-type;host\n{}",
        sha256(payload.as_bytes())
    );
    let scope = format!("{date}/{service}/tc3_request");
    let to_sign = format!("TC3-HMAC-SHA256\n{seconds}\n{scope}\n{}", sha256(request.as_bytes()));
    let day_key = hmac(format!("TC3{key}").as_bytes(), &date);
    let service_key = hmac(day_key.as_ref(), service);
    let signing_key = hmac(service_key.as_ref(), "tc3_request");
    let signature = hex(hmac(signing_key.as_ref(), &to_sign).as_ref());
    format!("TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders=content-type;host, Signature={signature}")
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "Response")]
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    error: Option<Coded>,
    #[serde(default)]
    send_status_set: Vec<Coded>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Coded {
    code: String,
}

/// What the answer says: an error of the call, or else how the one message fared. Codes:
/// <https://www.tencentcloud.com/document/product/382/40536>, 6.
fn outcome(answer: &Answer) -> Result<(), NotSent> {
    let Ok(Body { response }) = serde_json::from_slice(&answer.body) else { return Err(answer.by_status()) };
    let Some(Coded { code }) = response.error.as_ref().or(response.send_status_set.first()) else {
        return Err(answer.by_status());
    };
    match code.as_str() {
        "Ok" if response.error.is_none() => Ok(()),
        code if code.starts_with("RequestLimitExceeded") || code.starts_with("LimitExceeded") => {
            Err(NotSent::Throttled { retry_after: answer.retry_after })
        }
        code if code.starts_with("InternalError") => Err(NotSent::Doubtful(code.to_owned().into())),
        code => Err(NotSent::Refused(code.to_owned())),
    }
}

#[async_trait]
impl SmsProvider for Tencent {
    fn name(&self) -> &str {
        &self.settings.name
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<(), NotSent> {
        let TencentSettings { secret_id, secret_key, sdk_app_id, sign_name, region, templates, endpoint, .. } =
            &self.settings;
        let payload = json!({
            "PhoneNumberSet": [message.sms.phone.as_str()],
            "SmsSdkAppId": sdk_app_id,
            "SignName": sign_name,
            "TemplateId": templates.of(message.sms.purpose),
            "TemplateParamSet": [message.sms.code.as_str()],
            "SessionContext": message.id.to_string(),
        })
        .to_string();
        let now = self.system.now();
        let signed = authorization((secret_id, secret_key), "sms", endpoint.host(), &payload, now);
        let request = Request::post(endpoint.root())
            .header(header::CONTENT_TYPE, CONTENT_TYPE)
            .header("x-tc-action", "SendSms")
            .header("x-tc-version", "2021-01-11")
            .header("x-tc-region", region)
            .header("x-tc-timestamp", now.as_secs())
            .header(header::AUTHORIZATION, signed)
            .body(Full::from(payload));
        let request = request.map_err(|error| NotSent::Away(error.into()))?;
        outcome(&self.client.send(request).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_vendors_example() {
        // <https://www.tencentcloud.com/document/product/267/37447>: asterisks and all.
        let payload = r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let credentials = ("AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******", "Gu5t9xGARNpq86cd98joQYCN3*******");
        let now = Timestamp::from_millis(1_551_113_065_000);
        assert_eq!(
            authorization(credentials, "cvm", "cvm.tencentcloudapi.com", payload, now),
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, \
             SignedHeaders=content-type;host, \
             Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"
        );
    }

    #[test]
    fn codes_are_sorted_by_what_to_do_next() {
        let said = |body: &str| {
            let body = body.to_owned().into();
            outcome(&Answer { status: ::http::StatusCode::OK, retry_after: None, body }).map_err(|error| error.name())
        };
        let sent = |code: &str| format!(r#"{{"Response": {{"SendStatusSet": [{{"Code": "{code}"}}]}}}}"#);
        let failed = |code: &str| format!(r#"{{"Response": {{"Error": {{"Code": "{code}", "Message": ""}}}}}}"#);
        assert_eq!(said(&sent("Ok")), Ok(()));
        assert_eq!(said(&sent("LimitExceeded.PhoneNumberThirtySecondLimit")), Err("throttled"));
        assert_eq!(said(&sent("InvalidParameterValue.IncorrectPhoneNumber")), Err("refused"));
        assert_eq!(said(&failed("RequestLimitExceeded")), Err("throttled"));
        assert_eq!(said(&failed("AuthFailure.SignatureFailure")), Err("refused"));
        assert_eq!(said(&failed("InternalError")), Err("doubtful"));
        for nonsense in ["", "{}", r#"{"Response": {}}"#, r#"{"Response": {"SendStatusSet": []}}"#, "<html>"] {
            assert_eq!(said(nonsense), Err("doubtful"), "{nonsense}");
        }
    }
}
