//! What was a user's who is gone: each follow goes in a transaction with the count of whoever it was to; counters of articles follow from
//! the change stream. The user's own counts go at the end, whole.

use super::{
    InteractionTable,
    follows::count_follow,
    items::{
        collects_partition, follow_counters_key, follow_key, follower_key, followers_partition, follows_partition,
        likes_partition,
    },
};
use crate::{
    adapters::dynamodb::{error::corrupt, store::Key, transaction::Transaction},
    domain::UserId,
    ports::StoreError,
};

const THERE: &str = "attribute_exists(pk)";

impl InteractionTable {
    /// The partition of what `user` likes.
    pub(in crate::adapters::dynamodb) fn likes_of(&self, user: UserId) -> String {
        likes_partition(user)
    }

    /// The partition of what `user` collected.
    pub(in crate::adapters::dynamodb) fn collection_of(&self, user: UserId) -> String {
        collects_partition(user)
    }

    /// The partition of those whom `user` follows.
    pub(in crate::adapters::dynamodb) fn followees_of(&self, user: UserId) -> String {
        follows_partition(user)
    }

    /// The partition of those who follow `user`.
    pub(in crate::adapters::dynamodb) fn followers_of(&self, user: UserId) -> String {
        followers_partition(user)
    }

    /// Where the counts of all these are.
    pub(in crate::adapters::dynamodb) fn counts_of(&self, user: UserId) -> Vec<Key> {
        vec![follow_counters_key(user)]
    }

    /// Has `transaction` take away that `user` follows whom a sort key names.
    pub(in crate::adapters::dynamodb) fn remove_followee(
        &self,
        transaction: &mut Transaction,
        user: UserId,
        sk: &str,
    ) -> Result<(), StoreError> {
        let followee: UserId = sk.parse().map_err(corrupt)?;
        self.remove_follow(transaction, (user, followee))?;
        count_follow(transaction, &self.name, followee, "followers", -1, None)
    }

    /// Has `transaction` take away that whom a sort key names follows `user`.
    pub(in crate::adapters::dynamodb) fn remove_follower(
        &self,
        transaction: &mut Transaction,
        user: UserId,
        sk: &str,
    ) -> Result<(), StoreError> {
        let follower: UserId = sk.parse().map_err(corrupt)?;
        self.remove_follow(transaction, (follower, user))?;
        count_follow(transaction, &self.name, follower, "following", -1, None)
    }

    fn remove_follow(
        &self,
        transaction: &mut Transaction,
        (follower, followee): (UserId, UserId),
    ) -> Result<(), StoreError> {
        transaction.delete_when(&self.name, follow_key(follower, followee), THERE, Vec::new())?;
        transaction.delete(&self.name, follower_key(follower, followee))
    }
}
