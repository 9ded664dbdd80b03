//! Identifiers: ULIDs, which sort by the time of their making.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::Timestamp;

/// How many random bytes an identifier needs.
pub(super) const RANDOM_BYTES: usize = 10;

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(Ulid);

        impl $name {
            /// An identifier made at `now` with 80 random bits.
            pub fn new(now: Timestamp, random: [u8; RANDOM_BYTES]) -> Self {
                let mut wide = [0; 16];
                wide[16 - RANDOM_BYTES..].copy_from_slice(&random);
                Self(Ulid::from_parts(now.as_millis().unsigned_abs(), u128::from_be_bytes(wide)))
            }

            /// When it was made.
            pub fn made_at(self) -> Timestamp {
                Timestamp::from_millis(i64::try_from(self.0.timestamp_ms()).expect("48 bits fit"))
            }

            /// The identifier as 16 bytes, big endian.
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_bytes()
            }

            /// The identifier that [`to_bytes`](Self::to_bytes) gave.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Ulid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ulid::DecodeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

identifiers! {
    /// Identifies a user for good; names and addresses may change.
    UserId
    /// Identifies one login of one user, with all tokens that come from it.
    SessionId
    /// Identifies a request that came without a gateway's id.
    RequestId
    /// Identifies an article and orders it among the others by first publication.
    ArticleId
    /// Identifies a draft and orders it among its author's by creation.
    DraftId
    /// Identifies one try to take a lease.
    HolderId
    /// Identifies one like, or one article in a collection: what is liked, disliked and liked again is another like.
    RelationId
    /// Identifies a message that is to be sent, and orders it among the others by when it was asked for.
    TaskId
}
