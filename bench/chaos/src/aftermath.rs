//! What must hold between items when the program has stopped, whatever it was doing when it was killed. The keys are those of
//! `docs/storage.md`. Whoever adds records that follow from others adds a check to [`CHECKS`].

mod comments;

use std::collections::{BTreeMap, BTreeSet};

use crate::tables::{Item, Tables, number, text, texts};

const USERS: &str = "UsersTable";
const SESSIONS: &str = "SessionsTable";
const ARTICLES: &str = "ArticlesTable";
const INTERACTIONS: &str = "InteractionsTable";

/// Finds what contradicts itself.
type Check = fn(&Tables) -> Vec<String>;

const CHECKS: [Check; 10] = [
    lists_have_the_live_articles_and_no_others,
    counts_equal_the_entries,
    the_bodies_of_live_articles_and_of_drafts_are_there,
    articles_have_their_drafts_and_drafts_their_articles,
    each_user_has_their_guards_and_no_others,
    sessions_are_of_users,
    follows_stand_on_both_sides,
    counters_equal_the_relations,
    comments::threads_have_their_replies_and_no_others,
    comments::counters_equal_the_comments,
];

/// All that contradicts itself.
pub(crate) fn losses(tables: &Tables) -> Vec<String> {
    CHECKS.iter().flat_map(|check| check(tables)).map(|what| format!("in the tables: {what}")).collect()
}

/// What is left over and harms nobody.
pub(crate) fn left_over(tables: &Tables) -> Vec<String> {
    let drafts: BTreeSet<_> = tables.items(ARTICLES, "DRAFTS#").map(|(_, id, _)| id).collect();
    let bodies = tables.items(ARTICLES, "REVISION#").filter(|(id, ..)| !drafts.contains(id)).count();
    let bodies = (bodies > 0).then(|| format!("{bodies} bodies of deleted drafts"));
    bodies.into_iter().chain(comments::left_over(tables)).collect()
}

fn live_articles(tables: &Tables) -> impl Iterator<Item = &Item> {
    let articles = tables.items(ARTICLES, "ARTICLE#").map(|(.., item)| item);
    articles.filter(|item| !item.contains_key("deletedAt") && !item.contains_key("withdrawnAt"))
}

/// Lists by name, with the ids of their articles.
type Lists<'a> = BTreeMap<String, BTreeSet<&'a str>>;

fn entries(tables: &Tables) -> Lists<'_> {
    let mut lists = Lists::new();
    for (list, id, _) in tables.items(ARTICLES, "LIST#") {
        lists.entry(list.to_owned()).or_default().insert(id);
    }
    lists
}

fn lists_have_the_live_articles_and_no_others(tables: &Tables) -> Vec<String> {
    let mut expected = Lists::new();
    for article in live_articles(tables) {
        let id = text(article, "id").unwrap_or_default();
        // The load's tags are their own folded form.
        let tags = texts(article, "tags").into_iter().map(|tag| format!("TAG#{tag}"));
        let author = format!("AUTHOR#{}", text(article, "authorId").unwrap_or_default());
        for list in tags.chain([author, "LATEST".to_owned()]) {
            expected.entry(list).or_default().insert(id);
        }
    }
    let found = entries(tables);
    if found == expected { Vec::new() } else { vec![format!("lists are {found:?}, not {expected:?}")] }
}

fn counts_equal_the_entries(tables: &Tables) -> Vec<String> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for (_, list, item) in tables.items(ARTICLES, "COUNT#") {
        *counts.entry(list).or_default() += number(item, "n").unwrap_or_default();
    }
    let entries = entries(tables);
    let names: BTreeSet<&str> = entries.keys().map(String::as_str).chain(counts.keys().copied()).collect();
    let differs = |list: &&str| {
        let entries = entries.get(*list).map_or(0, BTreeSet::len);
        counts.get(list).copied().unwrap_or_default() != i64::try_from(entries).unwrap_or(i64::MAX)
    };
    let wrong = names.into_iter().filter(differs);
    wrong.map(|list| format!("{list} counts {:?} of {:?}", counts.get(list), entries.get(list))).collect()
}

fn the_bodies_of_live_articles_and_of_drafts_are_there(tables: &Tables) -> Vec<String> {
    let revisions: BTreeSet<_> = tables.items(ARTICLES, "REVISION#").map(|(id, number, _)| (id, number)).collect();
    let articles = live_articles(tables).map(|article| (text(article, "draftId").unwrap_or_default(), article));
    let drafts = tables.items(ARTICLES, "DRAFTS#").map(|(_, id, draft)| (id, draft));
    let shown = articles.chain(drafts).map(|(id, item)| (id, number(item, "revision").unwrap_or_default()));
    let lost = shown.filter(|(id, number)| !revisions.contains(&(*id, format!("{number:010}").as_str())));
    lost.map(|(id, number)| format!("revision {number} of draft {id} is not there")).collect()
}

