//! What concurrent writers of comments meet, one step at a time: ids that are taken, threads that change, counters.

use shared::{
    domain::{
        article::Article,
        comment::{Comment, CommentBody, CommentId, OPENING},
    },
    ports::{
        articles::ArticleWrites as _,
        comments::{AddCommentError, CommentWrites as _, DeleteCommentError, Parent},
        system::System as _,
    },
};

use crate::world::World;

/// What answers `comment`, as last written.
async fn parent(world: &World, comment: &Comment) -> Option<Parent> {
    world.comments.parent(comment.article, comment.id).await.unwrap()
}

/// Stores `comment` in answer to `parent`.
async fn add(
    world: &World,
    article: &Article,
    comment: &Comment,
    parent: Option<&Parent>,
) -> Result<(), AddCommentError> {
    let body = CommentBody::parse("Well said".to_owned()).unwrap();
    world.comments.add(article, comment, &body, parent, None).await
}

/// A reply to `parent` under `id` that is not stored yet.
fn reply(parent: &Parent, id: u64) -> Comment {
    let id = CommentId::from_number(id).unwrap();
    Comment { id, reply: Some(parent.comment.reply()), ..parent.comment.clone() }
}

#[tokio::test]
async fn an_id_that_another_comment_has_is_refused_with_that_id() {
    let world = World::new().await;
    let article = world.publish(1).await;
    let first = world.comment(&article, None, "First").await;
    let refused = add(&world, &article, &first, None).await;
    assert!(matches!(refused, Err(AddCommentError::IdTaken(id)) if id == first.id), "{refused:?}");
    let parent = parent(&world, &first).await.unwrap();
    let refused = add(&world, &article, &reply(&parent, first.id.number()), Some(&parent)).await;
    assert!(matches!(refused, Err(AddCommentError::IdTaken(id)) if id == first.id), "{refused:?}");
    assert_eq!(world.comments_counted(&article), 1);
}

#[tokio::test]
async fn a_reply_whose_clock_is_behind_is_told_which_id_it_must_follow() {
    let world = World::new().await;
    let article = world.publish(1).await;
    let root = world.comment(&article, None, "Root").await;
    let stale = parent(&world, &root).await.unwrap();
    let ahead = reply(&stale, root.id.number() + 1_000);
    add(&world, &article, &ahead, Some(&stale)).await.unwrap();
    for known in [stale, parent(&world, &root).await.unwrap()] {
        let refused = add(&world, &article, &reply(&known, root.id.number() + 1), Some(&known)).await;
        assert!(matches!(refused, Err(AddCommentError::IdTaken(id)) if id == ahead.id), "{refused:?}");
    }
    assert_eq!(world.comments_counted(&article), 2);
}

#[tokio::test]
async fn a_reply_that_knew_a_shorter_or_longer_opening_is_stored_all_the_same() {
    let world = World::new().await;
    let article = world.publish(1).await;
    let root = world.comment(&article, None, "Root").await;
    for known in [OPENING, 1, 0, 0, 2, OPENING] {
        let comment = root.clone();
        world.comment(&article, Some(&Parent { comment, opening: known }), "Reply").await;
    }
    assert_eq!(parent(&world, &root).await.unwrap().opening, OPENING);
    assert_eq!(world.comments_counted(&article), 7);
}

#[tokio::test]
async fn nothing_is_added_to_what_went_after_it_was_read() {
    let world = World::new().await;
    let article = world.publish(1).await;
    let root = world.comment(&article, None, "Root").await;
    let to_root = parent(&world, &root).await.unwrap();
    let first = world.comment(&article, Some(&to_root), "Reply").await;
    let to_reply = parent(&world, &first).await.unwrap();
    world.delete_comment(&first).await;
    let refused = add(&world, &article, &reply(&to_reply, first.id.number() + 1_000), Some(&to_reply)).await;
    assert!(matches!(refused, Err(AddCommentError::ParentGone)), "{refused:?}");
    world.delete_comment(&root).await;
    for parent in [&to_root, &to_reply] {
        let refused = add(&world, &article, &reply(parent, first.id.number() + 2_000), Some(parent)).await;
        assert!(matches!(refused, Err(AddCommentError::ParentGone)), "{refused:?}");
    }
    world.articles.delete(&article, world.clock.now()).await.unwrap();
    let refused = add(&world, &article, &root, None).await;
    assert!(matches!(refused, Err(AddCommentError::ArticleGone)), "{refused:?}");
    assert_eq!((world.count_in("CommentsTable", ""), world.comments_counted(&article)), (0, 0));
}

#[tokio::test]
async fn what_may_not_be_deleted_and_what_is_not_there_stays_as_it_is() {
    let world = World::new().await;
    let article = world.publish(1).await;
    let root = world.comment(&article, None, "Root").await;
    let now = world.clock.now();
    let refused = world.comments.delete(article.id, root.id, &|_| false, now).await;
    assert!(matches!(refused, Err(DeleteCommentError::Forbidden)), "{refused:?}");
    world.delete_comment(&root).await;
    let refused = world.comments.delete(article.id, root.id, &|_| true, now).await;
    assert!(matches!(refused, Err(DeleteCommentError::Missing)), "{refused:?}");
}

#[tokio::test]
async fn an_articles_counter_is_the_number_of_comments_that_are_there() {
    let world = World::new().await;
    let article = world.publish(1).await;
    let other = world.comment(&article, None, "Other").await;
    let root = world.comment(&article, None, "Root").await;
    let mut chain = vec![root.clone()];
    for n in 0..6 {
        let parent = parent(&world, &chain[n / 2]).await;
        chain.push(world.comment(&article, parent.as_ref(), "Reply").await);
    }
    assert_eq!(world.comments_counted(&article), 8);
    // One that was answered, one that was not, and the last answers to a placeholder.
    for (gone, left) in [(1, 7), (6, 6), (3, 5), (4, 4)] {
        world.delete_comment(&chain[gone]).await;
        assert_eq!(world.comments_counted(&article), left, "{gone} is gone");
    }
    world.delete_comment(&root).await;
    assert_eq!(world.comments_counted(&article), 1);
    world.delete_comment(&other).await;
    assert_eq!(world.comments_counted(&article), 0);
}
