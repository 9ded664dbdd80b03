//! Codes: one at a time, one a minute, three tries, once; on one node and on a cluster.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use shared::{
    adapters::redis::Redis,
    codes::PhoneCodes,
    domain::{
        code::{Code, CodeVerdict, Purpose},
        sms::SmsQuotas,
    },
    ports::{
        codes::{Codes as _, SendCodeError},
        system::System as _,
    },
};
use test_servers::RedisCluster;

use crate::world::{World, phone};

const MINUTE: Duration = Duration::from_secs(60);

/// A code that is not `code`.
fn wrong(code: &Code) -> Code {
    let digit = if code.as_str().starts_with('9') { '8' } else { '9' };
    Code::parse(&format!("{digit}{}", &code.as_str()[1..])).unwrap()
}

async fn fifty_parallel_sends_make_one(world: &World, codes: &PhoneCodes) {
    let phone = phone(50);
    let answers = join_all((0..50).map(|_| world.ask(codes, &phone))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(60))), "{answers:?}");
    let messages = world.messages();
    assert_eq!(messages.iter().filter(|message| message.phone == phone).count(), 1);
    let code = &messages.iter().find(|message| message.phone == phone).unwrap().code;
    assert_eq!(world.try_code(codes, &phone, code).await, CodeVerdict::Right);
}

async fn parallel_wrong_tries_never_get_a_fourth(world: &World, codes: &PhoneCodes) {
    let phone = phone(51);
    world.ask(codes, &phone).await.unwrap();
    let code = world.messages().into_iter().find(|message| message.phone == phone).unwrap().code;
    let wrong = wrong(&code);
    let verdicts = join_all((0..40).map(|_| world.try_code(codes, &phone, &wrong))).await;
    let mut counted: Vec<_> = verdicts.iter().filter(|verdict| **verdict != CodeVerdict::NoCode).collect();
    counted.sort_by_key(|verdict| format!("{verdict:?}"));
    let left = |left| CodeVerdict::Wrong { left };
    assert_eq!(counted, [&left(0), &left(1), &left(2)]);
    assert_eq!(world.try_code(codes, &phone, &code).await, CodeVerdict::NoCode, "the right one comes too late");
}

