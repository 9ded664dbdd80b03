//! One index in one folder.

use std::{collections::HashMap, fs, path::Path};

use shared::domain::search::{Entry, EntryKey};
use tantivy::{
    DocSet, Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TERMINATED, TantivyError, Term,
    directory::MmapDirectory,
    indexer::{IndexWriterOptions, LogMergePolicy},
    schema::IndexRecordOption,
    tokenizer::TextAnalyzer,
};

use crate::{
    error::Trouble,
    schema::{Fields, column, key_term, schema},
    words::{EXACT, Exact, STEMMED, Stemmed},
};

/// Bytes of what was added and is not yet written. There is one thread that adds, and only while a batch is applied.
const WRITER_BYTES: usize = 32 << 20;
/// Blocks of stored texts, of 16 KB each, that readers keep.
const STORE_BLOCKS: usize = 64;

/// An index, for any number of readers.
pub(crate) struct Generation {
    /// Its name, which its folder has too.
    pub(crate) name: String,
    pub(crate) fields: Fields,
    index: Index,
    reader: IndexReader,
}

/// The only one who writes an index.
pub(crate) struct Pen {
    /// `None` until the first batch, and after one that failed: what it had half done is forgotten then.
    writer: Option<IndexWriter>,
}

impl Generation {
    /// Opens the index in `folder`, or makes an empty one if there is none.
    pub(crate) fn open(folder: &Path, name: &str) -> Result<Self, Trouble> {
        fs::create_dir_all(folder)?;
        let (schema, fields) = schema();
        let directory = MmapDirectory::open(folder).map_err(TantivyError::from)?;
        let index = if Index::exists(&directory).map_err(TantivyError::from)? {
            Index::open(directory)?
        } else {
            Index::create(directory, schema.clone(), IndexSettings::default())?
        };
        if index.schema() != schema {
            return Err(Trouble::Strange("fields of another program"));
        }
        index.tokenizers().register(STEMMED, TextAnalyzer::from(Stemmed));
        index.tokenizers().register(EXACT, TextAnalyzer::from(Exact));
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(STORE_BLOCKS)
            .try_into()?;
        Ok(Self { name: name.to_owned(), fields, index, reader })
    }

    /// What there is now. It stays as it is, whatever is written.
    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// What was kept with the last batch.
    pub(crate) fn mark(&self) -> Result<Option<String>, Trouble> {
        Ok(self.index.load_metas()?.payload)
    }

    /// Which state of `key` there is, if any.
    fn version(&self, searcher: &Searcher, key: &str) -> Result<Option<u64>, Trouble> {
        let term = Term::from_field_text(self.fields.key, key);
        for segment in searcher.segment_readers() {
            let Some(mut found) =
                segment.inverted_index(self.fields.key)?.read_postings(&term, IndexRecordOption::Basic)?
            else {
                continue;
            };
            while found.doc() != TERMINATED {
                if !segment.is_deleted(found.doc()) {
                    let versions = segment.fast_fields().u64(column::VERSION)?;
                    return versions.first(found.doc()).map(Some).ok_or(Trouble::Strange("an entry without a version"));
                }
                found.advance();
            }
        }
        Ok(None)
    }
}

impl Pen {
    /// Of an index that nobody has written yet.
    pub(crate) fn new() -> Self {
        Self { writer: None }
    }

    /// Has the index show `entries`, each unless it shows a later state already, and keeps the `mark`: all of it or nothing, also when
    /// the program is killed. It is found when this returns.
    pub(crate) fn write<'a>(
        &mut self,
        generation: &Generation,
        entries: impl IntoIterator<Item = &'a Entry>,
        mark: Option<&str>,
    ) -> Result<(), Trouble> {
        let entries: Vec<_> = entries.into_iter().collect();
        let mut latest: HashMap<EntryKey, usize> = HashMap::new();
        for (place, entry) in entries.iter().enumerate() {
            let kept = latest.entry(entry.key()).or_insert(place);
            if entry.version() > entries[*kept].version() {
                *kept = place;
            }
        }
        let searcher = generation.searcher();
        let mut changes = Vec::new();
        for (place, entry) in entries.into_iter().enumerate() {
            if latest.get(&entry.key()) != Some(&place) {
                continue;
            }
            let key = key_term(&entry.key());
            if generation.version(&searcher, &key)?.is_none_or(|shown| entry.version().get() > shown) {
                changes.push((key, entry));
            }
        }
        if changes.is_empty() && (mark.is_none() || generation.mark()?.as_deref() == mark) {
            return Ok(());
        }
        // Taken: what fails leaves none, and the next batch begins with a new one at the last that was kept.
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => open_writer(&generation.index)?,
        };
        for (key, entry) in changes {
            writer.delete_term(Term::from_field_text(generation.fields.key, &key));
            writer.add_document(generation.fields.document(entry))?;
        }
        let mut commit = writer.prepare_commit()?;
        if let Some(mark) = mark {
            commit.set_payload(mark);
        }
        commit.commit()?;
        self.writer = Some(writer);
        generation.reader.reload()?;
        Ok(())
    }
}

fn open_writer(index: &Index) -> Result<IndexWriter, Trouble> {
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .memory_budget_per_thread(WRITER_BYTES)
        .num_merge_threads(1)
        .build();
    let writer: IndexWriter = index.writer_with_options(options)?;
    let mut merges = LogMergePolicy::default();
    // Entries that were replaced still cost time and room.
    merges.set_del_docs_ratio_before_merge(0.3);
    writer.set_merge_policy(Box::new(merges));
    Ok(writer)
}