fn articles_have_their_drafts_and_drafts_their_articles(tables: &Tables) -> Vec<String> {
    let articles = live_articles(tables).map(|article| (text(article, "draftId"), text(article, "slug")));
    let articles: BTreeSet<_> = articles.collect();
    let live = tables.items(ARTICLES, "DRAFTS#").filter(|(.., draft)| number(draft, "live").is_some());
    let drafts: BTreeSet<_> = live.map(|(_, id, draft)| (Some(id), text(draft, "slug"))).collect();
    let alone = articles.symmetric_difference(&drafts);
    alone.map(|pair| format!("article without draft, or draft without article: {pair:?}")).collect()
}

fn each_user_has_their_guards_and_no_others(tables: &Tables) -> Vec<String> {
    let mut expected = BTreeSet::new();
    for (id, _, user) in tables.items(USERS, "USER#") {
        for (guard, attribute) in [("USERNAME", "username"), ("EMAIL", "email")] {
            expected.insert((guard, text(user, attribute).unwrap_or_default(), id));
        }
    }
    let mut found = BTreeSet::new();
    for (guard, prefix) in [("USERNAME", "USERNAME#"), ("EMAIL", "EMAIL#")] {
        let guards = tables.items(USERS, prefix);
        found.extend(guards.map(|(name, _, item)| (guard, name, text(item, "userId").unwrap_or_default())));
    }
    expected
        .symmetric_difference(&found)
        .map(|guard| format!("guard without user, or user without: {guard:?}"))
        .collect()
}

fn sessions_are_of_users(tables: &Tables) -> Vec<String> {
    let users: BTreeSet<_> = tables.items(USERS, "USER#").map(|(id, ..)| id).collect();
    let orphans = tables.items(SESSIONS, "USER#").filter(|(user, ..)| !users.contains(user));
    orphans.map(|(user, session, _)| format!("{session} is of {user}, who is not there")).collect()
}

fn follows_stand_on_both_sides(tables: &Tables) -> Vec<String> {
    let follows: BTreeSet<_> = tables.items(INTERACTIONS, "FOLLOWS#").map(|(from, to, _)| (from, to)).collect();
    let followers: BTreeSet<_> = tables.items(INTERACTIONS, "FOLLOWERS#").map(|(to, from, _)| (from, to)).collect();
    follows.symmetric_difference(&followers).map(|pair| format!("a follow on one side only: {pair:?}")).collect()
}

