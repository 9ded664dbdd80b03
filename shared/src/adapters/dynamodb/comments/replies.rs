//! Deleting a reply. Where others answered it a placeholder stays, until they have gone; else it vanishes, and with it the
//! placeholders above it that nobody else answered.

use super::{
    CommentTable,
    items::{
        Answered, Head, Stored, comment_key, entry_item, entry_key, head_key, opening_value, replies_of, said_in,
        said_value, text_key,
    },
};
use crate::{
    adapters::dynamodb::{
        error::store_error,
        store::{from_item, n, s},
        transaction::{Change, Transaction},
    },
    domain::{
        ArticleId, Timestamp,
        comment::{self, CommentId, OPENING},
    },
    ports::StoreError,
};

/// Placeholders that vanish with the last answer to them, at the most: two items each, of the 100 that a transaction may have.
/// Those above stay.
const MAX_CHAIN: usize = 20;

/// The condition that a comment is there and no placeholder.
const SAID: &str = "attribute_exists(said.authorId)";

/// A reply that is to be deleted, with what was read for it.
pub(super) struct Reply {
    pub(super) article: ArticleId,
    pub(super) reply: comment::Reply,
    pub(super) answered: Answered,
    pub(super) head: Head,
    /// The reply that it answers, if it answers one.
    pub(super) parent: Option<Answered>,
}

impl CommentTable {
    /// Has `transaction` delete a reply.
    pub(super) async fn delete_reply(
        &self,
        transaction: &mut Transaction,
        reply: Reply,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (article, id) = (reply.article, reply.answered.said.id);
        if reply.answered.said.is_long() {
            transaction.delete(&self.name, text_key(article, id))?;
        }
        if reply.answered.answers > 0 {
            let placeholder = reply.answered.said.placeholder(now);
            let change = Change {
                update: "SET said = :said".to_owned(),
                condition: Some("attribute_exists(said.authorId) AND answers > :none"),
                values: vec![(":said", said_value(&placeholder)?), (":none", n(0))],
            };
            transaction.update(&self.name, comment_key(article, id), change)?;
            transaction.put(&self.name, entry_item(article, reply.reply.root, &placeholder)?)?;
            let opening = reply.head.opening.iter();
            let opening = opening.map(|said| if said.id == id { placeholder.clone() } else { said.clone() }).collect();
            return self.shorten(transaction, &reply, &[], opening);
        }
        let unanswered = "attribute_exists(said.authorId) AND (attribute_not_exists(answers) OR answers = :none)";
        transaction.delete_when(&self.name, comment_key(article, id), unanswered, vec![(":none", n(0))])?;
        transaction.delete(&self.name, entry_key(article, reply.reply.root, id))?;
        let mut gone = vec![id];
        gone.extend(self.delete_above(transaction, &reply).await?);
        let opening = self.opening_without(&reply, &gone).await?;
        self.shorten(transaction, &reply, &gone, opening)
    }

    /// Takes an answer off the reply that was answered; if it is a placeholder and this was the last, that vanishes too, and so
    /// on. Answers those that vanish.
    async fn delete_above(&self, transaction: &mut Transaction, reply: &Reply) -> Result<Vec<CommentId>, StoreError> {
        let Reply { article, reply: comment::Reply { root, .. }, .. } = *reply;
        let mut gone = Vec::new();
        let mut above = reply.parent.as_ref().map(|parent| (parent.said.clone(), parent.answers));
        while let Some((said, answers)) = above.take() {
            let key = comment_key(article, said.id);
            if !said.is_placeholder() || answers > 1 || gone.len() == MAX_CHAIN {
                let change = Change {
                    update: "ADD answers :less".to_owned(),
                    // What vanished in between would come back; what became a placeholder may have to vanish.
                    condition: Some(if said.is_placeholder() { "answers = :answers" } else { SAID }),
                    values: if said.is_placeholder() {
                        vec![(":less", n(-1)), (":answers", n(answers))]
                    } else {
                        vec![(":less", n(-1))]
                    },
                };
                transaction.update(&self.name, key, change)?;
                return Ok(gone);
            }
            transaction.delete_when(&self.name, key, "answers = :last", vec![(":last", n(1))])?;
            transaction.delete(&self.name, entry_key(article, root, said.id))?;
            gone.push(said.id);
            let parent = said.comment(article).reply.map(|reply| reply.parent).filter(|parent| *parent != root);
            if let Some(parent) = parent {
                let item = self.dynamo.get(&self.name, comment_key(article, parent)).await?;
                above = item.map(from_item::<Answered>).transpose()?.map(|found| (found.said, found.answers));
            }
        }
        Ok(gone)
    }

    /// What the thread opens with when those that are `gone` are gone: those behind move up.
    async fn opening_without(&self, reply: &Reply, gone: &[CommentId]) -> Result<Vec<Stored>, StoreError> {
        let Reply { article, reply: comment::Reply { root, .. }, head, .. } = reply;
        let left = |said: &Stored| !gone.contains(&said.id);
        if !head.opens_with(gone) || !head.goes_on() {
            return Ok(head.opening.iter().filter(|said| left(said)).cloned().collect());
        }
        let query = self
            .dynamo
            .client
            .query()
            .table_name(&*self.name)
            .consistent_read(true)
            .key_condition_expression("pk = :thread")
            .expression_attribute_values(":thread", s(replies_of(*article, *root)))
            .limit(i32::try_from(OPENING + gone.len()).unwrap_or(i32::MAX));
        let items = query.send().await.map_err(store_error)?.items.unwrap_or_default();
        let replies = items.into_iter().map(said_in).collect::<Result<Vec<_>, _>>()?;
        Ok(replies.into_iter().filter(|said| left(said)).take(OPENING).collect())
    }

    /// Has the head count a reply less, with the placeholders that went along, and open with `opening`.
    fn shorten(
        &self,
        transaction: &mut Transaction,
        reply: &Reply,
        gone: &[CommentId],
        opening: Vec<Stored>,
    ) -> Result<(), StoreError> {
        let head = &reply.head;
        let counts = "ADD repliesCount :less, threadSize :size, version :one";
        let size = i64::try_from(gone.len()).unwrap_or(i64::MAX);
        let mut values = vec![(":less", n(-1)), (":size", n(-size)), (":one", n(1))];
        let change = if opening == head.opening {
            // Replies that come and go behind the opening are in nobody's way, unless one of these has moved up into it.
            let first = gone.iter().min().copied().unwrap_or(reply.answered.said.id);
            values.push((":first", n(first.number())));
            Change { update: counts.to_owned(), condition: Some("openingLast < :first"), values }
        } else {
            let last = opening.last().map_or(0, |said| said.id.number());
            values.extend([(":opening", opening_value(&opening)?), (":last", n(last)), (":version", n(head.version))]);
            Change {
                update: format!("SET opening = :opening, openingLast = :last {counts}"),
                condition: Some("version = :version"),
                values,
            }
        };
        transaction.update(&self.name, head_key(reply.article, reply.reply.root), change)
    }
}
