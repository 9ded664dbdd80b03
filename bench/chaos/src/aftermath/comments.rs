//! What must hold between the items of comments. Those of deleted articles and of deleted threads are swept later.

use std::collections::{BTreeMap, BTreeSet};

use super::ARTICLES;
use crate::tables::{Item, Tables, number, object, objects, text};

const COMMENTS: &str = "CommentsTable";
const INTERACTIONS: &str = "InteractionsTable";
/// Replies that a head holds.
const OPENING: usize = 3;

/// A comment as one of its items has it: whether it is a placeholder, and whether its text is an item of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    root: Option<i64>,
    placeholder: bool,
    long: bool,
}

impl Said {
    fn of(said: &Item) -> Self {
        let placeholder = !said.contains_key("authorId");
        Self { root: number(said, "rootId"), placeholder, long: !placeholder && !said.contains_key("body") }
    }
}

/// Comments by the ids of their articles and their own.
type Comments = BTreeMap<(String, i64), Said>;

fn comments(tables: &Tables) -> Comments {
    let items = tables.items(COMMENTS, "ARTICLE#");
    let comment = |(article, id, item): (&str, &str, &Item)| {
        Some(((article.to_owned(), id.parse().ok()?), Said::of(object(item, "said")?)))
    };
    items.filter_map(comment).collect()
}

fn heads(tables: &Tables) -> BTreeMap<(String, i64), &Item> {
    let items = tables.items(COMMENTS, "THREADS#");
    items.filter_map(|(article, id, item)| Some(((article.to_owned(), id.parse().ok()?), item))).collect()
}

/// The ids of articles that are live or withdrawn: their comments stay.
fn live(tables: &Tables) -> BTreeSet<String> {
    let articles = tables.items(ARTICLES, "ARTICLE#").map(|(.., item)| item);
    let there = articles.filter(|item| !item.contains_key("deletedAt"));
    there.filter_map(|article| text(article, "id").map(str::to_owned)).collect()
}

/// Each thread with its replies, by article and root: those that are comments, and those that are entries.
pub(super) fn threads_have_their_replies_and_no_others(tables: &Tables) -> Vec<String> {
    let (live, heads, comments) = (live(tables), heads(tables), comments(tables));
    let texts = tables.items(COMMENTS, "TEXT#").filter_map(|(article, id, _)| Some((article, id.parse().ok()?)));
    let texts: BTreeSet<(&str, i64)> = texts.collect();
    let mut lost = Vec::new();
    let mut entries: BTreeMap<(String, i64), BTreeMap<i64, Said>> = BTreeMap::new();
    for (thread, id, item) in tables.items(COMMENTS, "THREAD#") {
        let said = object(item, "said").map(Said::of);
        let Some((((article, root), id), said)) = thread.split_once('#').zip(id.parse().ok()).zip(said) else {
            continue;
        };
        entries.entry((article.to_owned(), root.parse().unwrap_or_default())).or_default().insert(id, said);
    }
    for ((article, id), said) in &comments {
        let head = heads.get(&(article.clone(), said.root.unwrap_or(*id)));
        let there = live.contains(article) && head.is_some();
        let entry = said.root.and_then(|root| entries.get(&(article.clone(), root))?.get(id));
        if there && said.root.is_some() && entry != Some(said) {
            lost.push(format!("reply {id} on {article} is {said:?}, and {entry:?} in its thread"));
        }
        if live.contains(article) && said.root.is_none() && head.is_none() {
            lost.push(format!("comment {id} on {article} has no head"));
        }
        let text = texts.contains(&(article.as_str(), *id));
        if there && text != said.long {
            lost.push(format!("comment {id} on {article} has a text of its own: {text}, and should: {}", said.long));
        }
    }
    for ((article, root), head) in heads.iter().filter(|((article, _), _)| live.contains(article)) {
        let thread = entries.remove(&(article.clone(), *root)).unwrap_or_default();
        let replies = thread.values().filter(|said| !said.placeholder).count();
        let opening: Vec<_> = objects(head, "opening").into_iter().filter_map(|said| number(said, "id")).collect();
        let first: Vec<_> = thread.keys().take(OPENING).copied().collect();
        let counts = [number(head, "repliesCount"), number(head, "threadSize"), number(head, "openingLast")];
        let right = [replies as i64, thread.len() as i64, first.last().copied().unwrap_or_default()];
        if !comments.contains_key(&(article.clone(), *root)) || opening != first || counts != right.map(Some) {
            lost.push(format!("thread {root} on {article} opens with {opening:?} and counts {counts:?} of {thread:?}"));
        }
        for id in thread.keys().filter(|id| !comments.contains_key(&(article.clone(), **id))) {
            lost.push(format!("thread {root} on {article} has {id}, which is no comment"));
        }
    }
    // What no head leads to any more is on its way out if something says so.
    let marks: BTreeSet<_> = tables.items(COMMENTS, "SWEEP").map(|(_, thread, _)| thread).collect();
    let of_articles: BTreeSet<_> =
        tables.items(ARTICLES, "SWEEP").filter_map(|(_, _, mark)| text(mark, "article")).collect();
    for (article, root) in entries.keys() {
        if !marks.contains(format!("{article}#{root:016}").as_str()) && !of_articles.contains(article.as_str()) {
            lost.push(format!("the deleted thread {root} on {article} is never swept"));
        }
    }
    lost
}

/// Each live article's counter, and the comments on it that are there and no placeholders.
pub(super) fn counters_equal_the_comments(tables: &Tables) -> Vec<String> {
    let (heads, comments) = (heads(tables), comments(tables));
    let counters: BTreeMap<_, _> =
        tables.items(INTERACTIONS, "COUNTERS#").map(|(article, _, item)| (article, number(item, "comments"))).collect();
    let there = |article: &str| {
        let own = comments.iter().filter(|((of, _), said)| of == article && !said.placeholder);
        own.filter(|((of, id), said)| heads.contains_key(&(of.clone(), said.root.unwrap_or(*id)))).count()
    };
    let wrong = |article: String| {
        let (counted, there) = (counters.get(article.as_str()).copied().flatten().unwrap_or_default(), there(&article));
        (counted != there as i64).then(|| format!("{counted} comments are counted on {article}, which has {there}"))
    };
    live(tables).into_iter().filter_map(wrong).collect()
}

/// What is to be swept.
pub(super) fn left_over(tables: &Tables) -> Option<String> {
    let (live, heads) = (live(tables), heads(tables));
    let reached = |(article, id): &(String, i64), said: &Said| {
        live.contains(article) && heads.contains_key(&(article.clone(), said.root.unwrap_or(*id)))
    };
    let comments = comments(tables).iter().filter(|(key, said)| !reached(key, said)).count();
    (comments > 0).then(|| format!("{comments} comments of deleted threads or articles"))
}
