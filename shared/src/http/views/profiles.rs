//! Profiles with how many follow and are followed.

use serde::Serialize;
use utoipa::ToSchema;

use super::ProfileView;
use crate::{
    domain::follow::{ProfileList, SeenProfile},
    http::Content,
};

/// `{"profile": …}`: what anyone may see of a user.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProfileAnswer {
    /// The user.
    pub profile: CountedProfileView,
}

/// `{"profiles": …, "cursor": …}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProfilesAnswer {
    /// One page; who signed up last comes first.
    pub profiles: Vec<CountedProfileView>,
    /// Gets the next page, as the parameter `cursor`; `null` if there is none.
    #[schema(required = true)]
    pub cursor: Option<String>,
}

/// A profile with how many follow and are followed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CountedProfile)]
#[serde(rename_all = "camelCase")]
pub struct CountedProfileView {
    /// What is shown everywhere.
    #[serde(flatten)]
    pub profile: ProfileView,
    /// Users who follow this one.
    pub followers_count: u64,
    /// Users whom this one follows.
    pub following_count: u64,
}

impl From<SeenProfile> for CountedProfileView {
    fn from(SeenProfile { profile, following, counters }: SeenProfile) -> Self {
        Self {
            profile: ProfileView::new(profile, following),
            followers_count: counters.followers,
            following_count: counters.following,
        }
    }
}

impl From<SeenProfile> for ProfileAnswer {
    fn from(seen: SeenProfile) -> Self {
        Self { profile: seen.into() }
    }
}

impl From<ProfileList> for ProfilesAnswer {
    fn from(list: ProfileList) -> Self {
        let profiles = list.profiles.into_iter().map(Into::into).collect();
        Self { profiles, cursor: list.next.map(|next| next.to_string()) }
    }
}

impl Content for ProfileAnswer {
    fn forget_counts(&mut self) {
        self.profile.forget_counts();
    }
}

impl Content for ProfilesAnswer {
    fn forget_counts(&mut self) {
        self.profiles.iter_mut().for_each(CountedProfileView::forget_counts);
    }
}

impl CountedProfileView {
    /// Forgets what others move.
    pub(super) fn forget_counts(&mut self) {
        (self.followers_count, self.following_count) = (0, 0);
    }
}
