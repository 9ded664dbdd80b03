//! What changed in a table, as those learn who follow from it. A change is thin: it says what is different now, not how. Who
//! wants to know more reads it.

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize};

use super::{ArticleId, TaskId, UserId, article::Slug, user::Username};

/// The form that changes are written in. Another number is another meaning, which a consumer of this form refuses.
const FORM: u8 = 1;

/// That something is different from before. It may come twice, late and in any order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Change {
    /// What is different.
    pub subject: Subject,
    /// Its version after the change; of what is gone, one more than it ever had. `None` if it has no versions: then the order
    /// of two changes cannot be known, and neither says more than that there was one.
    pub version: Option<u64>,
    /// Whether it is gone for good.
    pub gone: bool,
}

/// What can change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "what", content = "id", rename_all = "camelCase")]
pub enum Subject {
    /// An article as everyone reads it.
    Article(Slug),
    /// A user's account, with what others see of it.
    User(UserId),
    /// To whom a name leads, if to anyone.
    Username(FoldedUsername),
    /// How much was done about an article.
    ArticleCounters(ArticleId),
    /// How hot an article can be: it moves with every doubling of what was done about it. The version is its counters'.
    ArticleHeat(ArticleId),
    /// How many follow a user and are followed.
    FollowCounters(UserId),
    /// A message to a phone that is to be sent; the version counts how often it was given to the queue.
    SmsTask(TaskId),
}

/// What two names must not have in common, see [`Username::folded`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FoldedUsername(String);

impl FoldedUsername {
    /// What was folded before; `None` for nothing at all.
    pub fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The folded name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Username> for FoldedUsername {
    fn from(name: &Username) -> Self {
        Self(name.folded())
    }
}

impl Change {
    /// The one of two changes of the same thing after which the other says nothing new: the higher version, or `later`, which
    /// came later, if versions do not tell.
    pub fn newer(self, later: Self) -> Self {
        match later.version.cmp(&self.version) {
            Ordering::Less => self,
            Ordering::Equal | Ordering::Greater => later,
        }
    }
}

/// A change as JSON: `{"form":1,"what":"article","id":"how-to","version":3,"gone":false}`.
#[derive(Serialize, Deserialize)]
struct Written {
    form: u8,
    #[serde(flatten)]
    subject: Subject,
    version: Option<u64>,
    gone: bool,
}

impl From<Change> for Written {
    fn from(Change { subject, version, gone }: Change) -> Self {
        Self { form: FORM, subject, version, gone }
    }
}

impl TryFrom<Written> for Change {
    type Error = UnknownForm;

    fn try_from(Written { form, subject, version, gone }: Written) -> Result<Self, UnknownForm> {
        if form == FORM { Ok(Self { subject, version, gone }) } else { Err(UnknownForm(form)) }
    }
}

/// A change that was written in another form than ours.
#[derive(Debug)]
pub struct UnknownForm(u8);

impl fmt::Display for UnknownForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a change of form {}, where {FORM} is known", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(version: u64) -> Change {
        Change { subject: Subject::Article(Slug::parse("how-to").unwrap()), version: Some(version), gone: false }
    }

    #[test]
    fn a_change_is_written_in_the_form_that_consumers_know() {
        let user = Subject::User("01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap());
        let name = Subject::Username(FoldedUsername::parse("张伟").unwrap());
        let task = Subject::SmsTask("01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap());
        for (change, text) in [
            (article(3), r#"{"form":1,"what":"article","id":"how-to","version":3,"gone":false}"#),
            (
                Change { subject: user, version: Some(9), gone: true },
                r#"{"form":1,"what":"user","id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","version":9,"gone":true}"#,
            ),
            (
                Change { subject: name, version: None, gone: false },
                r#"{"form":1,"what":"username","id":"张伟","version":null,"gone":false}"#,
            ),
            (
                Change { subject: task, version: Some(1), gone: false },
                r#"{"form":1,"what":"smsTask","id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","version":1,"gone":false}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&change).unwrap(), text);
            assert_eq!(serde_json::from_str::<Change>(text).unwrap(), change);
        }
    }

    #[test]
    fn another_form_and_another_subject_are_refused() {
        for text in [
            r#"{"form":2,"what":"article","id":"how-to","version":3,"gone":false}"#,
            r#"{"form":1,"what":"planet","id":"mars","version":3,"gone":false}"#,
            r#"{"what":"article","id":"how-to","version":3,"gone":false}"#,
        ] {
            assert!(serde_json::from_str::<Change>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn of_two_changes_the_higher_version_stays_whichever_came_first() {
        assert_eq!(article(3).newer(article(2)), article(3));
        assert_eq!(article(2).newer(article(3)), article(3));
    }

    #[test]
    fn of_two_changes_without_versions_the_later_stays() {
        let name =
            |gone| Change { subject: Subject::Username(FoldedUsername::parse("ann").unwrap()), version: None, gone };
        assert_eq!(name(true).newer(name(false)), name(false));
    }
}
