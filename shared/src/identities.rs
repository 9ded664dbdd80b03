//! Logging in by way of a provider: what WeChat and OpenID Connect have in common.

use std::sync::Arc;

use axum::response::Response;
use http::HeaderMap;

use crate::{
    accounts::Logins,
    domain::{
        UserId, Violation,
        agent::Agent,
        flow::{self, Flow, Intent, LoginGrant, SecretHash},
        idempotency::HmacKey,
        identity::{LinkedIdentity, MAX_IDENTITIES, Proven},
        session::{Identity, SessionState},
        user::{EmailAddress, Role, User, Username},
    },
    http::{
        ApiError,
        cookies::cookie,
        landing::{CallbackQuery, FLOW_COOKIE, Landed, Site},
        views::LoginAnswer,
    },
    ports::{
        StoreError,
        flows::SingleUse,
        identities::{Identities, NotLinked, NotSignedUp},
        sessions::{SessionStarts, SessionStates},
        users::Unique,
    },
};

/// How often a new user gets another generated name. Two users with one of 2^64 are unlikely as it is.
const NAMES: usize = 4;

/// Logs people in by their identities elsewhere, signs them up, and adds identities to accounts.
#[derive(Clone)]
pub struct IdentityLogins {
    /// Knows whose an identity is.
    pub identities: Arc<dyn Identities>,
    /// Stores sessions.
    pub sessions: Arc<dyn SessionStarts>,
    /// Knows whether the session still lives that began a link.
    pub session_states: Arc<dyn SessionStates>,
    /// Sees that states and codes are used once.
    pub single_use: Arc<dyn SingleUse>,
    /// Begins sessions.
    pub logins: Logins,
    /// Signs cookies.
    pub key: HmacKey,
    /// Where logins begin and end.
    pub site: Site,
}

impl IdentityLogins {
    /// A login by way of `through` that begins now.
    pub fn begin(&self, through: impl Into<String>, intent: Intent) -> Flow {
        let system = &self.logins.system;
        Flow::begin(through, intent, system.random(), system.now())
    }

    /// Where the provider sends the browser back to.
    pub fn callback_url(&self, through: &str) -> String {
        format!("{}/api/login/{through}/callback", self.site.public_url)
    }

    /// Sends the browser to the provider.
    pub fn leave(&self, flow: &Flow, authorization_url: String, navigates: bool) -> Response {
        self.site.leave(&flow.seal(&self.key), authorization_url, navigates)
    }

    /// The login that is under way in the browser that is back, and what proves to the provider that it confirmed it. From now
    /// on its state is used.
    ///
    /// # Errors
    /// 422 without a state, 401 with one of no login that is under way in this browser, or that was used; 401 if the provider
    /// says no.
    pub async fn resume(
        &self,
        headers: &HeaderMap,
        through: &str,
        query: &CallbackQuery,
    ) -> Result<(Flow, String), ApiError> {
        let now = self.logins.system.now();
        let state = query.state.as_deref().filter(|state| !state.is_empty());
        let state = state.ok_or_else(|| ApiError::invalid("state", Violation::BLANK))?;
        let flow = Flow::resume(cookie(headers, FLOW_COOKIE), &self.key, through, state, now)?;
        if !self.single_use.spend(&flow.spent(), flow.expires_at).await? {
            return Err(ApiError::LoginStateInvalid("has been used, begin again"));
        }
        match &query.code {
            Some(code) if query.error.is_none() && !code.is_empty() => Ok((flow, code.clone())),
            _ => Err(ApiError::LoginDenied),
        }
    }

    /// Does what the login is for, now that the provider has proven who it is to a client such as `agent`.
    ///
    /// # Errors
    /// 401 if the session has ended that began a link; 409 if the identity is another account's; 422 if the account has too
    /// many.
    pub async fn land(&self, flow: &Flow, proven: Proven, agent: Agent) -> Result<Landed, ApiError> {
        match flow.intent {
            Intent::LogIn => self.log_in(proven, agent).await,
            Intent::Link(identity) => self.link(identity, proven).await,
        }
    }

    async fn log_in(&self, proven: Proven, agent: Agent) -> Result<Landed, ApiError> {
        match self.identities.owner(&proven.ids).await? {
            Some(user) => self.welcome_back(user, agent).await,
            None => self.sign_up(proven, agent).await,
        }
    }

