//! Comparing what the program shows with what it has answered before.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    Result,
    api::Api,
    discussion, drafts,
    known::{Account, Doubt},
    writer::{TAGS, Writer},
};

/// Whether an account or a profile is that one.
pub(crate) fn shows(shown: &Value, account: &Account) -> bool {
    shown["username"] == account.username.as_str() && shown["bio"].as_str() == account.bio.as_deref()
}

/// What is not as `writer` has left it, but for what is in doubt. Numbers of likes and collections only if they are `counted`: while the
/// change stream has not been read, the tables' counters are behind.
pub(crate) async fn own(writer: &Writer, api: &Api, counted: bool) -> Result<Vec<String>> {
    let mut lost = Vec::new();
    let (everything, list, article, draft) = match writer.doubt {
        // Each article shows its author.
        Some(Doubt::SignUp | Doubt::Change(_)) => (true, true, None, None),
        Some(Doubt::Publish(_)) => (false, true, None, None),
        Some(Doubt::Edit(number, _) | Doubt::Delete(number) | Doubt::Withdraw(number)) => {
            (false, true, Some(number), None)
        }
        Some(Doubt::Comment(number, _) | Doubt::DeleteComment(number, _)) => (false, false, Some(number), None),
        Some(Doubt::Save(number, _) | Doubt::DeleteDraft(number)) => (false, false, None, Some(number)),
        Some(Doubt::PublishDraft(number)) => (false, true, None, Some(number)),
        // A token is good, whatever becomes of the refresh token.
        Some(Doubt::LogOut(_) | Doubt::Begin(_) | Doubt::Refresh(..)) | None => (false, false, None, None),
    };
    if everything || !writer.signed_up {
        return Ok(lost);
    }
    for (sessions, expected) in [(&writer.sessions, 200), (&writer.ended, 401)] {
        for session in sessions {
            let (status, answer) = api.read("/api/user", Some(&session.token)).await?;
            if status != expected || (status == 200 && !shows(&answer["user"], &writer.account)) {
                lost.push(format!("account: {status} {answer}, not {expected} {:?}", writer.account));
            }
        }
    }
    let (_, profile) = api.read(&format!("/api/profiles/{}", writer.account.username), None).await?;
    if !shows(&profile["profile"], &writer.account) {
        lost.push(format!("profile: {profile}, not {:?}", writer.account));
    }
    let certain = writer.articles.iter().enumerate().filter(|(number, _)| Some(*number) != article);
    for (_, article) in certain {
        let (status, answer) = api.read(&format!("/api/articles/{}", article.slug), None).await?;
        let whole = article.fields.are(&answer["article"]) && shows(&answer["article"]["author"], &writer.account);
        for (name, own) in [("favoritesCount", article.liked), ("collectsCount", article.collected)] {
            let count = &answer["article"][name];
            if counted && own.is_some_and(|own| *count != u64::from(own)) {
                lost.push(format!("{name} of {}: {count}, not {own:?}", article.slug));
            }
        }
        if !whole {
            lost.push(format!("article: {status} {answer}, not {article:?}"));
        }
        lost.extend(discussion::lost(api, article).await?);
    }
    lost.extend(drafts::differences(writer, draft, api).await?);
    for slug in &writer.deleted {
        let (status, _) = api.read(&format!("/api/articles/{slug}"), None).await?;
        if status != 404 {
            lost.push(format!("a deleted article: {slug} is {status}"));
        }
    }
    if list {
        return Ok(lost);
    }
    let (listed, total) = api.list(&format!("&author={}", writer.account.username)).await?;
    let newest_first = || writer.articles.iter().rev();
    let same = listed.len() == writer.articles.len()
        && newest_first()
            .zip(&listed)
            .all(|(article, listed)| listed["slug"] == article.slug.as_str() && article.fields.are_listed(listed));
    if !same || total != writer.articles.len() {
        let slugs: Vec<_> = newest_first().map(|article| &article.slug).collect();
        let listed: Vec<_> = listed.iter().map(|article| &article["slug"]).collect();
        lost.push(format!("list of {}: {listed:?}, in all {total}, not {slugs:?}", writer.account.username));
    }
    Ok(lost)
}

/// What is not on the lists of everyone as all writers have left it.
pub(crate) async fn everyone(writers: &[Writer], api: &Api) -> Result<Vec<String>> {
    let mut lost = list(writers, api, None).await?;
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for tag in TAGS {
        lost.extend(list(writers, api, Some(tag)).await?);
    }
    for tag in writers.iter().flat_map(|writer| &writer.articles).flat_map(|article| &article.fields.tags) {
        *uses.entry(tag).or_default() += 1;
    }
    let mut expected: Vec<_> = uses.into_iter().collect();
    expected.sort_by_key(|(tag, uses)| (std::cmp::Reverse(*uses), *tag));
    let (_, answer) = api.read("/api/tags", None).await?;
    let listed: Vec<_> = answer["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if listed != expected.iter().map(|(tag, _)| *tag).collect::<Vec<_>>() {
        lost.push(format!("tags: {listed:?}, not {expected:?}"));
    }
    Ok(lost)
}

/// What is wrong with the latest, or with those that have a tag.
async fn list(writers: &[Writer], api: &Api, tag: Option<&str>) -> Result<Vec<String>> {
    let (listed, total) = api.list(&tag.map_or_else(String::new, |tag| format!("&tag={tag}"))).await?;
    let has = |tags: &[String]| tag.is_none_or(|tag| tags.iter().any(|own| own == tag));
    let mut expected: Vec<&str> = writers
        .iter()
        .flat_map(|writer| &writer.articles)
        .filter(|article| has(&article.fields.tags))
        .map(|article| article.slug.as_str())
        .collect();
    let created = |article: &Value| std::cmp::Reverse(article["createdAt"].as_str().map(str::to_owned));
    let mut found: Vec<_> = listed.iter().filter_map(|article| article["slug"].as_str()).collect();
    let ordered = listed.is_sorted_by_key(created);
    expected.sort_unstable();
    found.sort_unstable();
    if found == expected && total == expected.len() && ordered {
        return Ok(Vec::new());
    }
    Ok(vec![format!("list {tag:?}: {found:?}, in all {total}, newest first: {ordered}; not {expected:?}")])
}
