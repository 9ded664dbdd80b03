//! Reading: a page is one query, and one batch for the authors, whom of them the reader follows, and long texts. A batch takes 100 keys;
//! a page that needs more takes several at the same time.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;

use super::{
    CommentViews,
    items::{
        Head, Stored, comment_key, comments_of, head_key, replies_of, said_in, sort_key, text_from, text_key,
        threads_of,
    },
};
use crate::{
    adapters::dynamodb::{
        error::{corrupt, store_error},
        interactions::follow_key,
        store::{Item, Key, from_item, s},
        users::{user_from, user_key},
    },
    domain::{
        ArticleId, UserId,
        comment::{CommentId, CommentPage, Person, ShownComment},
        page::{Page, Start},
        user::Profile,
    },
    ports::{StoreError, comments::CommentReads},
};

#[async_trait]
impl CommentReads for CommentViews {
    async fn threads(
        &self,
        article: ArticleId,
        viewer: Option<UserId>,
        page: Page<CommentId>,
    ) -> Result<CommentPage, StoreError> {
        let items = self.entries(&threads_of(article), page, false).await?;
        let mut heads = items.into_iter().map(from_item::<Head>).collect::<Result<Vec<_>, _>>()?;
        let next = page.next(&mut heads, |head| head.said.id);
        let said = heads.iter().flat_map(|head| [&head.said].into_iter().chain(&head.opening));
        let found = self.found((article, viewer), said.collect(), Vec::new()).await?;
        let mut comments = Vec::new();
        for head in &heads {
            let Some(mut comment) = found.show(&head.said)? else { continue };
            comment.replies_count = head.replies_count;
            for reply in &head.opening {
                comment.replies.extend(found.show(reply)?);
            }
            comments.push(comment);
        }
        Ok(CommentPage { comments, next })
    }

    async fn flat(
        &self,
        article: ArticleId,
        viewer: Option<UserId>,
        page: Page<CommentId>,
    ) -> Result<CommentPage, StoreError> {
        let items = self.entries(&comments_of(article), page, false).await?;
        let mut said = items.into_iter().map(said_in).collect::<Result<Vec<_>, _>>()?;
        let next = page.next(&mut said, |said| said.id);
        // Of a deleted thread the replies stay until they are swept: without its head they are nobody's.
        let roots: HashSet<_> = said.iter().map(|said| said.comment(article).root()).collect();
        let heads = roots.into_iter().map(|root| head_key(article, root));
        let found = self.found((article, viewer), said.iter().collect(), heads.collect()).await?;
        let mut comments = Vec::new();
        for said in said.iter().filter(|said| !said.is_placeholder()) {
            let Some(mut comment) = found.show(said)? else { continue };
            let Some(head) = found.head(comment.comment.root())? else { continue };
            if comment.comment.reply.is_none() {
                comment.replies_count = head.replies_count;
            }
            comments.push(comment);
        }
        Ok(CommentPage { comments, next })
    }

    async fn replies(
        &self,
        article: ArticleId,
        root: CommentId,
        viewer: Option<UserId>,
        page: Page<CommentId>,
    ) -> Result<Option<CommentPage>, StoreError> {
        let items = self.entries(&replies_of(article, root), page, true).await?;
        let mut said = items.into_iter().map(said_in).collect::<Result<Vec<_>, _>>()?;
        let next = page.next(&mut said, |said| said.id);
        let others = vec![head_key(article, root), comment_key(article, root)];
        let found = self.found((article, viewer), said.iter().collect(), others).await?;
        if found.head(root)?.is_none() {
            return self.replies_to_a_reply(article, found.comment(root)?).await;
        }
        let comments = said.iter().filter_map(|said| found.show(said).transpose()).collect::<Result<_, _>>()?;
        Ok(Some(CommentPage { comments, next }))
    }
}

