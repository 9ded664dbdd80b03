//! The JSON forms of what the API answers: RealWorld's, with fields of our own beside them.

mod collections;
mod comments;
mod hot;
mod identities;
mod profiles;
mod search;
mod sessions;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::{
        article::{Article, ArticleHtml, Listed, Listing, Seen},
        reaction::Reactions,
        tag::Tag,
        user::{Bio, EmailAddress, ImageUrl, PhoneNumber, Profile, User},
    },
    http::Content,
    ports::tokens::TokenSigner,
};

pub use collections::{CollectedView, CollectionsAnswer};
pub use comments::{CommentAnswer, CommentView, CommentsAnswer};
pub use hot::HotAnswer;
pub use identities::{IdentitiesAnswer, IdentityAnswer, IdentityView};
pub use profiles::{CountedProfileView, ProfileAnswer, ProfilesAnswer};
pub use search::{
    CountView, FacetsView, FoundArticleView, FoundTagsAnswer, FoundUsersAnswer, SearchAnswer, SuggestAnswer,
};
pub use sessions::{RoleAnswer, SessionView, SessionsAnswer};

/// `{"user": …}`: one's own account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserAnswer {
    /// The account.
    pub user: UserView,
}

/// One's own account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserView {
    /// The address; `""` for who has none.
    pub email: String,
    /// The phone number, with `+` and its country's code, that they may log in by.
    #[schema(required = true)]
    pub phone: Option<String>,
    /// The access token that the request came with, or a new one.
    pub token: String,
    /// The name.
    pub username: String,
    /// What the user may do: `reader`, `author`, `moderator` or `admin`.
    pub role: &'static str,
    /// What the user says of themselves.
    #[schema(required = true)]
    pub bio: Option<String>,
    /// Where the user's picture is.
    #[schema(required = true)]
    pub image: Option<String>,
}

/// `{"user": …}` of a login.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LoginAnswer {
    /// The account and the tokens.
    pub user: LoginView,
}

/// One's own account with what keeps one logged in.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoginView {
    /// The account.
    #[serde(flatten)]
    pub user: UserView,
    /// Gets a new access token from `POST /api/sessions/refresh`.
    pub refresh_token: String,
    /// Seconds until the access token expires.
    pub expires_in: u64,
}

/// What anyone may see of a user.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Profile)]
pub struct ProfileView {
    /// The name.
    pub username: String,
    /// What the user says of themselves.
    #[schema(required = true)]
    pub bio: Option<String>,
    /// Where the user's picture is.
    #[schema(required = true)]
    pub image: Option<String>,
    /// Whether whoever asks follows the user.
    pub following: bool,
}

/// `{"article": …}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ArticleAnswer {
    /// The article.
    pub article: ArticleView,
}

/// An article with its text.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Article)]
pub struct ArticleView {
    /// Everything but the text.
    #[serde(flatten)]
    pub summary: ArticleSummary,
    /// The text, in Markdown.
    pub body: String,
    /// The text as harmless HTML, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub html: Option<String>,
}

/// An article without its text.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArticleSummary {
    /// The address, for good.
    pub slug: String,
    /// The title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// In the author's order.
    pub tag_list: Vec<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// RFC 3339, UTC; moves with every change.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// Whether whoever asks likes it.
    pub favorited: bool,
    /// How many like it.
    pub favorites_count: u64,
    /// Whether whoever asks collected it.
    pub collected: bool,
    /// How many collected it.
    pub collects_count: u64,
    /// How often it was read: a reader counts once an hour, and about a minute later.
    pub reads_count: u64,
    /// How many comments it has.
    pub comments_count: u64,
    /// Who wrote it.
    pub author: ProfileView,
}

/// `{"articles": …, "articlesCount": …, "cursor": …}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArticlesAnswer {
    /// One page, newest first.
    pub articles: Vec<ArticleSummary>,
    /// Articles on all pages.
    pub articles_count: u64,
    /// Leads to the next page, if there is one.
    #[schema(required = true)]
    pub cursor: Option<String>,
}

