//! How many messages there may be: counts that outlive the cache, and the window of messages to all phones.

use std::{net::IpAddr, time::Duration};

use shared::{
    domain::{
        code::{Code, CodeVerdict, Purpose},
        sms::{SmsQuotas, tomorrow},
    },
    ports::{
        codes::{Codes as _, SendCodeError},
        system::System as _,
    },
};

use crate::world::{World, phone};

const MINUTE: Duration = Duration::from_secs(60);

fn flush(world: &World) {
    let _: String = world.redis.ask(&["FLUSHALL"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_gets_ten_messages_a_day_whatever_becomes_of_the_cache() {
    let world = World::new().await;
    let codes = world.codes();
    for _ in 0..10 {
        world.ask(&codes, &phone(1)).await.unwrap();
        world.clock.pass(MINUTE);
        flush(&world);
    }
    let now = world.clock.now();
    let left = now.until(tomorrow(now));
    assert_eq!(world.ask(&codes, &phone(1)).await, Err(left.as_secs()));
    world.ask(&codes, &phone(2)).await.unwrap();
    world.clock.pass(left);
    world.ask(&codes, &phone(1)).await.unwrap();
    assert_eq!(world.items("TASKS#").len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_a_country_and_all_together_have_quotas_of_their_own() {
    let world = World::new().await;
    let small = SmsQuotas { address: 2, country: 3, all: 4, ..SmsQuotas::default() };
    let codes = world.codes_over(world.redis_client(), small, "600/60");
    let now = world.clock.now();
    let address = |n: u8| Some(IpAddr::from([192, 0, 2, n]));
    let american = |n: u32| shared::domain::user::PhoneNumber::parse(&format!("+1415555267{n}")).unwrap();
    let ask = async |phone, address| match codes.send(Purpose::Login, &phone, address, now).await {
        Ok(()) => true,
        Err(SendCodeError::TooMany(wait)) if wait == now.until(tomorrow(now)) => false,
        Err(error) => panic!("{error:?}"),
    };
    assert!(ask(phone(1), address(1)).await && ask(phone(2), address(1)).await);
    assert!(!ask(phone(3), address(1)).await, "the address has had its two");
    assert!(ask(phone(3), address(2)).await);
    assert!(!ask(phone(4), address(3)).await, "the country has had its three");
    assert!(ask(american(1), address(3)).await);
    assert!(!ask(american(2), address(4)).await, "all have had their four");
    assert_eq!(world.items("TASKS#").len(), 4, "what is refused is counted for nobody and sent to nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_refused_for_a_quota_has_no_code() {
    let world = World::new().await;
    let small = SmsQuotas { all: 1, ..SmsQuotas::default() };
    let codes = world.codes_over(world.redis_client(), small, "600/60");
    world.ask(&codes, &phone(1)).await.unwrap();
    world.ask(&codes, &phone(2)).await.unwrap_err();
    let keys: Vec<String> = world.redis.ask(&["KEYS", "phone_*"]);
    assert!(keys.iter().all(|key| key.contains("0001")), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tries_are_counted_across_codes_and_end_sending_until_tomorrow() {
    let world = World::new().await;
    let quotas = SmsQuotas { phone: 1_000, wrong: 7, ..SmsQuotas::default() };
    let codes = world.codes_over(world.redis_client(), quotas, "600/60");
    let wrong = Code::parse("999999").unwrap();
    let mut guesses = 0;
    while world.ask(&codes, &phone(1)).await.is_ok() {
        while let CodeVerdict::Wrong { .. } = world.try_code(&codes, &phone(1), &wrong).await {
            guesses += 1;
        }
        world.clock.pass(MINUTE);
        flush(&world);
    }
    assert_eq!(guesses, 9, "three codes of three tries: the fourth is not sent");
    let now = world.clock.now();
    assert_eq!(world.ask(&codes, &phone(1)).await, Err(now.until(tomorrow(now)).as_secs()));
    world.clock.pass(now.until(tomorrow(now)));
    world.ask(&codes, &phone(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_without_a_code_are_nobodys_wrong_tries() {
    let world = World::new().await;
    let quotas = SmsQuotas { wrong: 1, ..SmsQuotas::default() };
    let codes = world.codes_over(world.redis_client(), quotas, "600/60");
    for _ in 0..5 {
        let verdict = world.try_code(&codes, &phone(1), &Code::parse("123456").unwrap()).await;
        assert_eq!(verdict, CodeVerdict::NoCode);
    }
    world.ask(&codes, &phone(1)).await.unwrap();
}

/// The seconds after which each task may be sent, in the order in which they were asked for.
fn waits(world: &World) -> Vec<i64> {
    let mut tasks = world.items("TASKS#");
    tasks.sort_by_key(|task| task["sk"]["S"].as_str().unwrap().to_owned());
    let number = |task: &serde_json::Value, name: &str| task[name]["N"].as_str().unwrap().parse::<i64>().unwrap();
    tasks.iter().map(|task| (number(task, "notBefore") - number(task, "createdAt")) / 1_000).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_beyond_the_window_waits_and_what_would_wait_too_long_is_refused() {
    let world = World::new().await;
    let codes = world.codes_over(world.redis_client(), SmsQuotas::default(), "2/100");
    for n in 0..8 {
        world.ask(&codes, &phone(n)).await.unwrap();
    }
    assert_eq!(waits(&world), [0, 0, 100, 100, 200, 200, 300, 300]);
    assert_eq!(world.ask(&codes, &phone(8)).await, Err(400));
    let keys: Vec<String> = world.redis.ask(&["KEYS", "phone_*0008*"]);
    assert!(keys.is_empty(), "who is refused has no code: {keys:?}");
    world.clock.pass(Duration::from_secs(200));
    world.ask(&codes, &phone(8)).await.unwrap();
    assert_eq!(waits(&world)[8], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_keeps_no_more_than_it_needs() {
    let world = World::new().await;
    let codes = world.codes_over(world.redis_client(), SmsQuotas::default(), "3/1");
    for n in 0..10 {
        world.ask(&codes, &phone(n)).await.unwrap();
        world.clock.pass(Duration::from_secs(1));
    }
    let kept: usize = world.redis.ask(&["ZCARD", "sms_turns:{all}"]);
    assert_eq!(kept, 3);
}
