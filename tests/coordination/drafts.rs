//! Which bodies drafts and articles keep, and which go.

use shared::{
    domain::{
        DraftId, UserId,
        article::{Article, Standing},
        draft::{Draft, DraftBody, DraftChanges},
    },
    ports::{
        articles::{ArticleWrites, DraftMove},
        drafts::Drafts,
        sweeps::{Mark, Sweeps as _},
        system::System as _,
    },
};

use crate::world::{World, body, html, text};

fn drafts(world: &World) -> &dyn Drafts {
    &world.articles
}

fn articles(world: &World) -> &dyn ArticleWrites {
    &world.articles
}

/// Saves so many bodies, one after the other.
async fn autosave(world: &World, mut draft: Draft, times: u32) -> Draft {
    for turn in 0..times {
        let body = DraftBody::parse(format!("Turn {turn}")).unwrap();
        let changes = DraftChanges { body: Some(body.clone()), ..DraftChanges::default() };
        let new = changes.apply(&draft, world.clock.now());
        drafts(world).save(&draft, &new, Some(&body)).await.unwrap();
        draft = new;
    }
    draft
}

/// How many bodies there are, apart from their HTML.
fn bodies(world: &World) -> usize {
    world.count("REVISION#") - world.count_sorted("REVISION#", "#HTML#")
}

async fn publish(world: &World, before: Option<&Standing>, draft: Draft, article: &Article) -> Draft {
    let new = draft.published(&article.slug);
    let moved = DraftMove { old: &draft, new: &new };
    articles(world).publish(before, article, moved, Some(&html()), None).await.unwrap();
    new
}

#[tokio::test]
async fn autosaves_leave_one_body_and_what_readers_saw_stays() {
    let world = World::new().await;
    let now = world.clock.now();
    let (author, id) = (UserId::from_bytes([1; 16]), DraftId::from_bytes([2; 16]));
    let draft = Draft::new(id, author, DraftChanges::default(), now);
    drafts(&world).create(&draft, &DraftBody::default(), None).await.unwrap();
    let draft = autosave(&world, draft, 20).await;
    assert_eq!((draft.revision, bodies(&world)), (21, 1));

    let first = Article { draft_id: id, author_id: author, revision: draft.revision, ..world.article().0 };
    let draft = publish(&world, None, draft, &first).await;
    assert_eq!(bodies(&world), 1, "the body is stored once");
    let draft = autosave(&world, draft, 20).await;
    assert_eq!(bodies(&world), 2, "the article's and the draft's");

    // An edit of the article beside the draft's.
    let edited = Article { revision: draft.next_revision(), version: 2, ..first.clone() };
    let beside = draft.beside(&edited).unwrap();
    let moved = DraftMove { old: &draft, new: &beside };
    articles(&world).update(&first, &edited, Some(moved), Some(text(&body(), &html()))).await.unwrap();
    assert_eq!(bodies(&world), 3, "readers saw two, the draft has a third");
    let draft = autosave(&world, beside, 5).await;
    assert_eq!(bodies(&world), 3);

    let second = Article { revision: draft.revision, version: 3, ..edited.clone() };
    let draft = publish(&world, Some(&Standing::Live(edited)), draft, &second).await;
    let draft = autosave(&world, draft, 5).await;
    assert_eq!(bodies(&world), 4, "readers saw three, the draft has a fourth");
    assert_eq!(articles(&world).body(&second).await.unwrap().as_str(), "Turn 4");
    assert_eq!(drafts(&world).body(&draft).await.unwrap().unwrap().as_str(), "Turn 4");

    articles(&world).delete(&second, now).await.unwrap();
    assert_eq!(drafts(&world).find(author, id).await.unwrap(), None);
    assert_eq!(world.sweeps.marks(10).await.unwrap(), [Mark { draft: id, article: Some(second.id) }]);
    world.sweeps.drop_bodies(id, 100).await.unwrap();
    assert_eq!((world.count("REVISION#"), world.count("DRAFTS#")), (0, 0));
}

#[tokio::test]
async fn a_draft_that_is_deleted_without_an_article_leaves_its_body_to_the_sweep() {
    let world = World::new().await;
    let now = world.clock.now();
    let draft = Draft::new(DraftId::from_bytes([2; 16]), UserId::from_bytes([1; 16]), DraftChanges::default(), now);
    drafts(&world).create(&draft, &DraftBody::default(), None).await.unwrap();
    let draft = autosave(&world, draft, 1).await;
    drafts(&world).delete(&draft, None, now).await.unwrap();
    assert_eq!(world.sweeps.marks(10).await.unwrap(), [Mark { draft: draft.id, article: None }]);
    assert_eq!(world.sweeps.drop_bodies(draft.id, 100).await.unwrap().items, 1);
}

#[tokio::test]
async fn whoever_is_overtaken_stores_nothing() {
    let world = World::new().await;
    let now = world.clock.now();
    let draft = Draft::new(DraftId::from_bytes([2; 16]), UserId::from_bytes([1; 16]), DraftChanges::default(), now);
    drafts(&world).create(&draft, &DraftBody::default(), None).await.unwrap();
    let newer = autosave(&world, draft.clone(), 1).await;
    let text = DraftBody::parse("Too late".to_owned()).unwrap();
    let late = DraftChanges { body: Some(text.clone()), ..DraftChanges::default() }.apply(&draft, now);
    assert!(drafts(&world).save(&draft, &late, Some(&text)).await.is_err());
    assert!(drafts(&world).delete(&draft, None, now).await.is_err());
    let (article, published) = (world.article().0, draft.published(&world.article().0.slug));
    let moved = DraftMove { old: &draft, new: &published };
    assert!(articles(&world).publish(None, &article, moved, Some(&html()), None).await.is_err());
    assert_eq!((world.count("ARTICLE#"), world.count("LIST#"), bodies(&world)), (0, 0, 1));
    assert_eq!(drafts(&world).find(newer.author_id, newer.id).await.unwrap(), Some(newer));
}
