//! What the search index shows of articles and users, as they are.

use std::sync::Arc;

use pulldown_cmark::{Event, Options, Parser, TagEnd};

use crate::{
    domain::{
        UserId,
        article::Slug,
        change::Subject,
        ranking::Scoring,
        search::{ArticleEntry, Entry, EntryKey, EntryVersion, UserEntry},
        user::User,
    },
    ports::{
        StoreError,
        indexing::{AtAddress, IndexSource, Material},
    },
};

/// Bytes of a text that are indexed at the most: nobody finds what stands beyond. A batch of entries fits into one request so.
pub const MAX_TEXT: usize = 128 * 1024;

/// Makes entries of an index.
#[derive(Clone)]
pub struct Indexing {
    /// Reads what is to be found.
    pub source: Arc<dyn IndexSource>,
    /// What the numbers of an article count.
    pub scoring: Scoring,
}

impl Indexing {
    /// What the index is to show of the subjects of changes, each with its version, in their order; nothing where it has nothing to follow.
    ///
    /// # Errors
    /// A table failed, or something in it makes no sense.
    pub async fn of_changes(&self, changes: &[(&Subject, Option<u64>)]) -> Result<Vec<Option<Entry>>, StoreError> {
        let heated = changes.iter().filter_map(|(subject, _)| match subject {
            Subject::ArticleHeat(article) => Some(*article),
            _ => None,
        });
        let heated: Vec<_> = heated.collect();
        let mut addresses = match heated.as_slice() {
            [] => Vec::new(),
            heated => self.source.addresses(heated).await?,
        }
        .into_iter();
        let mut slugs: Vec<Option<Slug>> = Vec::new();
        let mut users: Vec<UserId> = Vec::new();
        for (subject, _) in changes {
            slugs.push(match subject {
                Subject::Article(slug) => Some(slug.clone()),
                Subject::ArticleHeat(_) => addresses.next().flatten(),
                Subject::User(user) => {
                    users.push(*user);
                    None
                }
                _ => None,
            });
        }
        let known: Vec<_> = slugs.iter().flatten().cloned().collect();
        let mut articles = self.source.articles(&known).await?.into_iter();
        let mut found = match users.as_slice() {
            [] => Vec::new(),
            users => self.source.users(users).await?,
        }
        .into_iter();
        let entry = |((subject, version), slug): (&(&Subject, Option<u64>), &Option<Slug>)| match (subject, slug) {
            (Subject::ArticleHeat(_), Some(slug)) => match articles.next() {
                // Its own change says so.
                None | Some(AtAddress::Nothing) => None,
                Some(at) => Some(self.article(slug, at, 0)),
            },
            (_, Some(slug)) => articles.next().map(|at| self.article(slug, at, version.unwrap_or_default())),
            (Subject::User(user), None) => found.next().map(|account| match account {
                Some(account) => Self::user(&account),
                None => Entry::Gone(EntryKey::User(*user), EntryVersion::user(version.unwrap_or(u64::MAX >> 1))),
            }),
            (_, None) => None,
        };
        Ok(changes.iter().zip(&slugs).map(entry).collect())
    }

    /// What the index is to show of what is at `slug`; if it is nothing, the change that says so is the article's `version`.
    pub fn article(&self, slug: &Slug, at: AtAddress, version: u64) -> Entry {
        let gone = |version| Entry::Gone(EntryKey::Article(slug.to_string()), EntryVersion::gone(version));
        match at {
            AtAddress::Live(material) => Entry::Article(Box::new(self.shown(*material))),
            AtAddress::Gone(version) => gone(version),
            AtAddress::Nothing => gone(version),
        }
    }

    fn shown(&self, Material { article, body, counters }: Material) -> ArticleEntry {
        ArticleEntry {
            version: EntryVersion::live(article.version, counters.version),
            points: self.scoring.points(&counters),
            text: plain_text(body.as_str()),
            slug: article.slug,
            article: article.id,
            author: article.author_id,
            title: article.title.as_str().to_owned(),
            description: article.description.as_str().to_owned(),
            tags: article.tags,
        }
    }

    /// What the index is to show of a user.
    pub fn user(user: &User) -> Entry {
        let bio = user.bio.as_ref().map(|bio| bio.as_str().to_owned()).unwrap_or_default();
        let version = EntryVersion::user(user.version);
        Entry::User(Box::new(UserEntry { user: user.id, version, username: user.username.clone(), bio }))
    }
}

/// What there is to read of a text in Markdown, at most [`MAX_TEXT`] bytes: a line for each paragraph, item, cell and line of code.
pub fn plain_text(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len().min(MAX_TEXT));
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(&part),
            Event::SoftBreak => text.push(' '),
            Event::HardBreak
            | Event::Rule
            | Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell | TagEnd::CodeBlock,
            ) if !text.ends_with('\n') => text.push('\n'),
            _ => {}
        }
        if text.len() > MAX_TEXT {
            text.truncate(text.floor_char_boundary(MAX_TEXT));
            break;
        }
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_markdown_only_what_is_read_is_found() {
        let markdown = "# A *fast* [index](https://example.com/x)\n\nOne `line`\nof <b>text</b>.\n\n- a\n- b\n\n```rust\nlet x = 1;\n```\n\n| c | d |\n|---|---|\n| e | f |\n\n![picture](p.png)";
        let text = "A fast index\nOne line of text.\na\nb\nlet x = 1;\nc\nd\ne\nf\npicture";
        assert_eq!(plain_text(markdown), text);
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let text = plain_text(&"字".repeat(MAX_TEXT));
        assert!(text.len() <= MAX_TEXT && text.len() > MAX_TEXT - 4);
    }

    proptest! {
        #[test]
        fn whatever_is_written_there_is_a_text(markdown in ".{0,300}") {
            prop_assert!(plain_text(&markdown).len() <= MAX_TEXT);
        }
    }
}
