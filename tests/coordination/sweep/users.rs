//! What was deleted users': that all of it goes, wherever a run is killed, and that nothing else does.

use std::sync::Arc;

use async_trait::async_trait;
use shared::{
    domain::{
        DraftId, SessionId, Timestamp, UserId,
        agent::Agent,
        article::{Article, Standing},
        draft::{Draft, DraftBody, DraftChanges},
        lockout::Subject,
        session::{RefreshToken, Session},
        user::{EmailAddress, PhoneNumber, Role, User, Username},
    },
    lease::End,
    ports::{
        StoreError,
        articles::{ArticleWrites, DraftMove},
        departures::{DepartError, Departures as _},
        drafts::Drafts,
        follows::Follows as _,
        identities::{Identities as _, LinkedIdentities as _, NotLinked},
        leases::{GuardedWriteError, Lease},
        lockouts::Lockouts as _,
        sweeps::{Remains, UserMark, UserSweeps},
        system::System as _,
        users::{Registrations as _, Users as _},
    },
};
use sweep::{GRACE, LIFE, Sweeper};

use super::{Stopped, sweep, sweeper};
use crate::world::{World, body, html, text};

#[async_trait]
impl UserSweeps for Stopped {
    async fn marks(&self, last: Option<UserId>, limit: u16) -> Result<Vec<UserMark>, StoreError> {
        self.pass().await;
        self.world.user_sweeps.marks(last, limit).await
    }

    async fn drop_remains(
        &self,
        user: UserId,
        remains: Remains,
        limit: u16,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        self.pass().await;
        self.world.user_sweeps.drop_remains(user, remains, limit, now).await
    }

    async fn settle(&self, user: UserId, lease: &Lease) -> Result<(), GuardedWriteError> {
        self.pass().await;
        self.world.user_sweeps.settle(user, lease).await
    }
}

/// A sweeper that stops among what was users'.
fn stopping(world: &World, stopped: &Arc<Stopped>) -> Sweeper {
    Sweeper { users: stopped.clone(), ..sweeper(world, world.sweeps.clone()) }
}

/// Somebody who has signed up.
async fn user(world: &World, name: &str, phone: &str) -> User {
    let now = world.clock.now();
    let id = UserId::new(now, world.system().random());
    let user = User {
        id,
        username: Username::parse(name).unwrap(),
        email: Some(EmailAddress::parse(&format!("{name}@mail.example")).unwrap()),
        phone: Some(PhoneNumber::parse(phone).unwrap()),
        role: Role::Author,
        bio: None,
        image: None,
        created_at: now,
        version: 1,
        epoch: 0,
    };
    let session = SessionId::new(now, world.system().random());
    let token = RefreshToken::new(id, session, world.system().random(), world.system().random());
    let session = Session {
        id: session,
        user_id: id,
        agent: Agent::parse(""),
        role: user.role,
        epoch: user.epoch,
        family: token.family(),
        refresh_hash: token.hash(),
        created_at: now,
        expires_at: now.plus(LIFE),
    };
    world.registry.register(&user, None, &session).await.unwrap();
    user
}

/// A live article of `author`'s, with its draft.
async fn article(world: &World, author: &User) -> Article {
    let (article, draft) = world.article();
    let (article, draft) = (Article { author_id: author.id, ..article }, Draft { author_id: author.id, ..draft });
    ArticleWrites::create(&world.articles, &article, &draft, text(&body(), &html()), None).await.unwrap();
    article
}

/// The names by which a provider knows somebody.
fn identities(user: UserId) -> [String; 2] {
    ["one", "two"].map(|which| format!("{user}, {which}"))
}

/// Everything that somebody can have: live and withdrawn articles, a draft, follows both ways, tries to log in, identities elsewhere.
async fn life(world: &World, ann: &User, bob: &User) -> [Article; 2] {
    let live = article(world, ann).await;
    let withdrawn = article(world, ann).await;
    let draft = Drafts::find(&world.articles, ann.id, withdrawn.draft_id).await.unwrap().unwrap();
    let moved = DraftMove { old: &draft, new: &draft.withdrawn() };
    world.articles.withdraw(&withdrawn, moved, world.clock.now(), None).await.unwrap();
    let draft = DraftId::new(world.clock.now(), world.system().random());
    let draft = Draft::new(draft, ann.id, DraftChanges::default(), world.clock.now());
    Drafts::create(&world.articles, &draft, &DraftBody::default(), None).await.unwrap();
    world.follows.follow(ann.id, bob.id).await.unwrap();
    world.follows.follow(bob.id, ann.id).await.unwrap();
    world.lockouts.count(&Subject::Account(ann.id), world.clock.now()).await.unwrap();
    for subject in identities(ann.id) {
        world.identities.link(ann.id, &world.identity(&subject)).await.unwrap();
    }
    [live, withdrawn]
}

