//! What users do, as data: drawn at random, shrunk when something is wrong. Whoever adds an operation adds a variant, a line
//! of [`any`], and a line where the world performs it.

use proptest::{collection::vec, prelude::*, sample::select};

use crate::vocabulary::{self as words, Sent, Word};

/// One of however many there are when it comes to it, so that a sequence stays one when something is left out of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pick(pub(crate) usize);

impl Pick {
    /// The number of one of `count`, which is not 0.
    pub(crate) fn of(self, count: usize) -> usize {
        self.0 % count
    }
}

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    Nobody,
    /// Somebody with a token that is none.
    Forger,
    /// Whoever has this session, which may have ended, with one of its tokens.
    Session {
        session: Pick,
        token: Pick,
    },
}

/// An article that was there at some time, or none.
#[derive(Debug, Clone)]
pub(crate) enum Which {
    Article(Pick),
    /// A slug that nobody has, or that nobody can have.
    Slug(&'static str),
}

/// A draft that was there at some time, or none.
#[derive(Debug, Clone)]
pub(crate) enum WhichDraft {
    Draft(Pick),
    /// An id that nobody has, or that nobody can have.
    Id(&'static str),
}

/// What an editor says of the version that was edited.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tag {
    Nothing,
    Any,
    Current,
    /// So many before the current one.
    Earlier(u64),
    /// None of ours.
    Foreign(&'static str),
}

/// A refresh token.
#[derive(Debug, Clone)]
pub(crate) enum Refresh {
    /// A session's, so many refreshes ago.
    Of(Pick, usize),
    /// That of a session with another secret.
    Forged(Pick),
    Sent(Sent<Word>),
}

/// The fields of an account.
#[derive(Debug, Clone)]
pub(crate) struct AccountFields {
    pub(crate) username: Sent<Word>,
    pub(crate) email: Sent<Word>,
    pub(crate) password: Sent<Word>,
    pub(crate) bio: Sent<Word>,
    pub(crate) image: Sent<Word>,
}

/// The fields of an article.
#[derive(Debug, Clone)]
pub(crate) struct ArticleFields {
    pub(crate) title: Sent<Word>,
    pub(crate) description: Sent<Word>,
    pub(crate) body: Sent<Word>,
    pub(crate) tags: Sent<Vec<Word>>,
}

/// What a list is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) author: Option<Word>,
    pub(crate) tag: Option<Word>,
    /// Only what this user likes.
    pub(crate) favorited: Option<Word>,
    pub(crate) limit: Option<&'static str>,
    pub(crate) offset: Option<&'static str>,
}

/// What a list of comments is asked for.
#[derive(Debug, Clone)]
pub(crate) struct CommentQuery {
    pub(crate) flat: bool,
    pub(crate) limit: Option<&'static str>,
}

/// One request, or what befalls the platform between requests.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    SignUp {
        username: Sent<Word>,
        email: Sent<Word>,
        password: Sent<Word>,
    },
    LogIn {
        email: Sent<Word>,
        password: Sent<Word>,
    },
    LogInByName {
        username: Sent<Word>,
        password: Sent<Word>,
    },
    Refresh(Refresh),
    LogOut(Who),
    LogOutOthers(Who),
    LogOutEverywhere(Who),
    EndSession(Who, Pick),
    Sessions(Who),
    Account(Who),
    ChangeAccount(Who, AccountFields),
    DeleteAccount(Who),
    Profile(Who, Word),
    Follow(Who, Word),
    Unfollow(Who, Word),
    Followers(Who, Word),
    Followees(Who, Word),
    Like(Who, Which),
    Unlike(Who, Which),
    Collect(Who, Which, Sent<Word>),
    TakeOut(Who, Which),
    Likes(Who),
    Feed(Who),
    Collection(Who, Option<Word>),
    Publish(Who, ArticleFields),
    Edit(Who, Which, ArticleFields),
    Delete(Who, Which),
    Withdraw(Who, Which),
    BeginDraft(Who, ArticleFields),
    SaveDraft(Who, WhichDraft, Tag, ArticleFields),
    PublishDraft(Who, WhichDraft),
    DeleteDraft(Who, WhichDraft),
    ReadDraft(Who, WhichDraft),
    ListDrafts(Who, usize),
    Read(Who, Which),
    ReadHtml(Who, Which),
    List(Who, Query),
    /// All, or those that begin so.
    Tags(Option<Word>),
    /// On the article, or in answer to one of its comments.
    Comment(Who, Which, Sent<Word>, Option<Pick>),
    DeleteComment(Who, Which, Pick),
    ListComments(Who, Which, CommentQuery),
    Replies(Who, Which, Pick, Option<&'static str>),
    /// The cache loses everything.
    EmptyCache,
}

