//! WeChat's Open Platform: logging in to a website by scanning a code.
//! <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html>

use std::sync::Arc;

use axum::http::Request;
use serde::Deserialize;
use shared::{
    domain::identity::{IdentityId, Proven, Voucher},
    ports::{providers::ProviderError, web::Web},
};
use url::form_urlencoded::Serializer;

use crate::THROUGH;

/// Bytes of an id at the most. WeChat's have 28.
const MAX_ID: usize = 128;

/// A website application, and where WeChat is.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) open_url: String,
    pub(crate) api_url: String,
}

/// WeChat, as the application sees it.
pub(crate) struct WeChat {
    app: App,
    web: Arc<dyn Web>,
}

/// Both answers to a code: with 200 and as `text/plain`, whichever it is.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Known { openid: String, unionid: Option<String> },
    Refused { errcode: i64 },
}

impl WeChat {
    pub(crate) fn new(app: App, web: Arc<dyn Web>) -> Self {
        Self { app, web }
    }

    /// The page with the code to scan.
    pub(crate) fn authorization_url(&self, state: &str, callback: &str) -> String {
        // In this order, as WeChat asks for it.
        let query = Serializer::new(String::new())
            .append_pair("appid", &self.app.id)
            .append_pair("redirect_uri", callback)
            .append_pair("response_type", "code")
            .append_pair("scope", "snsapi_login")
            .append_pair("state", state)
            .finish();
        format!("{}/connect/qrconnect?{query}#wechat_redirect", self.app.open_url.trim_end_matches('/'))
    }

    /// Who has scanned. Name and picture are not asked for: it would be one more call for what nobody needs.
    pub(crate) async fn prove(&self, code: &str) -> Result<Proven, ProviderError> {
        let query = Serializer::new(String::new())
            .append_pair("appid", &self.app.id)
            .append_pair("secret", &self.app.secret)
            .append_pair("code", code)
            .append_pair("grant_type", "authorization_code")
            .finish();
        let url = format!("{}/sns/oauth2/access_token?{query}", self.app.api_url.trim_end_matches('/'));
        let request = Request::get(url).body(Vec::new()).map_err(|error| ProviderError::Failed(error.into()))?;
        let answer = self.web.send(request).await?;
        let status = answer.status();
        if status.is_server_error() {
            return Err(ProviderError::away(format!("WeChat answers {status}")));
        }
        // Serde's words may quote the answer, which holds tokens.
        let known = serde_json::from_slice(answer.body())
            .map_err(|_| ProviderError::Failed(format!("WeChat answers {status} and nothing known").into()))?;
        match known {
            Answer::Known { openid, unionid } => self.proven(&openid, unionid.as_deref()),
            Answer::Refused { errcode } => Err(refused(errcode)),
        }
    }

    /// The unionid names a person for all applications of one developer, the openid for one of them. Only applications that are
    /// bound to a developer's account get the first. Whoever once came without it is still known by the second.
    fn proven(&self, openid: &str, unionid: Option<&str>) -> Result<Proven, ProviderError> {
        let known = |id: &str| (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        let unionid = unionid.filter(|unionid| !unionid.is_empty());
        if !known(openid) || !unionid.is_none_or(known) {
            return Err(ProviderError::Failed("WeChat names somebody by what is no id".into()));
        }
        let by_union = unionid.map(|unionid| IdentityId::new(&Voucher::WeChatUnion, unionid));
        let by_app = IdentityId::new(&Voucher::WeChatApp(self.app.id.clone()), openid);
        let ids = by_union.into_iter().chain([by_app]).collect();
        Ok(Proven { ids, through: THROUGH.to_owned(), email: None, image: None })
    }
}

/// What WeChat's codes mean.
/// <https://developers.weixin.qq.com/doc/oplatform/Return_codes/Return_code_descriptions_new.html>
fn refused(errcode: i64) -> ProviderError {
    match errcode {
        // The code is invalid, was used, is missing, or has expired.
        40029 | 40163 | 41008 | 42003 => ProviderError::Denied,
        // The system is busy; too many calls a minute or a day.
        -1 | 45009 | 45011 => ProviderError::away(format!("WeChat answers errcode {errcode}")),
        // Such as a wrong AppID or AppSecret: the operators must look.
        _ => ProviderError::Failed(format!("WeChat answers errcode {errcode}").into()),
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use axum::http::Response;
    use shared::ports::StoreError;

    use super::*;

    /// Answers whatever it is told to, and only to the right question.
    struct Says(u16, &'static str);

    #[async_trait]
    impl Web for Says {
        async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, StoreError> {
            let asked = "https://api.example/sns/oauth2/access_token?appid=wx%261&secret=hush&code=c%3D1&grant_type=authorization_code";
            assert_eq!(request.uri(), asked);
            Ok(Response::builder().status(self.0).body(self.1.as_bytes().to_vec()).unwrap())
        }
    }

    async fn prove(status: u16, answer: &'static str) -> Result<Vec<IdentityId>, ProviderError> {
        let app = App {
            id: "wx&1".to_owned(),
            secret: "hush".to_owned(),
            open_url: "https://open.example/".to_owned(),
            api_url: "https://api.example".to_owned(),
        };
        WeChat::new(app, Arc::new(Says(status, answer))).prove("c=1").await.map(|proven| proven.ids)
    }

    #[tokio::test]
    async fn a_person_is_known_by_unionid_and_else_by_openid() {
        let union = IdentityId::new(&Voucher::WeChatUnion, "u1");
        let app = IdentityId::new(&Voucher::WeChatApp("wx&1".to_owned()), "o1");
        let both =
            prove(200, r#"{"access_token": "t", "openid": "o1", "scope": "snsapi_login", "unionid": "u1"}"#).await;
        assert_eq!(both.unwrap(), [union, app.clone()]);
        for without in
            [r#"{"openid": "o1"}"#, r#"{"openid": "o1", "unionid": ""}"#, r#"{"openid": "o1", "unionid": null}"#]
        {
            assert_eq!(prove(200, without).await.unwrap(), std::slice::from_ref(&app), "{without}");
        }
    }

    #[tokio::test]
    async fn a_code_that_wechat_does_not_know_is_the_users_and_the_rest_is_wechats() {
        let denied = prove(200, r#"{"errcode": 40029, "errmsg": "invalid code"}"#).await;
        assert!(matches!(denied, Err(ProviderError::Denied)));
        for (status, busy) in [(200, r#"{"errcode": -1, "errmsg": "system error"}"#), (502, "<html>"), (503, "")] {
            assert!(matches!(prove(status, busy).await, Err(ProviderError::Unavailable(_))), "{busy}");
        }
        for (status, odd) in [
            (200, ""),
            (200, "<html>"),
            (200, "[]"),
            (200, "{}"),
            (404, "not found"),
            (200, r#"{"unionid": "u1"}"#),
            (200, r#"{"openid": ""}"#),
            (200, r#"{"openid": 7}"#),
            (200, "{\"openid\": \"o\\u0000\"}"),
            (200, r#"{"errcode": 40125, "errmsg": "invalid appsecret"}"#),
        ] {
            assert!(matches!(prove(status, odd).await, Err(ProviderError::Failed(_))), "{odd}");
        }
    }
}