/// Items that name `user` in a key, but for the user and their mark.
fn left(world: &World, user: UserId) -> usize {
    let keys = ["USER#", "DRAFTS#", "LIST#AUTHOR#", "COUNT#AUTHOR#", "FOLLOWS#", "FOLLOWERS#", "COUNTERS#"];
    let tables = ["UsersTable", "SessionsTable", "ArticlesTable", "InteractionsTable", "CoordinationTable"];
    let under = |table: &&str| keys.iter().map(|key| world.count_in(table, &format!("{key}{user}"))).sum::<usize>();
    let guards = identities(user).map(|subject| format!("IDENTITY#{}", world.identity(&subject).id));
    let others = guards.into_iter().chain([format!("LOCKOUT#ACCOUNT#{user}")]);
    let others: usize = others.map(|key| world.count_in("UsersTable", &key)).sum();
    // The tombstone stays.
    tables.iter().map(under).sum::<usize>() + others - 1
}

#[tokio::test]
async fn of_a_deleted_user_nothing_is_left_but_their_id_and_of_others_everything() {
    let world = World::new().await;
    let (ann, bob) = (user(&world, "ann", "+8613800138000").await, user(&world, "bob", "+8613800138001").await);
    let articles = life(&world, &ann, &bob).await;
    let bobs = article(&world, &bob).await;
    world.users.depart(&ann, world.clock.now()).await.unwrap();
    assert_eq!(world.users.by_id(ann.id).await.unwrap(), None);
    assert_eq!(world.users.holder(&ann.username).await.unwrap(), None);

    assert_eq!(sweep(&world).await.end, End::Clean);
    assert_eq!(left(&world, ann.id), 0);
    assert_eq!(world.count_in("UsersTable", &format!("USER#{}", ann.id)), 1, "the id");
    for gone in &articles {
        let standing = ArticleWrites::find(&world.articles, &gone.slug).await.unwrap();
        assert!(matches!(standing, Some(Standing::Erased { .. })), "{standing:?}");
    }
    // One article with its HTML.
    assert_eq!(world.count("REVISION#"), 2);
    assert!(matches!(ArticleWrites::find(&world.articles, &bobs.slug).await.unwrap(), Some(Standing::Live(_))));
    let [counters, _] = world.follows.counters_of([bob.id, ann.id]).await.unwrap();
    assert_eq!((counters.followers, counters.following), (0, 0));
    assert_eq!(world.users.by_id(bob.id).await.unwrap(), Some(bob));
}

#[tokio::test]
async fn what_was_a_users_is_free_for_others_at_once() {
    let world = World::new().await;
    let ann = user(&world, "ann", "+8613800138000").await;
    world.users.depart(&ann, world.clock.now()).await.unwrap();
    let other = user(&world, "ann", "+8613800138000").await;
    assert_eq!(sweep(&world).await.end, End::Clean);
    assert_eq!(world.users.holder(&other.username).await.unwrap().map(|holder| holder.id), Some(other.id));
}

#[tokio::test]
async fn an_identity_of_a_deleted_user_is_nobodys_at_once_and_free_once_it_is_swept() {
    let world = World::new().await;
    let (ann, bob) = (user(&world, "ann", "+8613800138000").await, user(&world, "bob", "+8613800138001").await);
    let identity = world.identity("ann");
    world.identities.link(ann.id, &identity).await.unwrap();
    let owner = || world.identities.owner(std::slice::from_ref(&identity.id));
    assert_eq!(owner().await.unwrap().map(|owner| owner.id), Some(ann.id));
    assert!(matches!(world.identities.link(bob.id, &identity).await, Err(NotLinked::Taken)));
    world.users.depart(&ann, world.clock.now()).await.unwrap();
    assert_eq!(owner().await.unwrap(), None);
    assert!(matches!(world.identities.link(ann.id, &world.identity("late")).await, Err(NotLinked::NoAccount)));

    let guard = format!("IDENTITY#{}", identity.id);
    assert_eq!(world.count_in("UsersTable", &guard), 1, "not swept yet");
    assert_eq!(sweep(&world).await.end, End::Clean);
    assert_eq!(world.count_in("UsersTable", &guard), 0);
    assert_eq!(left(&world, ann.id), 0);
    world.identities.link(bob.id, &identity).await.unwrap();
    assert_eq!(owner().await.unwrap().map(|owner| owner.id), Some(bob.id));
}