/// Any sequence of operations. The rarest are those that hash passwords, which takes long.
pub(crate) fn sequence() -> impl Strategy<Value = Vec<Operation>> {
    vec(any_operation(), 1..60)
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let sign_up = (mostly(words::names()), mostly(words::emails()), mostly(words::passwords()))
        .prop_map(|(username, email, password)| Operation::SignUp { username, email, password });
    let log_in = (mostly(words::emails()), mostly(words::passwords()))
        .prop_map(|(email, password)| Operation::LogIn { email, password });
    let log_in_by_name = (mostly(words::names()), mostly(words::passwords()))
        .prop_map(|(username, password)| Operation::LogInByName { username, password });
    prop_oneof![
        12 => (who(), new_article()).prop_map(|(who, fields)| Operation::Publish(who, fields)),
        8 => (who(), which()).prop_map(|(who, which)| Operation::Like(who, which)),
        4 => (who(), which()).prop_map(|(who, which)| Operation::Unlike(who, which)),
        6 => (who(), which(), folder()).prop_map(|(who, which, folder)| Operation::Collect(who, which, folder)),
        2 => (who(), which()).prop_map(|(who, which)| Operation::TakeOut(who, which)),
        2 => who().prop_map(Operation::Likes),
        4 => who().prop_map(Operation::Feed),
        2 => (who(), proptest::option::of(select(words::folders())))
            .prop_map(|(who, folder)| Operation::Collection(who, folder)),
        8 => (who(), which(), article_changes()).prop_map(|(who, which, fields)| Operation::Edit(who, which, fields)),
        5 => (who(), which()).prop_map(|(who, which)| Operation::Delete(who, which)),
        4 => (who(), which()).prop_map(|(who, which)| Operation::Withdraw(who, which)),
        6 => (who(), new_article()).prop_map(|(who, fields)| Operation::BeginDraft(who, fields)),
        10 => (who(), which_draft(), tag(), article_changes())
            .prop_map(|(who, which, tag, fields)| Operation::SaveDraft(who, which, tag, fields)),
        10 => (who(), which_draft()).prop_map(|(who, which)| Operation::PublishDraft(who, which)),
        2 => (who(), which_draft()).prop_map(|(who, which)| Operation::DeleteDraft(who, which)),
        2 => (who(), which_draft()).prop_map(|(who, which)| Operation::ReadDraft(who, which)),
        2 => (who(), 1..5_usize).prop_map(|(who, limit)| Operation::ListDrafts(who, limit)),
        4 => (who(), which()).prop_map(|(who, which)| Operation::Read(who, which)),
        8 => (who(), query()).prop_map(|(who, query)| Operation::List(who, query)),
        2 => (who(), which()).prop_map(|(who, which)| Operation::ReadHtml(who, which)),
        2 => proptest::option::of(select(words::tags())).prop_map(Operation::Tags),
        24 => (who(), discussed(), mostly(words::remarks()), proptest::option::weighted(0.8, pick()))
            .prop_map(|(who, which, body, parent)| Operation::Comment(who, which, body, parent)),
        12 => (who(), discussed(), pick()).prop_map(|(who, which, comment)| Operation::DeleteComment(who, which, comment)),
        4 => (who(), discussed(), comment_query())
            .prop_map(|(who, which, query)| Operation::ListComments(who, which, query)),
        3 => (who(), discussed(), pick(), proptest::option::weighted(0.5, limit()))
            .prop_map(|(who, which, comment, limit)| Operation::Replies(who, which, comment, limit)),
        3 => (who(), select(words::names())).prop_map(|(who, name)| Operation::Profile(who, name)),
        5 => (who(), select(words::names())).prop_map(|(who, name)| Operation::Follow(who, name)),
        3 => (who(), select(words::names())).prop_map(|(who, name)| Operation::Unfollow(who, name)),
        1 => (who(), select(words::names())).prop_map(|(who, name)| Operation::Followers(who, name)),
        1 => (who(), select(words::names())).prop_map(|(who, name)| Operation::Followees(who, name)),
        6 => (who(), account_changes()).prop_map(|(who, fields)| Operation::ChangeAccount(who, fields)),
        3 => who().prop_map(Operation::Account),
        2 => who().prop_map(Operation::DeleteAccount),
        2 => who().prop_map(Operation::LogOut),
        1 => who().prop_map(Operation::LogOutOthers),
        1 => who().prop_map(Operation::LogOutEverywhere),
        2 => (who(), pick()).prop_map(|(who, session)| Operation::EndSession(who, session)),
        2 => who().prop_map(Operation::Sessions),
        6 => refresh().prop_map(Operation::Refresh),
        1 => Just(Operation::EmptyCache),
        3 => log_in,
        2 => log_in_by_name,
        2 => sign_up,
    ]
}

fn pick() -> impl Strategy<Value = Pick> {
    (0..64_usize).prop_map(Pick)
}

fn who() -> impl Strategy<Value = Who> {
    let session = (pick(), pick()).prop_map(|(session, token)| Who::Session { session, token });
    prop_oneof![12 => session, 1 => Just(Who::Nobody), 1 => Just(Who::Forger)]
}

fn which() -> impl Strategy<Value = Which> {
    let none = select(vec!["no-such-slug", "Capitals", "latest", "a--b", "a/b", "é"]).prop_map(Which::Slug);
    prop_oneof![12 => pick().prop_map(Which::Article), 1 => none]
}

