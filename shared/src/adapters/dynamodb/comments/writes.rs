//! Writing: a comment, its place in the list of threads or in its thread, and the counts, in one transaction.

use async_trait::async_trait;

use super::{
    CommentWriter,
    items::{
        Answered, Head, Stored, comment_item, comment_key, entry_item, head_key, new_head, opening_value, text_item,
    },
};
use crate::{
    adapters::dynamodb::{
        error::SERVICE,
        interactions::counters::count_comments,
        store::{from_item, n},
        transaction::{Change, NotCommitted, Transaction},
    },
    domain::{
        ArticleId, Timestamp,
        article::Article,
        comment::{Comment, CommentBody, CommentId, OPENING, Reply},
    },
    ports::{
        StoreError,
        comments::{AddCommentError, CommentWrites, DeleteCommentError, Parent},
        idempotency::Record,
    },
};

/// How often a change is made anew because the thread changed in between.
pub(super) const TRIES: usize = 8;

/// Nobody waits for longer: the next try may succeed.
pub(super) const fn contended() -> StoreError {
    StoreError::Contended { service: SERVICE }
}

/// Which parts of a transaction have conditions, by their numbers.
struct Conditions {
    article: usize,
    id: usize,
    parent: Option<usize>,
    record: Option<usize>,
}

#[async_trait]
impl CommentWrites for CommentWriter {
    async fn parent(&self, article: ArticleId, id: CommentId) -> Result<Option<Parent>, StoreError> {
        let table = &self.comments;
        let (comment, head) = (comment_key(article, id), head_key(article, id));
        let mut found = table.get_all([comment.clone(), head.clone()]).await?;
        let Some(said) = found.remove(&comment).map(from_item::<Answered>).transpose()?.map(|found| found.said) else {
            return Ok(None);
        };
        let head = found.remove(&head).map(from_item::<Head>).transpose()?;
        let comment = said.comment(article);
        let head = match head {
            None if comment.reply.is_some() => table.head(article, comment.root()).await?,
            head => head,
        };
        // Of a deleted thread the replies stay until they are swept.
        let head = head.filter(|_| !said.is_placeholder());
        Ok(head.map(|head| Parent { comment, opening: head.opening.len() }))
    }

    async fn add(
        &self,
        article: &Article,
        comment: &Comment,
        body: &CommentBody,
        parent: Option<&Parent>,
        once: Option<Record<'_>>,
    ) -> Result<(), AddCommentError> {
        let said = Stored::new(comment, body);
        let Some(reply) = &comment.reply else { return self.begin(article, &said, body, once).await };
        let mut opening = parent.map(|parent| parent.opening);
        for _ in 0..TRIES {
            let known = match opening {
                Some(length) => length,
                None => self.opening_before(article.id, reply.root, said.id).await?,
            };
            if self.answer(article, &said, body, reply, known, once).await? {
                return Ok(());
            }
            opening = None;
        }
        Err(contended().into())
    }

    async fn delete(
        &self,
        article: ArticleId,
        id: CommentId,
        may: &(dyn for<'a> Fn(&'a Comment) -> bool + Sync),
        now: Timestamp,
    ) -> Result<(), DeleteCommentError> {
        for _ in 0..TRIES {
            if self.try_delete(article, id, may, now).await? {
                return Ok(());
            }
        }
        Err(contended().into())
    }
}

impl CommentWriter {
    /// Stores a comment that begins a thread.
    async fn begin(
        &self,
        article: &Article,
        said: &Stored,
        body: &CommentBody,
        once: Option<Record<'_>>,
    ) -> Result<(), AddCommentError> {
        let mut transaction = Transaction::default();
        let mut conditions = self.store(&mut transaction, article, said, body)?;
        transaction.put(&self.comments.name, new_head(article.id, said)?)?;
        conditions.record = once.map(|record| self.records.join(&mut transaction, record)).transpose()?;
        transaction.commit(&self.comments.dynamo).await.map_err(|error| conditions.failed(error, said.id))
    }

