//! What the index has of an article, of a user, and of what is gone.

use shared::domain::{
    ArticleId, UserId,
    search::{ArticleEntry, Entry, EntryKey, UserEntry},
    user::Username,
};
use tantivy::{
    TantivyDocument,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, NumericOptions, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
    },
};

use crate::words::{EXACT, STEMMED};

/// The number of this schema and of what the tokenizers make: an index of another one is made anew.
pub(crate) const FORM: u32 = 1;

/// Names of fast fields, by which columns are opened.
pub(crate) mod column {
    /// The greater half of an identifier.
    pub(crate) const ID_HIGH: &str = "id_high";
    /// The lesser half.
    pub(crate) const ID_LOW: &str = "id_low";
    /// The greater half of an author's identifier.
    pub(crate) const AUTHOR_HIGH: &str = "author_high";
    /// The lesser half.
    pub(crate) const AUTHOR_LOW: &str = "author_low";
    /// Points of an article.
    pub(crate) const POINTS: &str = "points";
    /// Folded tags.
    pub(crate) const TAG: &str = "tag";
    /// Which state a document shows.
    pub(crate) const VERSION: &str = "version";
}

/// What a document is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// An article that can be found.
    Article = 0,
    /// A user who can be found.
    User = 1,
    /// What is gone: it keeps the version, and nothing else.
    Gone = 2,
}

/// The fields of the index.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    /// What a document is of: there is one of each.
    pub(crate) key: Field,
    /// Which state it shows.
    version: Field,
    /// A [`Kind`].
    pub(crate) kind: Field,
    /// The identifier of the article or the user; that of an article begins with its time.
    pub(crate) id_high: Field,
    id_low: Field,
    /// An article's author.
    pub(crate) author: Field,
    author_high: Field,
    author_low: Field,
    points: Field,
    /// Folded tags, each as a whole.
    pub(crate) tag: Field,
    /// An article's address, stored.
    pub(crate) slug: Field,
    /// An article's title, stored.
    pub(crate) title: Field,
    /// Its words as they are written.
    pub(crate) title_words: Field,
    /// An article's tags by their words.
    pub(crate) tags: Field,
    pub(crate) description: Field,
    /// An article's text, stored.
    pub(crate) text: Field,
    /// All words of articles as they are written.
    pub(crate) words: Field,
    /// A user's name, stored.
    pub(crate) name: Field,
    /// A user's name as a whole, without case.
    pub(crate) folded_name: Field,
    pub(crate) bio: Field,
}

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let text = |tokenizer, option| {
        TextOptions::default()
            .set_indexing_options(TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option))
    };
    let words = text(STEMMED, IndexRecordOption::WithFreqsAndPositions);
    let exact = text(EXACT, IndexRecordOption::Basic);
    let fast = NumericOptions::default().set_fast();
    let fields = Fields {
        key: schema.add_text_field("key", STRING),
        version: schema.add_u64_field(column::VERSION, FAST),
        kind: schema.add_u64_field("kind", INDEXED),
        id_high: schema.add_u64_field(column::ID_HIGH, fast.clone()),
        id_low: schema.add_u64_field(column::ID_LOW, fast.clone()),
        author: schema.add_text_field("author", STRING),
        author_high: schema.add_u64_field(column::AUTHOR_HIGH, fast.clone()),
        author_low: schema.add_u64_field(column::AUTHOR_LOW, fast),
        points: schema.add_f64_field(column::POINTS, FAST),
        tag: schema.add_text_field(column::TAG, STRING | FAST),
        slug: schema.add_text_field("slug", STORED),
        title: schema.add_text_field("title", words.clone() | STORED),
        title_words: schema.add_text_field("title_words", exact.clone()),
        tags: schema.add_text_field("tags", words.clone()),
        description: schema.add_text_field("description", words.clone()),
        text: schema.add_text_field("text", words.clone() | STORED),
        words: schema.add_text_field("words", exact),
        name: schema.add_text_field("name", words.clone() | STORED),
        folded_name: schema.add_text_field("folded_name", STRING),
        bio: schema.add_text_field("bio", words),
    };
    (schema.build(), fields)
}

/// What a document is of, as a term.
pub(crate) fn key_term(key: &EntryKey) -> String {
    match key {
        EntryKey::Article(slug) => format!("a{slug}"),
        EntryKey::User(user) => format!("u{user}"),
    }
}

/// An identifier in halves.
pub(crate) fn halves(id: [u8; 16]) -> (u64, u64) {
    let id = u128::from_be_bytes(id);
    #[allow(clippy::cast_possible_truncation, reason = "the lesser half is what is wanted")]
    ((id >> 64) as u64, id as u64)
}

/// The identifier of which these are the halves.
pub(crate) fn whole(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// The article with this identifier.
pub(crate) fn article_id(id: u128) -> ArticleId {
    ArticleId::from_bytes(id.to_be_bytes())
}

/// The user with this identifier.
pub(crate) fn user_id(id: u128) -> UserId {
    UserId::from_bytes(id.to_be_bytes())
}

/// A name as it is held against what is typed.
pub(crate) fn folded_name(name: &Username) -> String {
    name.folded()
}

impl Fields {
    /// The document that shows an entry.
    pub(crate) fn document(&self, entry: &Entry) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(self.key, key_term(&entry.key()));
        document.add_u64(self.version, entry.version().get());
        let kind = match entry {
            Entry::Article(article) => {
                self.add_article(&mut document, article);
                Kind::Article
            }
            Entry::User(user) => {
                self.add_user(&mut document, user);
                Kind::User
            }
            Entry::Gone(..) => Kind::Gone,
        };
        document.add_u64(self.kind, kind as u64);
        document
    }

    fn add_article(&self, document: &mut TantivyDocument, article: &ArticleEntry) {
        self.add_id(document, article.article.to_bytes());
        document.add_text(self.author, article.author.to_string());
        let (high, low) = halves(article.author.to_bytes());
        document.add_u64(self.author_high, high);
        document.add_u64(self.author_low, low);
        document.add_f64(self.points, article.points);
        document.add_text(self.slug, article.slug.as_str());
        document.add_text(self.title, &article.title);
        document.add_text(self.title_words, &article.title);
        document.add_text(self.description, &article.description);
        document.add_text(self.text, &article.text);
        for tag in &article.tags {
            document.add_text(self.tag, tag.folded().as_str());
            document.add_text(self.tags, tag.as_str());
            document.add_text(self.words, tag.as_str());
        }
        for text in [&article.title, &article.description, &article.text] {
            document.add_text(self.words, text);
        }
    }

    fn add_user(&self, document: &mut TantivyDocument, user: &UserEntry) {
        self.add_id(document, user.user.to_bytes());
        document.add_text(self.name, user.username.as_str());
        document.add_text(self.folded_name, folded_name(&user.username));
        document.add_text(self.bio, &user.bio);
    }

    fn add_id(&self, document: &mut TantivyDocument, id: [u8; 16]) {
        let (high, low) = halves(id);
        document.add_u64(self.id_high, high);
        document.add_u64(self.id_low, low);
    }
}
