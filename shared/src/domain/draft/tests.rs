use super::*;
use crate::domain::{ArticleId, article::ArticleChanges};

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn text(text: &str) -> Option<DraftBody> {
    Some(DraftBody::parse(text.to_owned()).unwrap())
}

fn draft() -> Draft {
    let changes = DraftChanges {
        title: Some(Some(Title::parse("Knots").unwrap())),
        description: Some(Some(Description::parse("Three").unwrap())),
        ..DraftChanges::default()
    };
    Draft::new(DraftId::from_bytes([1; 16]), UserId::from_bytes([2; 16]), changes, time(0))
}

/// The article that `draft`, which is published, has become.
fn article(draft: &Draft) -> Article {
    Article {
        id: ArticleId::from_bytes([3; 16]),
        draft_id: draft.id,
        slug: Slug::parse("knots").unwrap(),
        author_id: draft.author_id,
        title: draft.title.clone().unwrap(),
        description: draft.description.clone().unwrap(),
        tags: draft.tags.clone(),
        revision: draft.revision,
        created_at: time(0),
        updated_at: time(0),
        version: 1,
    }
}

fn edited(article: &Article, draft: &Draft) -> Article {
    let changes = ArticleChanges {
        title: Some(Title::parse("More knots").unwrap()),
        body: Some(ArticleBody::parse("Four".to_owned()).unwrap()),
        ..ArticleChanges::default()
    };
    changes.apply(article.clone(), draft.next_revision(), time(9))
}

#[test]
fn a_body_that_was_never_shown_is_an_orphan_once_it_is_replaced() {
    let one = draft();
    let two = DraftChanges { body: text("2"), ..DraftChanges::default() }.apply(&one, time(1));
    assert_eq!((two.revision, one.orphan(&two)), (2, Some(1)));
    let shown = two.published(&Slug::parse("knots").unwrap());
    let three = DraftChanges { body: text("3"), ..DraftChanges::default() }.apply(&shown, time(2));
    assert_eq!((three.revision, shown.orphan(&three)), (3, None));
    let four = DraftChanges { body: text("4"), ..DraftChanges::default() }.apply(&three, time(3));
    assert_eq!(three.orphan(&four), Some(3));
}

#[test]
fn a_draft_that_is_as_its_article_moves_along() {
    let slug = Slug::parse("knots").unwrap();
    let published = draft().published(&slug);
    let new = edited(&article(&published), &published);
    let moved = published.beside(&new).unwrap();
    assert_eq!((moved.title.as_ref(), moved.revision, moved.last_revision), (Some(&new.title), 2, 2));
    assert!(moved.is_unchanged() && moved.version == 2 && moved.shown);
}

#[test]
fn a_draft_with_edits_of_its_own_keeps_them_and_numbers_no_body_twice() {
    let published = draft().published(&Slug::parse("knots").unwrap());
    let own = DraftChanges { body: text("own"), ..DraftChanges::default() }.apply(&published, time(1));
    let new = edited(&article(&published), &own);
    assert_eq!(new.revision, 3);
    let kept = own.beside(&new).unwrap();
    assert_eq!(kept, Draft { last_revision: 3, writes: own.writes + 1, ..own.clone() });
    let titled = ArticleChanges { title: Some(new.title), ..ArticleChanges::default() };
    assert_eq!(own.beside(&titled.apply(article(&published), 0, time(9))), None);
}

#[test]
fn publishing_and_withdrawing_are_no_edits() {
    let published = draft().published(&Slug::parse("knots").unwrap());
    let withdrawn = published.withdrawn();
    assert_eq!((published.version, withdrawn.version, withdrawn.writes), (1, 1, 3));
    assert!(published.is_live() && published.is_unchanged());
    assert!(!withdrawn.is_live() && !withdrawn.is_unchanged());
    assert!(withdrawn.published(&Slug::parse("knots").unwrap()).is_unchanged());
}

#[test]
fn all_that_is_blank_is_named_when_a_draft_is_to_be_published() {
    let blank = Draft { title: None, description: None, ..draft() };
    let violations = blank.manuscript(DraftBody::parse(" \n".to_owned()).unwrap()).unwrap_err().into_map();
    assert_eq!(violations.keys().collect::<Vec<_>>(), ["body", "description", "title"]);
    assert!(draft().manuscript(text("Text").unwrap()).is_ok());
}
