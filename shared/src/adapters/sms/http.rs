//! Anything that takes a message as JSON over HTTP: `{"phone", "template", "params": {"code"}, "id"}`.

use ::http::{Request, header};
use async_trait::async_trait;
use http_body_util::Full;
use serde_json::json;

use super::{client::Client, settings::HttpSettings};
use crate::ports::sms::{NotSent, Outgoing, SmsProvider};

/// The vendor, or whatever stands before it.
pub struct HttpVendor {
    settings: HttpSettings,
    client: Client,
}

impl HttpVendor {
    /// Whoever listens where `settings` say.
    pub fn new(settings: HttpSettings, client: Client) -> Self {
        Self { settings, client }
    }
}

#[async_trait]
impl SmsProvider for HttpVendor {
    fn name(&self) -> &str {
        &self.settings.name
    }

    /// Any 2xx says that the message is taken. `Idempotency-Key` is the same whenever the same message comes again.
    async fn send(&self, message: &Outgoing<'_>) -> Result<(), NotSent> {
        let id = message.id.to_string();
        let body = json!({
            "id": id,
            "phone": message.sms.phone.as_str(),
            "template": self.settings.templates.of(message.sms.purpose),
            "params": {"code": message.sms.code.as_str()},
        });
        let mut request = Request::post(self.settings.url.full())
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", id);
        for (name, value) in &self.settings.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::from(body.to_string())).map_err(|error| NotSent::Away(error.into()))?;
        let answer = self.client.send(request).await?;
        if answer.status.is_success() { Ok(()) } else { Err(answer.by_status()) }
    }
}