impl CommentViews {
    /// The items of a page and one more, from the oldest or the newest on. At a kilobyte or four each, all come in one call.
    async fn entries(
        &self,
        partition: &str,
        page: Page<CommentId>,
        oldest_first: bool,
    ) -> Result<Vec<Item>, StoreError> {
        let query = self
            .comments
            .dynamo
            .client
            .query()
            .table_name(&*self.comments.name)
            .consistent_read(true)
            .scan_index_forward(oldest_first)
            .limit(i32::try_from(page.limit + 1).unwrap_or(i32::MAX))
            .expression_attribute_values(":list", s(partition));
        let query = match page.start {
            Start::Behind(id) => {
                let behind = if oldest_first { "pk = :list AND sk > :last" } else { "pk = :list AND sk < :last" };
                query.key_condition_expression(behind).expression_attribute_values(":last", s(sort_key(id)))
            }
            Start::Offset(_) => query.key_condition_expression("pk = :list"),
        };
        Ok(query.send().await.map_err(store_error)?.items.unwrap_or_default())
    }

    /// Reads all that it takes to show these comments, and what else is wanted of their table.
    async fn found(
        &self,
        (article, viewer): (ArticleId, Option<UserId>),
        comments: Vec<&Stored>,
        others: Vec<Key>,
    ) -> Result<Found, StoreError> {
        let (comments_table, users_table) = (&*self.comments.name, &*self.users.name);
        let mut wanted: HashSet<(&str, Key)> = others.into_iter().map(|key| (comments_table, key)).collect();
        for said in comments {
            for person in [said.author_id, said.reply_to].into_iter().flatten() {
                wanted.insert((users_table, user_key(person)));
                wanted.extend(viewer.map(|viewer| (&*self.interactions.name, follow_key(viewer, person))));
            }
            if said.is_long() {
                wanted.insert((comments_table, text_key(article, said.id)));
            }
        }
        let items = self.comments.dynamo.get_all(wanted.into_iter().collect()).await?;
        Ok(Found { article, viewer, items })
    }

    /// What is answered of a comment that begins no thread: nothing, if it is a reply that is there.
    async fn replies_to_a_reply(
        &self,
        article: ArticleId,
        said: Option<Stored>,
    ) -> Result<Option<CommentPage>, StoreError> {
        let reply = said.filter(|said| !said.is_placeholder()).and_then(|said| said.comment(article).reply);
        let Some(reply) = reply else { return Ok(None) };
        Ok(self.comments.head(article, reply.root).await?.map(|_| CommentPage::default()))
    }
}

/// What was read for a page.
struct Found {
    article: ArticleId,
    viewer: Option<UserId>,
    items: HashMap<Key, Item>,
}

impl Found {
    /// The comment as its readers see it; `None` if its text went since it was read.
    fn show(&self, said: &Stored) -> Result<Option<ShownComment>, StoreError> {
        let body = match self.items.get(&text_key(self.article, said.id)) {
            Some(text) if said.is_long() => Some(text_from(text.clone())?),
            _ if said.is_long() => return Ok(None),
            _ => said.body.clone(),
        };
        Ok(Some(ShownComment {
            comment: said.comment(self.article),
            body,
            author: said.author_id.map(|id| self.person(id)).transpose()?,
            reply_to: said.reply_to.map(|id| self.person(id)).transpose()?,
            replies_count: 0,
            replies: Vec::new(),
        }))
    }

    fn person(&self, id: UserId) -> Result<Person, StoreError> {
        let user = self.items.get(&user_key(id)).ok_or_else(|| corrupt("a comment without its author"))?;
        let followed = self.viewer.is_some_and(|viewer| self.items.contains_key(&follow_key(viewer, id)));
        let profile = user_from(user.clone())?.map_or_else(Profile::deleted, |user| user.profile());
        Ok(Person { profile, followed })
    }

    fn head(&self, root: CommentId) -> Result<Option<Head>, StoreError> {
        self.items.get(&head_key(self.article, root)).cloned().map(from_item).transpose()
    }

    fn comment(&self, id: CommentId) -> Result<Option<Stored>, StoreError> {
        self.items.get(&comment_key(self.article, id)).cloned().map(said_in).transpose()
    }
}
