//! What a search answers.

use serde::Serialize;
use utoipa::ToSchema;

use super::{ArticleSummary, CountedProfileView};
use crate::{
    domain::{
        article::Listed,
        follow::SeenProfile,
        page::Cursor,
        search::{Highlight, Place, SuggestedTitle, Suggestions, TagCount},
    },
    http::Content,
};

/// `{"articles": …, "articlesCount": …, "facets": …, "didYouMean": …, "cursor": …}`.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchAnswer {
    /// One page. It is shorter than asked for where an article went while it was found.
    pub articles: Vec<FoundArticleView>,
    /// Articles on all pages.
    pub articles_count: u64,
    /// What the articles on all pages have in common.
    pub facets: FacetsView,
    /// What may have been meant, where a word of what was typed is nowhere.
    #[schema(required = true)]
    pub did_you_mean: Option<String>,
    /// Leads to the next page, if there is one.
    #[schema(required = true)]
    pub cursor: Option<String>,
}

impl SearchAnswer {
    /// The cursor that leads to `next`.
    pub fn cursor(next: Option<Place>) -> Option<String> {
        next.map(|place| Cursor(place).to_string())
    }
}

/// An article that was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FoundArticle)]
pub struct FoundArticleView {
    /// What lists show of it.
    #[serde(flatten)]
    pub summary: ArticleSummary,
    /// Where it has what was looked for.
    pub highlight: HighlightView,
}

impl FoundArticleView {
    /// An article with what was found in it.
    pub fn new(listed: Listed, Highlight { title, body }: Highlight) -> Self {
        Self { summary: ArticleSummary::from(listed), highlight: HighlightView { title, body } }
    }
}

/// HTML-escaped text with `<em>` around what was looked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Highlight)]
pub struct HighlightView {
    /// The title.
    pub title: String,
    /// The part of the text that fits best.
    pub body: String,
}

/// The most frequent tags and authors, at most ten of each.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = Facets)]
pub struct FacetsView {
    /// Tags, in lower case.
    pub tags: Vec<CountView>,
    /// Names of authors.
    pub authors: Vec<CountView>,
}

/// How many articles have something.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = NameCount)]
pub struct CountView {
    /// What they have.
    pub name: String,
    /// How many.
    pub count: u64,
}

impl From<TagCount> for CountView {
    fn from(TagCount { name, count }: TagCount) -> Self {
        Self { name, count }
    }
}

/// `{"articles": …, "tags": …, "users": …}` while somebody types.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct SuggestAnswer {
    /// Articles with such a title.
    pub articles: Vec<SuggestedArticleView>,
    /// Tags that begin so.
    pub tags: Vec<CountView>,
    /// Names of users that begin so.
    pub users: Vec<String>,
}

/// An article that may be meant.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SuggestedArticle)]
pub struct SuggestedArticleView {
    /// Its address.
    pub slug: String,
    /// Its title.
    pub title: String,
}

impl From<Suggestions> for SuggestAnswer {
    fn from(Suggestions { titles, tags, users }: Suggestions) -> Self {
        let article = |title: SuggestedTitle| SuggestedArticleView { slug: title.slug.to_string(), title: title.title };
        Self {
            articles: titles.into_iter().map(article).collect(),
            tags: tags.into_iter().map(CountView::from).collect(),
            users,
        }
    }
}

/// `{"profiles": …, "profilesCount": …, "cursor": …}`.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundUsersAnswer {
    /// One page, those that fit best first.
    pub profiles: Vec<CountedProfileView>,
    /// Users on all pages.
    pub profiles_count: u64,
    /// Leads to the next page, if there is one.
    #[schema(required = true)]
    pub cursor: Option<String>,
}

impl FoundUsersAnswer {
    /// A page of `users`, of `total`.
    pub fn new(users: Vec<SeenProfile>, total: u64, next: Option<Place>) -> Self {
        Self {
            profiles: users.into_iter().map(CountedProfileView::from).collect(),
            profiles_count: total,
            cursor: SearchAnswer::cursor(next),
        }
    }
}

/// `{"tags": …}` with how many articles each has.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct FoundTagsAnswer {
    /// The most used first, in lower case.
    pub tags: Vec<CountView>,
}

impl Content for SearchAnswer {
    fn forget_counts(&mut self) {
        self.articles.iter_mut().for_each(|article| article.summary.forget_counts());
    }
}

impl Content for FoundUsersAnswer {
    fn forget_counts(&mut self) {
        self.profiles.iter_mut().for_each(CountedProfileView::forget_counts);
    }
}

impl Content for SuggestAnswer {
    fn forget_counts(&mut self) {}
}

impl Content for FoundTagsAnswer {
    fn forget_counts(&mut self) {}
}
