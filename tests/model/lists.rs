//! Lists and tags. What earlier cases left is older than all of this case's, and is counted but not looked at.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Outcome, encode},
    expected::{Refusal, compare},
    operation::{Query, Who},
    vocabulary::{Kept, Word},
    world::{Article, World},
};

impl World {
    pub(crate) async fn list(&mut self, who: &Who, query: &Query) -> Outcome {
        let caller = self.caller(who);
        let word = |word: &Option<Word>| word.as_ref().map(|word| word.of(self.case));
        let (author, tag, favorited) = (word(&query.author), word(&query.tag), word(&query.favorited));
        let fan = favorited.as_ref().and_then(|name| self.by_name(name.kept.as_ref()));
        // What somebody liked and is gone is counted as far as it is on other pages: one page shows all.
        let gone = fan.is_some_and(|fan| self.users[fan].likes.iter().any(|number| !self.articles[*number].live));
        let query = if gone { &Query { limit: Some("100"), offset: None, ..query.clone() } } else { query };
        let texts = [
            ("author", author.as_ref().map(|author| author.written.as_str())),
            ("tag", tag.as_ref().map(|tag| tag.written.as_str())),
            ("favorited", favorited.as_ref().map(|name| name.written.as_str())),
            ("limit", query.limit),
            ("offset", query.offset),
        ];
        let parameters = texts.iter().filter_map(|(name, text)| Some(format!("{name}={}", encode((*text)?))));
        let parameters: Vec<_> = parameters.collect();
        let path = format!("/api/articles?{}", parameters.join("&"));
        let answer = self.ask(Method::GET, &path, caller.token.as_deref(), &Value::Null).await?;
        let viewer = match &caller.known {
            Ok(viewer) => *viewer,
            Err(refusal) => return refusal.compare(&answer),
        };
        let (limit, offset) = (number(query.limit, 20, 1, usize::MAX), number(query.offset, 0, 0, 10_000));
        let (Some(limit), Some(offset)) = (limit, offset) else {
            let bad = [(limit.is_none(), "limit"), (offset.is_none(), "offset")];
            let bad: Vec<_> = bad.iter().filter(|(bad, _)| *bad).map(|(_, name)| *name).collect();
            return Refusal::new(422, "fields-invalid", &bad).compare(&answer);
        };
        let everyones = author.is_none() && tag.is_none() && favorited.is_none();
        let own: Vec<_> = self
            .listed(author.as_ref(), tag.as_ref(), favorited.is_some().then_some(fan))
            .map(|article| self.summary(article, viewer))
            .collect();
        let total = own.len() + if everyones { self.others } else { 0 };
        let limit = limit.min(100);
        compare_page(&answer, &own, total, offset, limit)?;
        // The next page is the same whichever way leads there.
        let Some(cursor) = answer.body["cursor"].as_str() else { return Ok(()) };
        let others = parameters.iter().filter(|parameter| !parameter.starts_with("offset="));
        let path = format!(
            "/api/articles?{}",
            others.cloned().chain([format!("cursor={cursor}")]).collect::<Vec<_>>().join("&")
        );
        let answer = self.ask(Method::GET, &path, caller.token.as_deref(), &Value::Null).await?;
        compare_page(&answer, &own, total, offset + limit, limit)
    }

    /// The articles that pass a filter, newest first.
    fn listed(
        &self,
        author: Option<&Word>,
        tag: Option<&Word>,
        fan: Option<Option<usize>>,
    ) -> impl Iterator<Item = &Article> {
        let author = author.map(|author| self.by_name(author.kept.as_ref()));
        let tag = tag.map(|tag| tag.kept.clone());
        let liked =
            move |number: usize| fan.is_none_or(|fan| fan.is_some_and(|fan| self.users[fan].likes.contains(&number)));
        let all = self.articles.iter().enumerate().rev().filter(move |(number, _)| liked(*number));
        all.map(|(_, article)| article).filter(move |article| {
            let by = author.is_none_or(|author| author == Some(article.author));
            let tagged = |wanted: &Option<Kept>| {
                wanted.as_ref().is_some_and(|wanted| article.tags.iter().any(|tag| tag.same == wanted.same))
            };
            article.live && by && tag.as_ref().is_none_or(tagged)
        })
    }

    /// The tags of this case in the list of all: each in one of the spellings that it ever had, the most used first, those
    /// that are used equally often in the order of their letters. With a prefix, those that begin so, however it is spelt.
    pub(crate) async fn tags(&mut self, prefix: Option<&Word>) -> Outcome {
        let prefix = prefix.map(|prefix| prefix.of(self.case));
        let query = prefix.as_ref().map_or_else(String::new, |prefix| format!("?prefix={}", encode(&prefix.written)));
        let answer = self.ask(Method::GET, &format!("/api/tags{query}"), None, &Value::Null).await?;
        let begin = prefix.and_then(|prefix| prefix.kept).map_or_else(String::new, |kept| kept.same);
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        let live = self.articles.iter().filter(|article| article.live).flat_map(|article| &article.tags);
        for tag in live.filter(|tag| tag.same.starts_with(&begin)) {
            *uses.entry(&tag.same).or_default() += 1;
        }
        let listed = answer.body["tags"].as_array().ok_or_else(|| format!("no tags: {}", answer.body))?;
        let listed = listed.iter().filter_map(Value::as_str);
        let same = |label: &str| self.spellings.get(label).map(String::as_str);
        let own: Vec<_> = listed.filter_map(|label| Some((label, same(label)?))).collect();
        let found: BTreeSet<_> = own.iter().map(|(_, same)| *same).collect();
        let ordered = own.is_sorted_by_key(|(label, same)| (std::cmp::Reverse(uses.get(same)), *label));
        if own.len() == uses.len() && uses.keys().all(|tag| found.contains(tag)) && ordered {
            return Ok(());
        }
        Err(format!("tags {own:?} are not {uses:?}"))
    }
}

/// Compares a page of a list that begins with `own` and goes on with what earlier cases left, `total` in all.
pub(crate) fn compare_page(answer: &Answer, own: &[Value], total: usize, offset: usize, limit: usize) -> Outcome {
    let mut page: Vec<_> = own.iter().skip(offset).take(limit).cloned().collect();
    let shown = page.len();
    let older = answer.body["articles"].as_array().into_iter().flatten().skip(shown).cloned();
    let room = total.saturating_sub(offset).min(limit) - shown;
    page.extend(older.take(room));
    if page.len() != shown + room {
        return Err(format!("{} articles on the page, not {}", page.len(), shown + room));
    }
    // What a cursor is, only the platform knows; that there is one if there is more, everybody does.
    let more = total > offset + limit;
    let cursor =
        answer.body["cursor"].as_str().map_or(json!(more.then_some("a cursor")), |text| json!(more.then_some(text)));
    compare(answer, 200, &json!({"articles": page, "articlesCount": total, "cursor": cursor}))
}

/// A number of a query; `None` if it is none or out of range.
fn number(text: Option<&str>, default: usize, least: usize, most: usize) -> Option<usize> {
    match text {
        None => Some(default),
        Some(text) => text.parse().ok().filter(|number| (least..=most).contains(number)),
    }
}
