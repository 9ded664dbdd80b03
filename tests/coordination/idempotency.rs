//! Answers that join the transaction of their effect.

use shared::{
    domain::{
        article::Article,
        draft::Draft,
        idempotency::{Fingerprint, IdempotencyKey, KEPT, KeptAnswer, KeyedRequest},
    },
    ports::{
        articles::{ArticleWrites as _, SaveArticleError},
        idempotency::{IdempotencyRecords as _, Kept, Record},
        system::System as _,
    },
};

use crate::world::{World, body, html, text};

fn request(article: &Article, key: &str) -> KeyedRequest {
    KeyedRequest {
        user: article.author_id,
        method: "POST".to_owned(),
        path: "/api/articles".to_owned(),
        key: IdempotencyKey::parse(key.as_bytes()).unwrap(),
        fingerprint: Fingerprint([7; 32]),
    }
}

/// Stores an article and its draft under the key of `request`.
async fn create(
    world: &World,
    (article, draft): &(Article, Draft),
    request: &KeyedRequest,
    answer: &KeptAnswer,
) -> Result<(), SaveArticleError> {
    let record = Record { request, answer, now: world.clock.now() };
    world.articles.create(article, draft, text(&body(), &html()), Some(record)).await
}

#[tokio::test]
async fn a_second_effect_under_the_same_key_is_refused_whether_or_not_its_slug_is_free() {
    let world = World::new().await;
    let article = world.article();
    let request = request(&article.0, "once");
    let answer = KeptAnswer { status: 201, body: b"{\"article\": 1}".to_vec() };
    create(&world, &article, &request, &answer).await.unwrap();
    let (other, draft) = world.article();
    for again in [article.clone(), (Article { author_id: article.0.author_id, ..other }, draft)] {
        let refused = create(&world, &again, &request, &answer).await;
        assert!(matches!(refused, Err(SaveArticleError::KeyInUse)), "{refused:?}");
    }
    assert_eq!(world.count("ARTICLE#"), 1);
    let kept = world.records.find(&request, world.clock.now()).await.unwrap();
    assert_eq!(kept, Some(Kept { fingerprint: request.fingerprint, answer }));
}

#[tokio::test]
async fn what_fails_leaves_no_record() {
    let world = World::new().await;
    let (article, draft) = world.article();
    let article = (Article { slug: world.publish(1).await.slug, ..article }, draft);
    let request = request(&article.0, "taken");
    let refused = create(&world, &article, &request, &KeptAnswer { status: 201, body: Vec::new() }).await;
    assert!(matches!(refused, Err(SaveArticleError::SlugTaken)), "{refused:?}");
    assert_eq!(world.records.find(&request, world.clock.now()).await.unwrap(), None);
}

#[tokio::test]
async fn after_24_hours_a_key_is_new_though_its_item_is_still_there() {
    let world = World::new().await;
    let (first, second) = (world.article(), world.article());
    let request = request(&first.0, "daily");
    let answers = [1, 2].map(|n| KeptAnswer { status: 201, body: vec![n] });
    create(&world, &first, &request, &answers[0]).await.unwrap();
    world.clock.pass(KEPT - std::time::Duration::from_secs(1));
    assert!(world.records.find(&request, world.clock.now()).await.unwrap().is_some());
    world.clock.pass(std::time::Duration::from_secs(1));
    assert_eq!(world.records.find(&request, world.clock.now()).await.unwrap(), None);
    create(&world, &second, &request, &answers[1]).await.unwrap();
    assert_eq!(world.records.find(&request, world.clock.now()).await.unwrap().unwrap().answer, answers[1]);
}

#[tokio::test]
async fn keys_of_other_methods_paths_and_users_are_other_keys() {
    let world = World::new().await;
    let article = world.article();
    let request = request(&article.0, "mine");
    create(&world, &article, &request, &KeptAnswer { status: 201, body: Vec::new() }).await.unwrap();
    for other in [
        KeyedRequest { method: "PUT".to_owned(), ..request.clone() },
        KeyedRequest { path: "/api/comments".to_owned(), ..request.clone() },
        KeyedRequest { user: world.article().0.author_id, ..request.clone() },
        KeyedRequest { key: IdempotencyKey::parse(b"other").unwrap(), ..request.clone() },
    ] {
        assert_eq!(world.records.find(&other, world.clock.now()).await.unwrap(), None, "{other:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_into_one_item_is_kept_whole() {
    let world = World::new().await;
    let article = world.article();
    let request = request(&article.0, "large");
    // Bytes of a xorshift generator (Marsaglia 2003), which nothing compresses.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    let answer = KeptAnswer { status: 201, body: (0..1_000_000).map(|_| random()).collect() };
    create(&world, &article, &request, &answer).await.unwrap();
    let kept = world.records.find(&request, world.clock.now()).await.unwrap().unwrap();
    assert!(kept.answer == answer, "another answer");
}