    /// Stores a reply in a thread whose opening has `opening` replies; `false` if it has not.
    async fn answer(
        &self,
        article: &Article,
        said: &Stored,
        body: &CommentBody,
        reply: &Reply,
        opening: usize,
        once: Option<Record<'_>>,
    ) -> Result<bool, AddCommentError> {
        let table = &self.comments.name;
        let mut transaction = Transaction::default();
        let mut conditions = self.store(&mut transaction, article, said, body)?;
        transaction.put(table, entry_item(article.id, reply.root, said)?)?;
        let head = transaction.next_part();
        transaction.update(table, head_key(article.id, reply.root), lengthened(said, opening)?)?;
        if reply.parent != reply.root {
            conditions.parent = Some(transaction.next_part());
            let answered = Change {
                update: "ADD answers :one".to_owned(),
                condition: Some("attribute_exists(said.authorId)"),
                values: vec![(":one", n(1))],
            };
            transaction.update(table, comment_key(article.id, reply.parent), answered)?;
        }
        conditions.record = once.map(|record| self.records.join(&mut transaction, record)).transpose()?;
        match transaction.commit(&self.comments.dynamo).await {
            Ok(()) => Ok(true),
            Err(NotCommitted::Conditions(failed)) if failed == [head] => Ok(false),
            Err(error) => Err(conditions.failed(error, said.id)),
        }
    }

    /// What every new comment writes: itself, if its article is there and its id free.
    fn store(
        &self,
        transaction: &mut Transaction,
        article: &Article,
        said: &Stored,
        body: &CommentBody,
    ) -> Result<Conditions, StoreError> {
        let table = &self.comments.name;
        let live = transaction.next_part();
        self.articles.check_live(transaction, article)?;
        let id = transaction.next_part();
        transaction.put_new(table, comment_item(article.id, said)?)?;
        if said.is_long() {
            transaction.put(table, text_item(article.id, said.id, body)?)?;
        }
        count_comments(transaction, &self.interactions.name, article.id, 1)?;
        Ok(Conditions { article: live, id, parent: None, record: None })
    }

    /// How many replies the thread of `root` opens with, as last written.
    ///
    /// # Errors
    /// There is no such thread any more, or its opening is ahead of the reply `id`.
    async fn opening_before(
        &self,
        article: ArticleId,
        root: CommentId,
        id: CommentId,
    ) -> Result<usize, AddCommentError> {
        let head = self.comments.head(article, root).await?.ok_or(AddCommentError::ParentGone)?;
        match head.opening_last() {
            Some(last) if last >= id => Err(AddCommentError::IdTaken(last)),
            _ => Ok(head.opening.len()),
        }
    }
}

/// What a new reply changes in the head of its thread. As long as the opening is not full the reply belongs into it: its id is
/// higher than those that are there.
fn lengthened(said: &Stored, opening: usize) -> Result<Change, StoreError> {
    let counts = "ADD repliesCount :one, threadSize :one, version :one";
    let mut values = vec![(":one", n(1)), (":id", n(said.id.number())), (":full", n(OPENING))];
    if opening >= OPENING {
        let condition = Some("size(opening) >= :full AND openingLast < :id");
        return Ok(Change { update: counts.to_owned(), condition, values });
    }
    values.push((":said", opening_value(std::slice::from_ref(said))?));
    Ok(Change {
        update: format!("SET opening = list_append(opening, :said), openingLast = :id {counts}"),
        condition: Some("size(opening) < :full AND openingLast < :id"),
        values,
    })
}

impl Conditions {
    /// What it means that a transaction with the comment `id` was not done.
    fn failed(&self, error: NotCommitted, id: CommentId) -> AddCommentError {
        match error {
            // Whoever holds the items may be the same request, sent again.
            NotCommitted::Store(StoreError::Contended { .. }) if self.record.is_some() => AddCommentError::KeyInUse,
            NotCommitted::Store(error) => AddCommentError::Store(error),
            NotCommitted::Conditions(failed) => {
                let has = |part: Option<usize>| part.is_some_and(|part| failed.contains(&part));
                // Before all others: what is in the way may be the same request's, sent before.
                if has(self.record) {
                    AddCommentError::KeyInUse
                } else if has(Some(self.article)) {
                    AddCommentError::ArticleGone
                } else if has(self.parent) {
                    AddCommentError::ParentGone
                } else if has(Some(self.id)) {
                    AddCommentError::IdTaken(id)
                } else {
                    // The head changed together with something that is looked at before it.
                    AddCommentError::Store(contended())
                }
            }
        }
    }
}
