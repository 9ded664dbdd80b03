//! Articles.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Outcome, encode},
    expected::{Fields, Refusal, compare},
    operation::{ArticleFields, Which, Who},
    vocabulary::{Kept, Sent, Word, html_of},
    world::{Article, World},
};

/// Words of a slug that name routes, or may come to.
const RESERVED: [&str; 1] = ["feed"];
/// Characters of what tells slugs of one title apart.
const SUFFIX: usize = 8;

impl World {
    pub(crate) async fn publish(&mut self, who: &Who, article: &ArticleFields) -> Outcome {
        let caller = self.caller(who);
        let mut fields = Fields::default();
        let title = fields.required("title", &article.title.of(self.case));
        let description = fields.required("description", &article.description);
        let body = fields.required("body", &article.body);
        let tags = fields.tags(&self.tags_sent(article)).unwrap_or_default();
        let answer = self.ask(Method::POST, "/api/articles", caller.token.as_deref(), &fields.body("article")).await?;
        let user = match caller.needed() {
            Ok(user) => user,
            Err(refusal) => return refusal.compare(&answer),
        };
        if let Some(refusal) = fields.unreadable().or_else(|| fields.refused()) {
            return refusal.compare(&answer);
        }
        let (Some(title), Some(description), Some(body)) = (title, description, body) else {
            return Err("a field without a value is refused".to_owned());
        };
        let slug = self.new_slug(&title, &answer)?;
        let created_at = text(&answer, "createdAt");
        let article = Article {
            slug,
            author: user,
            title,
            description: description.shown,
            body: body.shown,
            tags,
            updated_at: created_at.clone(),
            created_at,
            live: true,
            withdrawn: false,
            ever_withdrawn: false,
            draft: self.drafts.len(),
        };
        compare(&answer, 201, &self.article_answer(&article, Some(user)))?;
        self.newest(article.clone())?;
        self.draft_of_the_newest(caller.token.as_deref(), article).await
    }

    /// Takes up an article that was published for the first time.
    pub(crate) fn newest(&mut self, article: Article) -> Outcome {
        if self.articles.last().is_some_and(|last| last.created_at >= article.created_at) {
            return Err(format!("published at {}, not after the last one", article.created_at));
        }
        self.spell(&article.tags);
        self.articles.push(article);
        Ok(())
    }

    /// The slug that was given to an article of this title: its words, and what the platform put behind them if an article
    /// has or had that slug.
    pub(crate) fn new_slug(&self, title: &Kept, answer: &Answer) -> Outcome<String> {
        let (slug, words) = (text(answer, "slug"), title.same.as_str());
        let given = |slug: &str| self.articles.iter().any(|article| article.slug == slug);
        let plain = !words.is_empty() && !RESERVED.contains(&words) && !given(words);
        let suffix = slug.strip_prefix(words).map(|rest| rest.trim_start_matches('-')).unwrap_or_default();
        let random = suffix.len() == SUFFIX && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !given(&slug);
        if if plain { slug == words } else { random } {
            Ok(slug)
        } else {
            Err(format!("no slug of {:?}: {} {}", title.shown, answer.status, answer.body))
        }
    }

    pub(crate) async fn edit(&mut self, who: &Who, which: &Which, changes: &ArticleFields) -> Outcome {
        let caller = self.caller(who);
        let (number, slug) = self.which(which);
        let mut fields = Fields::default();
        let title = fields.optional("title", &changes.title.of(self.case));
        let description = fields.optional("description", &changes.description);
        let body = fields.optional("body", &changes.body);
        let tags = fields.tags(&self.tags_sent(changes));
        let path = format!("/api/articles/{}", encode(&slug));
        let answer = self.ask(Method::PUT, &path, caller.token.as_deref(), &fields.body("article")).await?;
        let user = match caller.needed() {
            Ok(user) => user,
            Err(refusal) => return refusal.compare(&answer),
        };
        let own = fields.unreadable().map_or_else(|| self.own(number, user), Err);
        let number = match own.and_then(|number| fields.refused().map_or(Ok(number), Err)) {
            Ok(number) => number,
            Err(refusal) => return refusal.compare(&answer),
        };
        let old = self.articles[number].clone();
        let article = Article {
            title: title.unwrap_or(old.title),
            description: description.map_or(old.description, |description| description.shown),
            body: body.map_or(old.body, |body| body.shown),
            tags: tags.unwrap_or(old.tags),
            updated_at: text(&answer, "updatedAt"),
            ..old
        };
        compare(&answer, 200, &self.article_answer(&article, Some(user)))?;
        if article.updated_at <= old.updated_at {
            return Err(format!("the change did not move updatedAt: {}", article.updated_at));
        }
        self.spell(&article.tags);
        self.move_along(&article);
        self.articles[number] = article;
        Ok(())
    }

    pub(crate) async fn delete(&mut self, who: &Who, which: &Which) -> Outcome {
        let caller = self.caller(who);
        let (number, slug) = self.which(which);
        let path = format!("/api/articles/{}", encode(&slug));
        let answer = self.ask(Method::DELETE, &path, caller.token.as_deref(), &Value::Null).await?;
        match caller.needed().and_then(|user| self.own(number, user)) {
            Ok(number) => {
                self.articles[number].live = false;
                let draft = self.articles[number].draft;
                self.drafts[draft].there = false;
                compare(&answer, 204, &Value::Null)
            }
            Err(refusal) => refusal.compare(&answer),
        }
    }