    async fn welcome_back(&self, user: User, agent: Agent) -> Result<Landed, ApiError> {
        if self.site.landing_page.is_some() {
            return self.code(user.id).await;
        }
        let (session, refresh) = self.logins.begin(&user, agent);
        self.sessions.start(&session).await?;
        self.logins.remember(&session).await;
        logged_in(self.logins.answer(user, &refresh)?)
    }

    async fn sign_up(&self, proven: Proven, agent: Agent) -> Result<Landed, ApiError> {
        let identity = self.linked(&proven)?;
        let mut user = self.newcomer(proven);
        let begun = self.site.landing_page.is_none().then(|| self.logins.begin(&user, agent.clone()));
        for _ in 0..NAMES {
            let session = begun.as_ref().map(|(session, _)| session);
            match self.identities.sign_up(&user, &identity, session).await {
                Ok(()) => {
                    let Some((session, refresh)) = &begun else { return self.code(user.id).await };
                    self.logins.remember(session).await;
                    return logged_in(self.logins.answer(user, refresh)?);
                }
                // The same person was faster in another tab.
                Err(NotSignedUp::Known) => {
                    let owner = self.identities.owner(std::slice::from_ref(&identity.id)).await?;
                    return self.welcome_back(owner.ok_or(ApiError::Contended("user"))?, agent).await;
                }
                Err(NotSignedUp::Taken(taken)) => {
                    if taken.contains(&Unique::Email) {
                        // Whoever has the address may be somebody else: they can link this identity themselves.
                        user.email = None;
                    }
                    if taken.contains(&Unique::Username) {
                        user.username = Username::generated(self.logins.system.random());
                    }
                }
                Err(NotSignedUp::Store(error)) => return Err(error.into()),
            }
        }
        Err(ApiError::Contended("user"))
    }

    /// Whoever has proven this, as a new user without a password.
    fn newcomer(&self, proven: Proven) -> User {
        let system = &self.logins.system;
        let now = system.now();
        let email: Option<EmailAddress> = proven.email;
        User {
            id: UserId::new(now, system.random()),
            username: Username::generated(system.random()),
            email,
            phone: None,
            role: Role::default(),
            bio: None,
            image: proven.image,
            created_at: now,
            version: 1,
            epoch: 0,
        }
    }

    fn linked(&self, proven: &Proven) -> Result<LinkedIdentity, StoreError> {
        let nobody = || StoreError::Fault { service: "an identity provider", source: "nobody was proven".into() };
        let id = proven.ids.first().cloned().ok_or_else(nobody)?;
        Ok(LinkedIdentity { id, through: proven.through.clone(), linked_at: self.logins.system.now() })
    }

    async fn code(&self, user_id: UserId) -> Result<Landed, ApiError> {
        let system = &self.logins.system;
        let (code, binding) = (flow::secret(system.random()), flow::secret(system.random()));
        let expires_at = system.now().plus(flow::CODE_LIFE);
        let grant = LoginGrant { user_id, binding: SecretHash::of(&binding), expires_at };
        self.single_use.grant(&SecretHash::of(&code), &grant).await?;
        Ok(Landed::Code { code, binding })
    }

    async fn link(&self, me: Identity, proven: Proven) -> Result<Landed, ApiError> {
        if self.session_states.state(me, self.logins.system.now()).await? == SessionState::Ended {
            return Err(ApiError::TokenInvalid);
        }
        // One that is kept under another of its names is nobody else's to take.
        let owner = self.identities.owner(&proven.ids).await?;
        if owner.is_some_and(|owner| owner.id != me.user_id) {
            return Err(ApiError::Taken(vec!["identity"]));
        }
        let identity = self.linked(&proven)?;
        match self.identities.link(me.user_id, &identity).await {
            Ok(()) => Ok(Landed::Linked(identity.into())),
            Err(NotLinked::Taken) => Err(ApiError::Taken(vec!["identity"])),
            Err(NotLinked::TooMany) => {
                let most = format!("must not be added to an account that has {MAX_IDENTITIES}");
                Err(ApiError::invalid("identity", Violation(most.into())))
            }
            Err(NotLinked::NoAccount) => Err(ApiError::TokenInvalid),
            Err(NotLinked::Store(error)) => Err(error.into()),
        }
    }
}

fn logged_in(answer: LoginAnswer) -> Result<Landed, ApiError> {
    Ok(Landed::LoggedIn(Box::new(answer)))
}
