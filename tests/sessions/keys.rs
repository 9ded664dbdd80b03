//! Keys come and go, and nobody is logged out.

use serde_json::{Value, json};
use shared::adapters::jwt::PrivateKeys;

use crate::world::{Instance, Tokens, World};

/// An instance with these keys, the first of which signs.
fn with_keys(world: &World, keys: &[&str]) -> Instance {
    let list: Vec<Value> = keys.iter().flat_map(|key| serde_json::from_str::<Vec<Value>>(key).unwrap()).collect();
    let list = json!(list).to_string();
    world.instance_with(&[("JWT_KEYS", &list)])
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_without_logging_anyone_out() {
    let world = World::start().await;
    let old = world.environment["JWT_KEYS"].clone();
    let new = PrivateKeys::generate("new").unwrap().to_json();
    let ann = world.instance().sign_up("ann").await;

    // First every instance knows the new key, then it signs, then the old one is forgotten.
    let known = with_keys(&world, &[&old, &new]);
    let signs = with_keys(&world, &[&new, &old]);
    for instance in [&known, &signs] {
        assert_eq!(instance.own(&ann.access).await, 200);
    }
    let moved = Tokens::of(&signs.refresh(&ann.refresh).await.expect(200));
    for instance in [&known, &signs] {
        assert_eq!(instance.own(&moved.access).await, 200);
    }
    let alone = with_keys(&world, &[&new]);
    assert_eq!(alone.own(&moved.access).await, 200);
    assert_eq!(alone.own(&ann.access).await, 401, "of a key that nobody has any more");
    let refreshed = Tokens::of(&alone.refresh(&moved.refresh).await.expect(200));
    assert_eq!(alone.own(&refreshed.access).await, 200, "a refresh token depends on no key");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_under_a_known_name_signs_nothing() {
    let world = World::start().await;
    let instance = world.instance();
    let ann = instance.sign_up("ann").await;
    let forger = with_keys(&world, &[&PrivateKeys::generate("local").unwrap().to_json()]);
    let forged = Tokens::of(&forger.refresh(&ann.refresh).await.expect(200));
    assert_eq!(forger.own(&forged.access).await, 200);
    assert_eq!(instance.own(&forged.access).await, 401);
    world.stop().await;
}