async fn parallel_right_tries_succeed_once(world: &World, codes: &PhoneCodes) {
    let phone = phone(52);
    world.ask(codes, &phone).await.unwrap();
    let code = world.messages().into_iter().find(|message| message.phone == phone).unwrap().code;
    let verdicts = join_all((0..40).map(|_| world.try_code(codes, &phone, &code))).await;
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == CodeVerdict::Right).count(), 1);
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == CodeVerdict::NoCode).count(), 39);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_any_number_of_calls_one_sends_three_try_and_one_succeeds() {
    let world = World::new().await;
    let codes = world.codes();
    fifty_parallel_sends_make_one(&world, &codes).await;
    parallel_wrong_tries_never_get_a_fourth(&world, &codes).await;
    parallel_right_tries_succeed_once(&world, &codes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_it_is_on_a_cluster() {
    let (world, cluster) = (World::new().await, RedisCluster::start());
    let redis = Redis::new(&cluster.url().parse().unwrap(), Arc::default(), world.clock.clone()).unwrap();
    let codes = world.codes_over(redis, SmsQuotas::default(), "600/60");
    fifty_parallel_sends_make_one(&world, &codes).await;
    parallel_wrong_tries_never_get_a_fourth(&world, &codes).await;
    parallel_right_tries_succeed_once(&world, &codes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_for_ten_minutes() {
    let world = World::new().await;
    let codes = world.codes();
    world.ask(&codes, &phone(1)).await.unwrap();
    world.ask(&codes, &phone(2)).await.unwrap();
    let [first, second] = world.messages().try_into().unwrap();
    world.clock.pass(10 * MINUTE - Duration::from_millis(1));
    assert_eq!(world.try_code(&codes, &phone(1), &first.code).await, CodeVerdict::Right);
    world.clock.pass(Duration::from_millis(1));
    assert_eq!(world.try_code(&codes, &phone(2), &second.code).await, CodeVerdict::NoCode);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_code_replaces_the_old_one_after_a_minute() {
    let world = World::new().await;
    let codes = world.codes();
    world.ask(&codes, &phone(1)).await.unwrap();
    world.clock.pass(MINUTE - Duration::from_millis(1));
    assert!(world.ask(&codes, &phone(1)).await.is_err());
    world.clock.pass(Duration::from_millis(1));
    world.ask(&codes, &phone(1)).await.unwrap();
    let [old, new] = world.messages().try_into().unwrap();
    assert!(matches!(world.try_code(&codes, &phone(1), &old.code).await, CodeVerdict::Wrong { left: 2 }));
    assert_eq!(world.try_code(&codes, &phone(1), &new.code).await, CodeVerdict::Right);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_one_purpose_is_none_for_another_and_a_phone_gets_one_message_a_minute_for_all() {
    let world = World::new().await;
    let codes = world.codes();
    let (phone, now) = (phone(1), world.clock.now());
    codes.send(Purpose::Reset, &phone, None, now).await.unwrap();
    let code = world.messages().pop().unwrap().code;
    assert_eq!(codes.verify(Purpose::Login, &phone, &code, now).await.unwrap(), CodeVerdict::NoCode);
    assert_eq!(codes.verify(Purpose::Phone, &phone, &code, now).await.unwrap(), CodeVerdict::NoCode);
    let refused = codes.send(Purpose::Phone, &phone, None, now).await;
    assert!(matches!(refused, Err(SendCodeError::TooMany(wait)) if wait == MINUTE), "{refused:?}");
    assert_eq!(codes.verify(Purpose::Reset, &phone, &code, now).await.unwrap(), CodeVerdict::Right);
    assert_eq!(world.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_is_emptied_gives_no_second_message_within_the_minute_and_no_tries_of_a_lost_code() {
    let world = World::new().await;
    let codes = world.codes();
    world.ask(&codes, &phone(1)).await.unwrap();
    let code = world.messages().pop().unwrap().code;
    world.clock.pass(Duration::from_secs(20));
    for _ in 0..5 {
        let _: String = world.redis.ask(&["FLUSHALL"]);
        assert_eq!(world.ask(&codes, &phone(1)).await, Err(40));
    }
    assert_eq!(world.messages().len(), 1);
    assert_eq!(world.try_code(&codes, &phone(1), &code).await, CodeVerdict::NoCode);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_stored_says_whose_code_it_is_or_which() {
    let world = World::new().await;
    let codes = world.codes();
    world.ask(&codes, &phone(1)).await.unwrap();
    let code = world.messages().pop().unwrap().code;
    let stored = serde_json::to_string(&world.items("")).unwrap();
    assert!(!stored.contains("13800130001"), "{stored}");
    let kept: Vec<String> = world.redis.ask(&["HVALS", "phone_code:{login:+8613800130001}"]);
    assert!(kept.iter().all(|value| value != code.as_str()), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_goes_by_itself() {
    let world = World::new().await;
    world.ask(&world.codes(), &phone(1)).await.unwrap();
    let keys: Vec<String> = world.redis.ask(&["KEYS", "*"]);
    assert_eq!(keys.len(), 3, "{keys:?}");
    for key in keys {
        let left: i64 = world.redis.ask(&["PTTL", &key]);
        assert!((1..=600_000).contains(&left), "{key}: {left}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_cache_nothing_is_sent() {
    let mut world = World::new().await;
    let codes = world.codes();
    world.redis.kill();
    let refused = codes.send(Purpose::Login, &phone(1), None, world.clock.now()).await;
    assert!(matches!(refused, Err(SendCodeError::Store(_))), "{refused:?}");
    assert!(world.items("").is_empty());
}