fn which_draft() -> impl Strategy<Value = WhichDraft> {
    let none = select(vec!["01ARZ3NDEKTSV4RRFFQ69G5FAV", "no-id", "é"]).prop_map(WhichDraft::Id);
    prop_oneof![12 => pick().prop_map(WhichDraft::Draft), 1 => none]
}

fn tag() -> impl Strategy<Value = Tag> {
    prop_oneof![
        4 => Just(Tag::Nothing),
        1 => Just(Tag::Any),
        4 => Just(Tag::Current),
        2 => (1..3_u64).prop_map(Tag::Earlier),
        1 => select(vec!["1", "W/\"1\"", "\"x\"", ""]).prop_map(Tag::Foreign),
    ]
}

/// One of few articles, so that threads grow.
fn discussed() -> impl Strategy<Value = Which> {
    prop_oneof![3 => Just(Which::Article(Pick(0))), 1 => which()]
}

fn limit() -> impl Strategy<Value = &'static str> {
    select(vec!["1", "2", "3", "100", "101", "18446744073709551615", "0", "-1", "x", ""])
}

fn comment_query() -> impl Strategy<Value = CommentQuery> {
    (any::<bool>(), proptest::option::weighted(0.5, limit())).prop_map(|(flat, limit)| CommentQuery { flat, limit })
}

fn refresh() -> impl Strategy<Value = Refresh> {
    let texts = ["", "none", "eyJhbGciOiJub25lIn0.e30."].map(|text| Word { written: text.to_owned(), kept: None });
    prop_oneof![
        6 => (pick(), select(vec![0, 0, 0, 1, 1, 2])).prop_map(|(session, ago)| Refresh::Of(session, ago)),
        1 => pick().prop_map(Refresh::Forged),
        1 => mostly(texts.to_vec()).prop_map(Refresh::Sent),
    ]
}

/// A field that is mostly there, with a value that the rules allow more often than not.
fn mostly(words: Vec<Word>) -> impl Strategy<Value = Sent<Word>> {
    let allowed: Vec<_> = words.iter().filter(|word| word.kept.is_some()).cloned().collect();
    let good = select(if allowed.is_empty() { words.clone() } else { allowed });
    prop_oneof![
        20 => good.prop_map(Sent::Value),
        2 => select(words).prop_map(Sent::Value),
        1 => prop_oneof![Just(Sent::Absent), Just(Sent::Null), Just(Sent::WrongType)],
    ]
}

/// A field that is mostly left out.
fn seldom(words: Vec<Word>) -> impl Strategy<Value = Sent<Word>> {
    prop_oneof![3 => Just(Sent::Absent), 1 => mostly(words)]
}

fn tags() -> impl Strategy<Value = Sent<Vec<Word>>> {
    let bad = (vec(select(words::tags()), 0..3), select(words::no_tags()), pick());
    let bad = bad.prop_map(|(mut tags, bad, at)| {
        tags.insert(at.of(tags.len() + 1), bad);
        tags
    });
    prop_oneof![
        20 => vec(select(words::tags()), 0..5).prop_map(Sent::Value),
        1 => bad.prop_map(Sent::Value),
        1 => Just(Sent::Value(words::too_many_tags())),
        1 => Just(Sent::Value(words::too_many_tags().split_off(1))),
        1 => prop_oneof![Just(Sent::Absent), Just(Sent::Null), Just(Sent::WrongType)],
    ]
}

fn new_article() -> impl Strategy<Value = ArticleFields> {
    (mostly(words::titles()), mostly(words::descriptions()), mostly(words::bodies()), tags())
        .prop_map(|(title, description, body, tags)| ArticleFields { title, description, body, tags })
}

/// A folder, or none.
fn folder() -> impl Strategy<Value = Sent<Word>> {
    prop_oneof![1 => Just(Sent::Absent), 1 => Just(Sent::Null), 4 => mostly(words::folders())]
}

fn article_changes() -> impl Strategy<Value = ArticleFields> {
    let tags = prop_oneof![1 => Just(Sent::Absent), 1 => tags()];
    (seldom(words::titles()), seldom(words::descriptions()), seldom(words::bodies()), tags)
        .prop_map(|(title, description, body, tags)| ArticleFields { title, description, body, tags })
}

fn account_changes() -> impl Strategy<Value = AccountFields> {
    let fields = (
        seldom(words::names()),
        seldom(words::emails()),
        prop_oneof![9 => Just(Sent::Absent), 1 => mostly(words::passwords())],
        seldom(words::bios()),
        seldom(words::images()),
    );
    fields.prop_map(|(username, email, password, bio, image)| AccountFields { username, email, password, bio, image })
}

fn query() -> impl Strategy<Value = Query> {
    let tag = prop_oneof![9 => select(words::tags()), 1 => select(words::no_tags())];
    let offset = select(vec!["0", "1", "2", "10000", "10001", "-1", "x"]);
    (
        proptest::option::of(select(words::names())),
        proptest::option::of(tag),
        proptest::option::weighted(0.3, select(words::names())),
        proptest::option::weighted(0.3, limit()),
        proptest::option::weighted(0.3, offset),
    )
        .prop_map(|(author, tag, favorited, limit, offset)| Query { author, tag, favorited, limit, offset })
}
