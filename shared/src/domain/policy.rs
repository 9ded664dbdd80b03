//! Who may do what. Reading what is public needs nobody's leave and is not asked for here; for everything else a function asks
//! [`Action::allows`], and this file alone has the rules.

use super::{UserId, user::Role};

/// What somebody who is logged in wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look after what is one's own and nobody else sees: the account, the sessions, a list of drafts, a draft that is deleted.
    Manage,
    /// Like, collect, follow.
    React,
    /// Comment and reply.
    Discuss,
    /// Begin and save drafts, publish.
    Write,
    /// Change what an article says.
    EditArticle,
    /// Take an article away from readers.
    WithdrawArticle,
    /// Delete an article for good.
    DeleteArticle,
    /// Delete a comment: whoever wrote it owns it, and so does whoever wrote the article.
    DeleteComment,
    /// Say who has which role.
    SetRole,
}

/// Why something is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is somebody else's.
    NotTheirs,
    /// That takes at least this role.
    Takes(Role),
}

/// The roles that an action takes.
struct Rule {
    /// Of whoever owns the thing.
    owner: Role,
    /// Of anybody else; nobody may where there is none.
    others: Option<Role>,
}

impl Action {
    const fn rule(self) -> Rule {
        let (owner, others) = match self {
            Self::Manage | Self::React | Self::Discuss => (Role::Reader, Some(Role::Reader)),
            Self::Write => (Role::Author, Some(Role::Author)),
            // Whoever may take an article away may not put words into its author's mouth.
            Self::EditArticle => (Role::Author, None),
            // Who is an author no longer may still take back what they wrote.
            Self::WithdrawArticle | Self::DeleteArticle | Self::DeleteComment => (Role::Reader, Some(Role::Moderator)),
            Self::SetRole => (Role::Admin, Some(Role::Admin)),
        };
        Rule { owner, others }
    }

    /// Whether `user`, who has `role`, may do this to what `owners` own; nobody owns what does not exist yet.
    ///
    /// # Errors
    /// Why not.
    pub fn allows(self, user: UserId, role: Role, owners: &[UserId]) -> Result<(), Refusal> {
        let Rule { owner, others } = self.rule();
        let needed = if owners.contains(&user) { Some(owner) } else { others };
        match needed {
            Some(needed) if role >= needed => Ok(()),
            Some(needed) if owners.is_empty() || owners.contains(&user) => Err(Refusal::Takes(needed)),
            _ => Err(Refusal::NotTheirs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u8) -> UserId {
        UserId::from_bytes([number; 16])
    }

    /// For each role in its order, whether it may: `y` or `-`.
    fn row(action: Action, owners: &[UserId]) -> String {
        let may = |role| if action.allows(user(1), role, owners).is_ok() { 'y' } else { '-' };
        Role::ALL.into_iter().map(may).collect()
    }

    #[test]
    fn who_may_do_what() {
        for (action, anyone, owner, stranger) in [
            (Action::Manage, "yyyy", "yyyy", "yyyy"),
            (Action::React, "yyyy", "yyyy", "yyyy"),
            (Action::Discuss, "yyyy", "yyyy", "yyyy"),
            (Action::Write, "-yyy", "-yyy", "-yyy"),
            (Action::EditArticle, "----", "-yyy", "----"),
            (Action::WithdrawArticle, "--yy", "yyyy", "--yy"),
            (Action::DeleteArticle, "--yy", "yyyy", "--yy"),
            (Action::DeleteComment, "--yy", "yyyy", "--yy"),
            (Action::SetRole, "---y", "---y", "---y"),
        ] {
            let rows = [row(action, &[]), row(action, &[user(2), user(1)]), row(action, &[user(2)])];
            assert_eq!(rows, [anyone, owner, stranger], "{action:?}");
        }
    }

    #[test]
    fn a_refusal_says_whether_it_is_the_role_or_the_owner() {
        assert_eq!(Action::Write.allows(user(1), Role::Reader, &[]), Err(Refusal::Takes(Role::Author)));
        assert_eq!(Action::EditArticle.allows(user(1), Role::Admin, &[user(2)]), Err(Refusal::NotTheirs));
        assert_eq!(Action::EditArticle.allows(user(1), Role::Reader, &[user(1)]), Err(Refusal::Takes(Role::Author)));
        assert_eq!(Action::DeleteArticle.allows(user(1), Role::Author, &[user(2)]), Err(Refusal::NotTheirs));
    }
}
