//! Deleting a comment: what is read for it, and the deletion of a whole thread. Nothing is locked: whoever comes in between moves the
//! head's version, and the deletion is made anew on what is there then.

use super::{
    CommentTable, CommentWriter,
    items::{Answered, Head, comment_key, head_key, mark_key, text_key},
    replies::Reply,
};
use crate::{
    adapters::dynamodb::{
        error::corrupt,
        interactions::counters::count_comments,
        store::{Item, Key, from_item, n},
        transaction::{NotCommitted, Transaction},
    },
    domain::{
        ArticleId, Timestamp,
        comment::{Comment, CommentId},
    },
    ports::{StoreError, comments::DeleteCommentError, sweeps::ThreadMark},
};

impl CommentWriter {
    /// Deletes a comment; `false` if it, or its thread, changed in between.
    pub(super) async fn try_delete(
        &self,
        article: ArticleId,
        id: CommentId,
        may: &(dyn for<'a> Fn(&'a Comment) -> bool + Sync),
        now: Timestamp,
    ) -> Result<bool, DeleteCommentError> {
        let (comment, head) = (comment_key(article, id), head_key(article, id));
        let table = &self.comments;
        let mut found = table.get_all([comment.clone(), head.clone()]).await?;
        let missing = || DeleteCommentError::Missing;
        let answered: Answered = from_item(found.remove(&comment).ok_or_else(missing)?)?;
        let comment = answered.said.comment(article);
        let mut transaction = Transaction::default();
        let gone = match &comment.reply {
            None => {
                let head: Head = from_item(found.remove(&head).ok_or_else(missing)?)?;
                if !may(&comment) {
                    return Err(DeleteCommentError::Forbidden);
                }
                table.delete_thread(&mut transaction, article, &head)?;
                1 + head.replies_count
            }
            Some(reply) => {
                let (key, parent) = (head_key(article, reply.root), comment_key(article, reply.parent));
                let mut found = table.get_all([key.clone(), parent.clone()]).await?;
                let head: Head = from_item(found.remove(&key).ok_or_else(missing)?)?;
                if answered.said.is_placeholder() {
                    return Err(DeleteCommentError::Missing);
                }
                if !may(&comment) {
                    return Err(DeleteCommentError::Forbidden);
                }
                // The root's answers are the head's to count.
                let parent = found.remove(&parent).filter(|_| reply.parent != reply.root);
                let parent = parent.map(from_item::<Answered>).transpose()?;
                let reply = Reply { article, reply: *reply, answered, head, parent };
                table.delete_reply(&mut transaction, reply, now).await?;
                1
            }
        };
        let gone = i64::try_from(gone).map_err(corrupt)?;
        count_comments(&mut transaction, &self.interactions.name, article, -gone)?;
        match transaction.commit(&table.dynamo).await {
            Ok(()) => Ok(true),
            Err(NotCommitted::Conditions(_)) => Ok(false),
            Err(NotCommitted::Store(error)) => Err(error.into()),
        }
    }
}

impl CommentTable {
    /// Takes a thread off the list, with the comment that began it. Nothing leads to its replies any more.
    fn delete_thread(&self, transaction: &mut Transaction, article: ArticleId, head: &Head) -> Result<(), StoreError> {
        let id = head.said.id;
        let unchanged = vec![(":version", n(head.version))];
        transaction.delete_when(&self.name, head_key(article, id), "version = :version", unchanged)?;
        transaction.delete(&self.name, comment_key(article, id))?;
        if head.said.is_long() {
            transaction.delete(&self.name, text_key(article, id))?;
        }
        if head.thread_size > 0 {
            transaction.put(&self.name, mark_key(&ThreadMark { article, root: id }).attributes())?;
        }
        Ok(())
    }

    /// Those of the items that are there, as last written, in one call.
    pub(super) async fn get_all(
        &self,
        keys: impl IntoIterator<Item = Key>,
    ) -> Result<std::collections::HashMap<Key, Item>, StoreError> {
        // A key may be asked for once.
        let keys: std::collections::HashSet<_> = keys.into_iter().collect();
        self.dynamo.get_all(keys.into_iter().map(|key| (&*self.name, key)).collect()).await
    }

    /// The head of the thread that `root` begins, as last written.
    pub(super) async fn head(&self, article: ArticleId, root: CommentId) -> Result<Option<Head>, StoreError> {
        self.dynamo.get(&self.name, head_key(article, root)).await?.map(from_item).transpose()
    }
}
