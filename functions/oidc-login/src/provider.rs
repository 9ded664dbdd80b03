//! One OpenID Connect provider: where it is and what it proves. The protocol is `openidconnect`'s; which checks are made is said here.

mod discovery;
mod token;

use std::{sync::Arc, time::Duration};

use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    core::{CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreTokenResponse},
};
use shared::{
    config::{OidcProvider, is_private},
    domain::identity::Proven,
    ports::{StoreError, providers::ProviderError, system::System, web::Web},
};

use discovery::{Discovery, Document, PrivateWeb};

/// For all that a login asks of a provider: discovery, a token, perhaps new keys. A function has 10 s, and DynamoDB its part of it.
const PATIENCE: Duration = Duration::from_secs(6);

/// What a provider and we agree on for one login.
pub(crate) struct Login {
    /// What the way is called.
    pub(crate) through: String,
    /// What comes back with the browser.
    pub(crate) state: String,
    /// What comes back in the proof.
    pub(crate) nonce: String,
    /// What shows that it was us who began (PKCE).
    pub(crate) verifier: String,
    /// Where the browser comes back to, to the letter.
    pub(crate) callback_url: String,
}

/// A provider. Its description and its keys are remembered for a while.
pub(crate) struct Provider {
    config: OidcProvider,
    discovery: Discovery,
    web: PrivateWeb,
    system: Arc<dyn System>,
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

impl Provider {
    pub(crate) fn new(config: OidcProvider, web: Arc<dyn Web>, system: Arc<dyn System>) -> Self {
        let web = PrivateWeb(web);
        let discovery = Discovery::new(config.issuer.clone(), web.clone(), system.clone());
        Self { config, discovery, web, system }
    }

    /// Where the browser goes to log in.
    pub(crate) async fn authorization_url(&self, login: &Login) -> Result<String, ProviderError> {
        within_patience(async {
            let document = self.discovery.document().await?;
            if !is_private(document.metadata.authorization_endpoint().as_str()) {
                return Err(ProviderError::Failed("the authorization endpoint is no https:// address".into()));
            }
            let (state, nonce) = (login.state.clone(), login.nonce.clone());
            let challenge =
                PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(login.verifier.clone()));
            let (url, ..) = self
                .client(&document, login)?
                .authorize_url(
                    CoreAuthenticationFlow::AuthorizationCode,
                    move || CsrfToken::new(state),
                    move || Nonce::new(nonce),
                )
                .add_scopes(self.config.scopes.iter().cloned().map(Scope::new))
                .set_pkce_challenge(challenge)
                .url();
            Ok(url.into())
        })
        .await
    }

    /// Who the provider says has logged in there, by the `code` that came back with the browser, and with `iss`, if that came.
    pub(crate) async fn prove(&self, login: &Login, code: String, iss: Option<&str>) -> Result<Proven, ProviderError> {
        within_patience(async {
            let document = self.discovery.document().await?;
            self.is_from_here(&document, iss)?;
            let response = self.exchange(&document, login, code).await?;
            match token::claims(&self.client(&document, login)?, &response, login, self.system.now()) {
                Err(token::Unproven::UnknownKey(cause)) => {
                    // The provider has changed its keys since they were read, or it is no key of its.
                    let renewed = self.discovery.renewed(&document).await?;
                    let document = renewed.ok_or(ProviderError::Unproven(cause))?;
                    token::claims(&self.client(&document, login)?, &response, login, self.system.now())
                }
                claims => claims,
            }
            .map_err(token::Unproven::into_error)
            .and_then(|claims| token::proven(&self.config, &claims, login))
        })
        .await
    }

    /// Whether the browser comes from this provider and not from another (RFC 9207, 2.4).
    fn is_from_here(&self, document: &Document, iss: Option<&str>) -> Result<(), ProviderError> {
        let promised = document.metadata.additional_metadata().authorization_response_iss_parameter_supported;
        match iss {
            Some(iss) if iss != self.config.issuer => Err(ProviderError::Unproven("iss names another provider".into())),
            None if promised == Some(true) => Err(ProviderError::Unproven("iss is missing".into())),
            _ => Ok(()),
        }
    }

    async fn exchange(
        &self,
        document: &Document,
        login: &Login,
        code: String,
    ) -> Result<CoreTokenResponse, ProviderError> {
        let client = self.client(document, login)?;
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| ProviderError::Failed("the provider has no token endpoint".into()))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(login.verifier.clone()));
        request.request_async(&self.web).await.map_err(|error| match error {
            RequestTokenError::ServerResponse(refusal) if *refusal.error() == CoreErrorResponseType::InvalidGrant => {
                ProviderError::Denied
            }
            // Such as invalid_client: the operators must look. The description is the provider's, and may say anything.
            RequestTokenError::ServerResponse(refusal) => {
                ProviderError::Failed(format!("the provider refuses with {}", refusal.error().as_ref()).into())
            }
            RequestTokenError::Request(error) => error.into(),
            // What it was may hold tokens.
            RequestTokenError::Parse(error, _) => {
                ProviderError::Failed(format!("the provider's tokens make no sense at {}", error.path()).into())
            }
            RequestTokenError::Other(_) => ProviderError::Failed("the provider's tokens make no sense".into()),
        })
    }

    /// The protocol's client, as the provider describes itself.
    fn client(&self, document: &Document, login: &Login) -> Result<Client, ProviderError> {
        let OidcProvider { client_id, client_secret, .. } = self.config.clone();
        let callback =
            RedirectUrl::new(login.callback_url.clone()).map_err(|error| ProviderError::Failed(error.into()))?;
        let metadata = document.metadata.clone();
        // Without a word about it, it is the header (OpenID Connect Discovery, 3).
        let in_body = metadata.token_endpoint_auth_methods_supported().is_some_and(|methods| {
            !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
        let auth = if in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        let secret = client_secret.map(ClientSecret::new);
        let client = CoreClient::from_provider_metadata(metadata, ClientId::new(client_id), secret);
        Ok(client.set_redirect_uri(callback).set_auth_type(auth))
    }
}

async fn within_patience<T>(asking: impl Future<Output = Result<T, ProviderError>>) -> Result<T, ProviderError> {
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answer) => answer,
        Err(late) => Err(StoreError::Unavailable { service: "an identity provider", source: late.into() }.into()),
    }
}
