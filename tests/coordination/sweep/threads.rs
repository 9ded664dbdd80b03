//! Comments that are swept: those of deleted articles, and the replies in deleted threads.

use std::sync::Arc;

use async_trait::async_trait;
use shared::{
    domain::{
        ArticleId,
        article::Article,
        comment::{Comment, OPENING},
    },
    lease::End,
    ports::{
        StoreError,
        articles::ArticleWrites as _,
        comments::Parent,
        leases::{GuardedWriteError, Lease},
        sweeps::{CommentSweeps, ThreadMark},
        system::System as _,
    },
};
use sweep::{BUDGET, LIFE, Report, Sweeper};

use super::{Stopped, sweep, sweeper};
use crate::world::World;

/// A text that is stored apart.
const LONG: usize = 5_000;

#[async_trait]
impl CommentSweeps for Stopped {
    async fn marks(&self, limit: u16) -> Result<Vec<ThreadMark>, StoreError> {
        self.pass().await;
        self.world.comment_sweeps.marks(limit).await
    }

    async fn drop_replies(&self, mark: &ThreadMark, limit: u16) -> Result<u32, StoreError> {
        self.pass().await;
        self.world.comment_sweeps.drop_replies(mark, limit).await
    }

    async fn drop_comments(&self, article: ArticleId, limit: u16) -> Result<u32, StoreError> {
        self.pass().await;
        self.world.comment_sweeps.drop_comments(article, limit).await
    }

    async fn settle(&self, mark: &ThreadMark, lease: &Lease) -> Result<(), GuardedWriteError> {
        self.pass().await;
        self.world.comment_sweeps.settle(mark, lease).await
    }
}

/// A sweeper that stops among the comments.
fn stopping(world: &World, stopped: &Arc<Stopped>) -> Sweeper {
    Sweeper { comments: stopped.clone(), ..sweeper(world, world.sweeps.clone()) }
}

/// A comment with so many replies, some of them long, some answers to the one before.
async fn thread(world: &World, article: &Article, replies: usize) -> Comment {
    let root = world.comment(article, None, "Root").await;
    let mut last = root.clone();
    for n in 0..replies {
        let body = if n % 10 == 1 { "x".repeat(LONG) } else { "x".to_owned() };
        let comment = if n % 7 == 3 { &last } else { &root }.clone();
        last = world.comment(article, Some(&Parent { comment, opening: n.min(OPENING) }), &body).await;
    }
    root
}

/// Such a thread, of which all but the first twenty replies are copies.
async fn long_thread(world: &World, article: &Article, replies: u64) -> Comment {
    let root = thread(world, article, 19).await;
    let last = world.comment(article, Some(&Parent { comment: root.clone(), opening: OPENING }), "Last").await;
    world.copy_reply(&last, replies - 20);
    root
}

/// Items of the table of comments.
fn left(world: &World) -> usize {
    world.count_in("CommentsTable", "")
}

#[tokio::test]
async fn a_run_removes_deleted_threads_and_the_comments_of_deleted_articles_and_nothing_else() {
    let world = World::new().await;
    let (kept, gone) = (world.publish(1).await, world.publish(1).await);
    thread(&world, &kept, 4).await;
    let before = left(&world);
    let root = thread(&world, &kept, 12).await;
    let alone = world.comment(&kept, None, "Alone").await;
    world.delete_comment(&root).await;
    world.delete_comment(&alone).await;
    thread(&world, &gone, 5).await;
    thread(&world, &gone, 1).await;
    let both = thread(&world, &gone, 2).await;
    world.delete_comment(&both).await;
    world.articles.delete(&gone, world.clock.now()).await.unwrap();

    // The items are a body and its HTML.
    let report = Report { drafts: 1, items: 2, threads: 2, comments: 12 + 6 + 2 + 2, ..Report::of(End::Clean) };
    assert_eq!(sweep(&world).await, report);
    assert_eq!(left(&world), before);
    assert_eq!(sweep(&world).await, Report::of(End::Clean));
}

#[tokio::test]
async fn what_a_killed_run_left_of_comments_is_removed_by_the_next_wherever_it_was_killed() {
    let world = Arc::new(World::new().await);
    let kept = world.publish(1).await;
    for calls in 0.. {
        let root = long_thread(&world, &kept, 101).await;
        world.delete_comment(&root).await;
        let gone = world.publish(1).await;
        thread(&world, &gone, 3).await;
        world.articles.delete(&gone, world.clock.now()).await.unwrap();

        let stopped = Stopped::after(&world, calls);
        let killed = stopping(&world, &stopped);
        tokio::select! {
            _ = killed.sweep() => break,
            () = stopped.stopped.notified() => {}
        }
        world.clock.pass(LIFE);
        assert_eq!(sweep(&world).await.end, End::Clean, "killed after {calls} calls");
        assert_eq!((left(&world), world.count("SWEEP")), (0, 0), "killed after {calls} calls");
    }
    assert_eq!((left(&world), world.count("SWEEP")), (0, 0));
}

#[tokio::test]
async fn a_thread_of_5000_replies_is_gone_at_once_and_swept_by_several_runs_one_of_which_is_killed() {
    const REPLIES: u64 = 5_000;
    let world = Arc::new(World::new().await);
    let article = world.publish(1).await;
    let root = long_thread(&world, &article, REPLIES).await;
    let items = left(&world);
    world.delete_comment(&root).await;
    // The head, the comment and a mark in their place: what is deleted in the request does not grow with the thread.
    assert_eq!(left(&world), items - 1);

    let stopped = Stopped::after(&world, 20);
    let killed = stopping(&world, &stopped);
    tokio::select! {
        report = killed.sweep() => panic!("{report:?}"),
        () = stopped.stopped.notified() => {}
    }
    world.clock.pass(LIFE);
    let halfway = left(&world);
    assert!((1..items - 1).contains(&halfway), "{halfway} items are left of {items}");

    let slow = Stopped::new(&world, usize::MAX, BUDGET / 4);
    assert_eq!(stopping(&world, &slow).sweep().await.unwrap().end, End::OutOfTime);
    assert!((1..halfway).contains(&left(&world)));

    let report = sweep(&world).await;
    assert_eq!((report.end, report.threads), (End::Clean, 1));
    assert_eq!(left(&world), 0);
}

#[tokio::test]
async fn a_run_that_lost_its_lease_removes_no_mark() {
    let world = Arc::new(World::new().await);
    let article = world.publish(1).await;
    let root = thread(&world, &article, 2).await;
    world.delete_comment(&root).await;
    // Just before it removes the mark: it has looked for marks, found two replies, then none.
    let stopped = Stopped::after(&world, 3);
    let run = stopping(&world, &stopped);
    let overtaken = async {
        stopped.stopped.notified().await;
        world.clock.pass(LIFE);
        let report = sweep(&world).await;
        stopped.gate.add_permits(100);
        report
    };
    let (first, second) = tokio::join!(run.sweep(), overtaken);
    assert_eq!((first.unwrap().end, second.end), (End::Lost, End::Clean));
    assert_eq!(left(&world), 0);
}