#[tokio::test]
async fn what_was_taken_over_before_the_sweep_stays_with_whoever_took_it() {
    let world = World::new().await;
    let (ann, bob) = (user(&world, "ann", "+8613800138000").await, user(&world, "bob", "+8613800138001").await);
    let [linked, signed_up] = ["linked", "signed up"].map(|subject| world.identity(subject));
    for identity in [&linked, &signed_up] {
        world.identities.link(ann.id, identity).await.unwrap();
    }
    world.users.depart(&ann, world.clock.now()).await.unwrap();
    world.identities.link(bob.id, &linked).await.unwrap();
    let (id, username) = (UserId::new(world.clock.now(), world.system().random()), Username::parse("eve").unwrap());
    let eve = User { id, username, email: None, phone: None, ..bob.clone() };
    world.identities.sign_up(&eve, &signed_up, None).await.unwrap();

    world.clock.pass(GRACE);
    assert_eq!(sweep(&world).await.users, 1);
    for (identity, user) in [(&linked, &bob), (&signed_up, &eve)] {
        let owner = world.identities.owner(std::slice::from_ref(&identity.id)).await.unwrap();
        assert_eq!(owner.map(|owner| owner.id), Some(user.id));
        assert_eq!(world.identities.of(user.id).await.unwrap().as_slice(), std::slice::from_ref(identity));
    }
    // Not even the one who was there before takes them back.
    assert!(matches!(world.identities.link(bob.id, &signed_up).await, Err(NotLinked::Taken)));
}

#[tokio::test]
async fn a_user_who_has_changed_is_not_deleted_and_one_who_is_gone_not_twice() {
    let world = World::new().await;
    let ann = user(&world, "ann", "+8613800138000").await;
    let old = User { version: 7, ..ann.clone() };
    assert!(matches!(world.users.depart(&old, world.clock.now()).await, Err(DepartError::Changed)));
    assert_eq!(world.users.by_id(ann.id).await.unwrap(), Some(ann.clone()));
    world.users.depart(&ann, world.clock.now()).await.unwrap();
    assert!(matches!(world.users.depart(&ann, world.clock.now()).await, Err(DepartError::Changed)));
}

#[tokio::test]
async fn what_a_killed_run_left_of_a_user_is_removed_by_the_next_wherever_it_was_killed() {
    let world = Arc::new(World::new().await);
    let bob = user(&world, "bob", "+8613800138001").await;
    for calls in 0.. {
        let ann = user(&world, &format!("ann{calls}"), "+8613800138000").await;
        life(&world, &ann, &bob).await;
        world.users.depart(&ann, world.clock.now()).await.unwrap();
        let stopped = Stopped::after(&world, calls);
        let killed = stopping(&world, &stopped);
        tokio::select! {
            _ = killed.sweep() => break,
            () = stopped.stopped.notified() => {}
        }
        world.clock.pass(LIFE);
        assert_eq!(sweep(&world).await.end, End::Clean, "killed after {calls} calls");
        assert_eq!(left(&world, ann.id), 0, "killed after {calls} calls");
        let [counters, _] = world.follows.counters_of([bob.id, ann.id]).await.unwrap();
        assert_eq!((counters.followers, counters.following), (0, 0), "killed after {calls} calls");
        world.clock.pass(GRACE);
        assert_eq!(sweep(&world).await.users, 1);
    }
}

#[tokio::test]
async fn what_a_request_under_way_wrote_after_its_author_went_goes_too() {
    let world = World::new().await;
    let ann = user(&world, "ann", "+8613800138000").await;
    world.users.depart(&ann, world.clock.now()).await.unwrap();
    assert_eq!(sweep(&world).await.remains, 1, "the session");
    let late = article(&world, &ann).await;
    world.clock.pass(GRACE);
    let report = sweep(&world).await;
    assert_eq!((report.users, report.remains), (1, 1));
    assert!(matches!(ArticleWrites::find(&world.articles, &late.slug).await.unwrap(), Some(Standing::Erased { .. })));
    assert_eq!(world.count_in("UsersTable", "SWEEP"), 0);
    assert_eq!(sweep(&world).await.users, 0);
}
