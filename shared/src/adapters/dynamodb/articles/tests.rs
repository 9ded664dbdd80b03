use super::{
    bodies::article_body_item,
    drafts::draft_item,
    items::{List, article_item, entry_item, mark_key, tombstone, withdrawn_item},
};
use crate::{
    adapters::dynamodb::stream::{StreamRecords, tests::record},
    domain::{
        ArticleId, DraftId, Timestamp, UserId,
        article::{Article, ArticleBody, Description, Slug, Title},
        change::{Change, Subject},
        draft::{Draft, DraftChanges},
    },
    ports::changes::ChangeRecords as _,
};

fn article(version: u64) -> Article {
    Article {
        id: ArticleId::from_bytes([2; 16]),
        draft_id: DraftId::from_bytes([3; 16]),
        slug: Slug::parse("how-to").unwrap(),
        author_id: UserId::from_bytes([1; 16]),
        title: Title::parse("How to").unwrap(),
        description: Description::parse("In short").unwrap(),
        tags: Vec::new(),
        revision: 1,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
        version,
    }
}

fn change(version: u64, gone: bool) -> Option<Change> {
    Some(Change { subject: Subject::Article(article(1).slug), version: Some(version), gone })
}

#[test]
fn an_article_that_comes_changes_or_goes_is_a_change_of_its_version() {
    let item = |version| article_item(&article(version)).unwrap();
    let gone = tombstone(&article(2), Timestamp::from_millis(1)).unwrap();
    let read = |old, new| StreamRecords.read(&record(old, new)).unwrap();
    assert_eq!(read(None, Some(item(1))), change(1, false));
    assert_eq!(read(Some(item(1)), Some(item(2))), change(2, false));
    let withdrawn = withdrawn_item(&article(2), Timestamp::from_millis(1)).unwrap();
    assert_eq!(read(Some(item(2)), Some(withdrawn.clone())), change(3, false));
    assert_eq!(read(Some(withdrawn), Some(item(4))), change(4, false));
    assert_eq!(read(Some(item(2)), Some(gone.clone())), change(3, true));
    assert_eq!(read(Some(gone), None), change(4, true));
}

#[test]
fn drafts_bodies_lists_and_marks_are_no_changes() {
    let body = ArticleBody::parse("Begin.".to_owned()).unwrap();
    let Article { draft_id, author_id, created_at, .. } = article(1);
    let draft = Draft::new(draft_id, author_id, DraftChanges::default(), created_at);
    let mark = mark_key(draft_id).attributes();
    for item in
        [draft_item(&draft), article_body_item(&article(1), &body), entry_item(&List::Latest, &article(1)), Ok(mark)]
    {
        assert_eq!(StreamRecords.read(&record(None, Some(item.unwrap()))).unwrap(), None);
    }
}
