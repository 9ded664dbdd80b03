//! What every search engine does alike: the promises of [`shared::ports::search`], as tests that run on any engine.
//!
//! ```ignore
//! async fn fresh() -> search_contract::Fresh {
//!     let folder = tempfile::tempdir().unwrap();
//!     search_contract::Fresh::new(Engine::open(folder.path()).unwrap(), folder)
//! }
//!
//! search_contract::contract!(fresh);
//! ```
//!
//! The crate that uses it needs `tokio` with `macros` and `rt`. An engine is set up so that what was applied is found when
//! [`apply`](shared::ports::search::SearchWrites::apply) has returned: nothing here waits.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "all of it is tests, and a panic is how they fail")]

pub mod filters;
pub mod found;
pub mod languages;
mod library;
pub mod orders;
pub mod people;
pub mod rebuild;
pub mod versions;
pub mod words;

use std::any::Any;

pub use library::{Article, Ask, NOW, author, found_users, hours_ago, person, put, slugs, written_by};
use shared::ports::search::SearchEngine;

/// An engine for one test: it has nothing, and nobody else uses it.
pub struct Fresh {
    /// The engine, which scores as [`Scoring::default`](shared::domain::ranking::Scoring) says.
    pub engine: Box<dyn SearchEngine>,
    /// What must live as long as the engine: a folder, a server.
    pub keep: Box<dyn Any + Send>,
}

impl Fresh {
    /// An engine and what must live as long.
    pub fn new(engine: impl SearchEngine + 'static, keep: impl Any + Send) -> Self {
        Self { engine: Box::new(engine), keep: Box::new(keep) }
    }
}

/// Makes a test of each promise. `$fresh` is an `async fn() -> Fresh` of the crate that uses it.
#[macro_export]
macro_rules! contract {
    ($fresh:path) => {
        $crate::promises! { $fresh;
            words {
                a_title_counts_more_than_tags_and_those_more_than_the_description_and_that_more_than_the_text
                what_has_all_words_comes_before_what_has_some
                a_phrase_must_be_there_in_this_order
                what_is_unwanted_is_not_there
                an_unwanted_phrase_leaves_its_words_apart_alone
                whatever_is_unwanted_alone_leaves_the_rest
                a_typo_is_found_behind_what_is_written_right
                short_words_match_as_they_are
                longer_words_may_have_two_typos
                words_match_by_their_stem
                without_anything_typed_all_is_found
                whatever_is_typed_gives_an_answer
            }
            languages {
                chinese_words_are_found_within_sentences
                a_chinese_sentence_finds_what_has_most_of_its_words
                a_chinese_phrase_is_there_as_it_is_written
                chinese_that_is_unwanted_is_not_there
                chinese_and_english_mix
                case_width_and_accents_make_no_difference
            }
            filters {
                only_what_has_the_tag_however_it_is_written
                only_what_is_the_authors
                only_what_was_published_in_the_span
                filters_and_words_hold_together
                facets_count_all_that_is_found_the_most_frequent_first
                of_facets_there_are_the_most_frequent
            }
            orders {
                the_latest_first
                the_hottest_first
                pages_by_relevance_have_everything_once
                pages_of_the_hottest_have_everything_once
                pages_of_the_latest_have_everything_once_while_new_ones_arrive
                a_page_begins_behind_what_is_gone
                a_page_that_is_just_full_is_the_last
                a_page_may_begin_at_an_offset
            }
            found {
                what_is_highlighted_is_harmless
                words_are_highlighted_as_they_are_written
                chinese_is_highlighted_as_it_was_typed
                of_a_long_text_the_best_part_is_shown
                where_the_text_has_nothing_of_it_its_beginning_is_shown
                a_word_that_nobody_wrote_may_be_another
                words_that_are_known_are_what_was_meant
                a_hit_says_what_was_found
            }
            people {
                users_are_found_by_their_name_before_their_bio
                users_are_found_by_what_their_name_begins_with
                chinese_names_are_found
                users_come_in_parts
                tags_are_found_by_what_one_of_their_words_begins_with
                what_is_typed_is_completed
                a_chinese_title_is_completed
                suggestions_are_as_many_as_asked_for
            }
            versions {
                a_later_state_takes_the_place_of_an_earlier
                an_earlier_state_that_comes_later_changes_nothing
                the_same_again_changes_nothing
                what_is_gone_is_gone_for_all_counters_of_its_version
                what_is_gone_before_it_was_there_stays_gone
                what_comes_back_is_found
                of_one_batch_the_latest_state_stays_whatever_the_order
                a_user_who_is_gone_is_not_found
            }
            rebuild {
                without_a_build_there_is_none_under_way
                what_is_built_is_not_found_until_it_is_finished
                a_change_goes_to_what_is_searched_and_to_what_is_built
                a_build_is_gone_on_with_at_its_mark
                what_fills_a_build_does_not_undo_a_change
                a_build_that_was_replaced_cannot_be_filled
                to_finish_again_changes_nothing
                one_build_can_follow_another
                readers_see_no_gap_while_a_build_is_finished
            }
        }
    };
}

/// The tests of [`contract!`].
#[doc(hidden)]
#[macro_export]
macro_rules! promises {
    ($fresh:path; $($module:ident { $($promise:ident)* })*) => {$(
        mod $module {
            #[allow(unused_imports, reason = "the path may be absolute")]
            use super::*;
            $(
                #[tokio::test]
                async fn $promise() {
                    let fresh: $crate::Fresh = $fresh().await;
                    $crate::$module::$promise(fresh.engine.as_ref()).await;
                }
            )*
        }
    )*};
}