    pub(crate) async fn withdraw(&mut self, who: &Who, which: &Which) -> Outcome {
        let caller = self.caller(who);
        let (number, slug) = self.which(which);
        let path = format!("/api/articles/{}/withdraw", encode(&slug));
        let answer = self.ask(Method::POST, &path, caller.token.as_deref(), &Value::Null).await?;
        let number = match caller.needed().and_then(|user| self.own(number, user)) {
            Ok(number) => number,
            Err(refusal) => return refusal.compare(&answer),
        };
        let article = &mut self.articles[number];
        (article.live, article.withdrawn) = (false, true);
        article.ever_withdrawn = true;
        let draft = article.draft;
        self.drafts[draft].live = None;
        let expected = self.draft_answer(draft, &answer.body["draft"])?;
        compare(&answer, 200, &expected)
    }

    pub(crate) async fn read(&mut self, who: &Who, which: &Which) -> Outcome {
        self.read_with(who, which, "", |_| {}).await
    }

    pub(crate) async fn read_html(&mut self, who: &Who, which: &Which) -> Outcome {
        let add_html = |answer: &mut Value| {
            let html = answer["article"]["body"].as_str().map(html_of);
            answer["article"]["html"] = json!(html);
        };
        self.read_with(who, which, "?format=html", add_html).await
    }

    /// Reads with a query, which has something done to the answer.
    async fn read_with(&mut self, who: &Who, which: &Which, query: &str, done: fn(&mut Value)) -> Outcome {
        let caller = self.caller(who);
        let (number, slug) = self.which(which);
        let path = format!("/api/articles/{}{query}", encode(&slug));
        let answer = self.ask(Method::GET, &path, caller.token.as_deref(), &Value::Null).await?;
        let viewer = match &caller.known {
            Ok(viewer) => *viewer,
            Err(refusal) => return refusal.compare(&answer),
        };
        match number.map(|number| &self.articles[number]).filter(|article| article.live || article.withdrawn) {
            Some(article) if article.withdrawn => Refusal::new(410, "gone", &["article"]).compare(&answer),
            Some(article) => {
                let mut expected = self.article_answer(article, viewer);
                done(&mut expected);
                compare(&answer, 200, &expected)
            }
            None => Refusal::new(404, "not-found", &["article"]).compare(&answer),
        }
    }

    /// Which article, by number, and its slug.
    pub(crate) fn which(&self, which: &Which) -> (Option<usize>, String) {
        match which {
            Which::Article(index) if !self.articles.is_empty() => {
                let number = index.of(self.articles.len());
                (Some(number), self.articles[number].slug.clone())
            }
            Which::Article(_) => (None, "nothing-was-published".to_owned()),
            Which::Slug(slug) => (None, (*slug).to_owned()),
        }
    }

    /// The article, if it is there and the user's.
    fn own(&self, number: Option<usize>, user: usize) -> Result<usize, Refusal> {
        if number.is_some_and(|number| self.articles[number].withdrawn) {
            return Err(Refusal::new(410, "gone", &["article"]));
        }
        let number = number.filter(|&number| self.articles[number].live);
        let number = number.ok_or_else(|| Refusal::new(404, "not-found", &["article"]))?;
        let own = self.articles[number].author == user;
        if own { Ok(number) } else { Err(Refusal::new(403, "forbidden", &["article"])) }
    }

    pub(crate) fn article_answer(&self, article: &Article, viewer: Option<usize>) -> Value {
        let mut view = self.summary(article, viewer);
        view["body"] = json!(article.body);
        json!({ "article": view })
    }

    /// An article as a list shows it to a viewer.
    pub(crate) fn summary(&self, article: &Article, viewer: Option<usize>) -> Value {
        let tags: Vec<_> = article.tags.iter().map(|tag| &tag.shown).collect();
        let number = self.articles.iter().position(|other| other.slug == article.slug);
        let number = number.unwrap_or(self.articles.len());
        let viewer_user = viewer.map(|viewer| &self.users[viewer]);
        json!({
            "slug": article.slug, "title": article.title.shown, "description": article.description, "tagList": tags,
            "createdAt": article.created_at, "updatedAt": article.updated_at,
            "favorited": viewer_user.is_some_and(|user| user.likes.contains(&number)),
            "favoritesCount": self.users.iter().filter(|user| user.likes.contains(&number)).count(),
            "collected": viewer_user.is_some_and(|user| user.collects.contains_key(&number)),
            "collectsCount": self.users.iter().filter(|user| user.collects.contains_key(&number)).count(),
            "readsCount": 0, "commentsCount": self.comments_on(article),
            "author": self.profile_of(article.author, viewer),
        })
    }

    /// The tags as a client sends them in this case.
    pub(crate) fn tags_sent(&self, fields: &ArticleFields) -> Sent<Vec<Word>> {
        match &fields.tags {
            Sent::Value(tags) => Sent::Value(tags.iter().map(|tag| tag.of(self.case)).collect()),
            other => other.clone(),
        }
    }

    /// Remembers how tags were spelt.
    pub(crate) fn spell(&mut self, tags: &[Kept]) {
        self.spellings.extend(tags.iter().map(|tag| (tag.shown.clone(), tag.same.clone())));
    }
}

pub(crate) fn text(answer: &Answer, field: &str) -> String {
    answer.body["article"][field].as_str().unwrap_or_default().to_owned()
}