/// `{"tags": …}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TagsAnswer {
    /// The most used first.
    pub tags: Vec<String>,
}

impl UserView {
    /// `user`, who holds `token`.
    pub fn new(user: User, token: String) -> Self {
        Self {
            email: user.email.map(EmailAddress::into).unwrap_or_default(),
            phone: user.phone.map(PhoneNumber::into),
            token,
            username: user.username.into(),
            role: user.role.name(),
            bio: user.bio.map(Bio::into),
            image: user.image.map(ImageUrl::into),
        }
    }
}

impl LoginAnswer {
    /// `user` with the tokens of a login.
    pub fn new(user: User, access: String, refresh_token: String, signer: &dyn TokenSigner) -> Self {
        let expires_in = signer.lifetime().as_secs();
        Self { user: LoginView { user: UserView::new(user, access), refresh_token, expires_in } }
    }
}

impl From<Profile> for ProfileView {
    /// As whoever does not follow the user sees it: the user themselves, for example.
    fn from(profile: Profile) -> Self {
        Self::new(profile, false)
    }
}

impl ProfileView {
    /// As somebody sees it who follows the user or not.
    pub fn new(profile: Profile, following: bool) -> Self {
        Self {
            username: profile.username.into(),
            bio: profile.bio.map(Bio::into),
            image: profile.image.map(ImageUrl::into),
            following,
        }
    }
}

impl ArticleSummary {
    /// `article` by `author`, with what was done about it.
    pub fn new(article: &Article, author: Profile, reactions: Reactions) -> Self {
        let Reactions { counters, flags } = reactions;
        Self {
            slug: article.slug.to_string(),
            title: article.title.as_str().to_owned(),
            description: article.description.as_str().to_owned(),
            tag_list: article.tags.iter().map(Tag::as_str).map(str::to_owned).collect(),
            created_at: article.created_at.to_string(),
            updated_at: article.updated_at.to_string(),
            favorited: flags.liked,
            favorites_count: counters.likes,
            collected: flags.collected,
            collects_count: counters.collects,
            reads_count: counters.reads,
            comments_count: counters.comments,
            author: ProfileView::new(author, flags.follows_author),
        }
    }
}

impl ArticleSummary {
    /// Forgets what readers move.
    fn forget_counts(&mut self) {
        (self.favorites_count, self.collects_count) = (0, 0);
        (self.reads_count, self.comments_count) = (0, 0);
    }
}

impl From<Listed> for ArticleSummary {
    fn from(listed: Listed) -> Self {
        Self::new(&listed.article, listed.author, listed.reactions)
    }
}

impl From<Seen> for ArticleAnswer {
    fn from(Seen { read, reactions }: Seen) -> Self {
        let body = read.body.as_str().to_owned();
        let summary = ArticleSummary::new(&read.article, read.author, reactions);
        Self { article: ArticleView { summary, body, html: None } }
    }
}

impl ArticleAnswer {
    /// The same with its text as `html` too.
    pub fn with_html(mut self, html: &ArticleHtml) -> Self {
        self.article.html = Some(html.as_str().to_owned());
        self
    }
}

impl From<Listing> for ArticlesAnswer {
    fn from(listing: Listing) -> Self {
        let articles = listing.articles.into_iter().map(Into::into).collect();
        let cursor = listing.next.map(|cursor| cursor.to_string());
        Self { articles, articles_count: listing.total, cursor }
    }
}

impl Content for ArticleAnswer {
    fn forget_counts(&mut self) {
        self.article.summary.forget_counts();
    }
}

impl Content for ArticlesAnswer {
    fn forget_counts(&mut self) {
        self.articles.iter_mut().for_each(ArticleSummary::forget_counts);
    }
}

impl Content for TagsAnswer {
    fn forget_counts(&mut self) {}
}