fn counters_equal_the_relations(tables: &Tables) -> Vec<String> {
    // Whose counter, and which; how many there are, and how many it says.
    let mut numbers: BTreeMap<(&str, &str), (i64, i64)> = BTreeMap::new();
    for (relation, of_owner, of_target) in
        [("FOLLOWS#", Some("following"), "followers"), ("LIKES#", None, "likes"), ("COLLECTS#", None, "collects")]
    {
        for (owner, target, _) in tables.items(INTERACTIONS, relation) {
            if let Some(of_owner) = of_owner {
                numbers.entry((owner, of_owner)).or_default().0 += 1;
            }
            numbers.entry((target, of_target)).or_default().0 += 1;
        }
    }
    for (id, _, item) in tables.items(INTERACTIONS, "COUNTERS#") {
        for counter in ["following", "followers", "likes", "collects"] {
            if let Some(says) = number(item, counter) {
                numbers.entry((id, counter)).or_default().1 = says;
            }
        }
    }
    let wrong = numbers.into_iter().filter(|(_, (are, says))| are != says);
    wrong.map(|((id, counter), (are, says))| format!("{counter} of {id}: {says}, and there are {are}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const COMMENTS: &str = "CommentsTable";
    const INTERACTIONS: &str = "InteractionsTable";

    /// A user with a session, and an article with one tag on all its lists.
    fn whole() -> Vec<(&'static str, Value)> {
        let article = |pk: &str, sk: &str| json!({"pk": {"S": pk}, "sk": {"S": sk}});
        let count = |list: &str| json!({"pk": {"S": "COUNT#1"}, "sk": {"S": list}, "n": {"N": "1"}});
        let counters = |pk: &str, name: &str| json!({"pk": {"S": pk}, "sk": {"S": "COUNTS"}, name: {"N": "1"}});
        let guard = |pk: &str| json!({"pk": {"S": pk}, "sk": {"S": "GUARD"}, "userId": {"S": "u"}});
        vec![
            (USERS, json!({"pk": {"S": "USER#u"}, "sk": {"S": "USER"}, "username": {"S": "a"}, "email": {"S": "a@b"}})),
            (USERS, guard("USERNAME#a")),
            (USERS, guard("EMAIL#a@b")),
            (SESSIONS, article("USER#u", "SESSION#s")),
            (
                ARTICLES,
                json!({
                    "pk": {"S": "ARTICLE#t"}, "sk": {"S": "LIVE"}, "id": {"S": "1"}, "draftId": {"S": "d"},
                    "slug": {"S": "t"}, "authorId": {"S": "u"}, "tags": {"L": [{"S": "x"}]}, "revision": {"N": "1"},
                }),
            ),
            (
                ARTICLES,
                json!({
                    "pk": {"S": "DRAFTS#u"}, "sk": {"S": "d"}, "slug": {"S": "t"}, "live": {"N": "1"},
                    "revision": {"N": "2"},
                }),
            ),
            (ARTICLES, article("REVISION#d", "0000000001")),
            (ARTICLES, article("REVISION#d", "0000000002")),
            (ARTICLES, article("LIST#LATEST", "1")),
            (ARTICLES, article("LIST#AUTHOR#u", "1")),
            (ARTICLES, article("LIST#TAG#x", "1")),
            (ARTICLES, count("LATEST")),
            (ARTICLES, count("AUTHOR#u")),
            (ARTICLES, count("TAG#x")),
            (INTERACTIONS, article("FOLLOWS#u", "v")),
            (INTERACTIONS, article("FOLLOWERS#v", "u")),
            (INTERACTIONS, counters("COUNTERS#u", "following")),
            (INTERACTIONS, counters("COUNTERS#v", "followers")),
            (INTERACTIONS, article("LIKES#u", "1")),
            (INTERACTIONS, counters("COUNTERS#1", "likes")),
            (COMMENTS, said("ARTICLE#1", 5, json!({"M": root()}))),
            (COMMENTS, said("ARTICLE#1", 7, json!({"M": long_reply()}))),
            (COMMENTS, said("THREAD#1#0000000000000005", 7, json!({"M": long_reply()}))),
            (COMMENTS, json!({"pk": {"S": "TEXT#1"}, "sk": {"S": "0000000000000007"}})),
            (INTERACTIONS, json!({"pk": {"S": "COUNTERS#1"}, "sk": {"S": "COUNTERS"}, "comments": {"N": "2"}})),
            (
                COMMENTS,
                json!({
                    "pk": {"S": "THREADS#1"}, "sk": {"S": "0000000000000005"}, "said": {"M": root()},
                    "repliesCount": {"N": "1"}, "threadSize": {"N": "1"}, "openingLast": {"N": "7"},
                    "opening": {"L": [{"M": long_reply()}]},
                }),
            ),
        ]
    }

    fn said(pk: &str, id: u64, said: Value) -> Value {
        json!({"pk": {"S": pk}, "sk": {"S": format!("{id:016}")}, "said": said})
    }

    fn root() -> Value {
        json!({"id": {"N": "5"}, "authorId": {"S": "u"}, "body": {"S": "x"}})
    }

    /// A reply whose text is an item of its own.
    fn long_reply() -> Value {
        json!({"id": {"N": "7"}, "authorId": {"S": "u"}, "rootId": {"N": "5"}, "parentId": {"N": "5"}})
    }

    #[test]
    fn what_is_whole_has_no_losses() {
        let tables = Tables::of(whole());
        assert_eq!((losses(&tables), left_over(&tables)), (vec![], vec![]));
    }

    #[test]
    fn whatever_single_item_is_missing_is_noticed() {
        for missing in 0..whole().len() {
            let mut items = whole();
            let (_, item) = items.remove(missing);
            // A session that nobody has any more is no contradiction.
            let session = item["sk"]["S"].as_str().unwrap().starts_with("SESSION#");
            let tables = Tables::of(items);
            let noticed = !losses(&tables).is_empty() || !left_over(&tables).is_empty();
            assert_eq!(noticed, !session, "{item}");
        }
    }

    #[test]
    fn bodies_of_a_deleted_draft_are_left_over_and_not_lost() {
        let mut items = whole();
        items.push((ARTICLES, json!({"pk": {"S": "REVISION#2"}, "sk": {"S": "0000000001"}})));
        let tables = Tables::of(items);
        assert_eq!((losses(&tables), left_over(&tables)), (vec![], vec!["1 bodies of deleted drafts".to_owned()]));
    }

    #[test]
    fn a_count_that_is_not_that_of_the_replies_is_noticed() {
        for (count, wrong) in [("repliesCount", "2"), ("threadSize", "0"), ("openingLast", "5")] {
            let mut items = whole();
            items.last_mut().unwrap().1[count]["N"] = json!(wrong);
            assert_eq!(losses(&Tables::of(items)).len(), 1, "{count}");
        }
    }

    #[test]
    fn a_deleted_thread_is_left_over_if_it_will_be_swept_and_lost_if_not() {
        let mut items = whole();
        items.retain(|(_, item)| item["pk"]["S"] != "THREADS#1" && item["sk"]["S"] != "0000000000000005");
        items.retain(|(table, _)| *table != INTERACTIONS);
        assert_eq!(losses(&Tables::of(items.clone())).len(), 1);
        items.push((COMMENTS, json!({"pk": {"S": "SWEEP"}, "sk": {"S": "1#0000000000000005"}})));
        let tables = Tables::of(items);
        let left = vec!["1 comments of deleted threads or articles".to_owned()];
        assert_eq!((losses(&tables), left_over(&tables)), (vec![], left));
    }
}
