//! The generations of the index in their folder: which one is searched, and which one is being built.

use std::{
    error::Error,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{Timestamp, search::Entry},
    ports::search::Build,
};

use crate::{
    error::Trouble,
    generation::{Generation, Pen},
    schema::FORM,
};

/// The file that says which generations there are.
const STATE: &str = "state.json";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// [`FORM`] of the generations.
    form: u32,
    /// How many generations there were.
    made: u64,
    /// The one that is searched.
    searched: String,
    /// Whether that one was built from the tables, so that it has all that was there before it.
    built: bool,
    /// The one that is being built, and from when it may be filled.
    building: Option<(String, Timestamp)>,
}

/// An index and who writes it.
struct Writing {
    generation: Arc<Generation>,
    pen: Pen,
}

impl Writing {
    fn open(folder: &Path, name: &str) -> Result<Self, Trouble> {
        let generation = Arc::new(Generation::open(&folder.join(name), name)?);
        Ok(Self { generation, pen: Pen::new() })
    }
}

/// The generations, for the only one who changes them.
pub(crate) struct Store {
    folder: PathBuf,
    state: State,
    searched: Writing,
    building: Option<Writing>,
    /// Where readers find what they search.
    shown: Arc<ArcSwap<Generation>>,
}

impl Store {
    /// Opens what is in the folder; what makes no sense, or is of another form, is replaced by an index that has nothing.
    pub(crate) fn open(folder: &Path) -> Result<Self, Trouble> {
        fs::create_dir_all(folder)?;
        let opened = match read_state(folder) {
            Ok(Some(state)) => Self::open_state(folder, state).map(Some),
            Ok(None) => Ok(None),
            Err(trouble) => Err(trouble),
        };
        let store = match opened {
            Ok(Some(store)) => store,
            Ok(None) => Self::empty(folder)?,
            Err(trouble) if trouble.may_pass() => return Err(trouble),
            Err(trouble) => {
                tracing::warn!(error = &trouble as &dyn Error, "the search index is replaced by an empty one");
                Self::empty(folder)?
            }
        };
        store.tidy()?;
        Ok(store)
    }

    fn open_state(folder: &Path, state: State) -> Result<Self, Trouble> {
        let searched = Writing::open(folder, &state.searched)?;
        let building = match state.building.as_ref().map(|(name, _)| Writing::open(folder, name)).transpose() {
            Err(trouble) if !trouble.may_pass() => {
                tracing::warn!(error = &trouble as &dyn Error, "the search index that was being built is begun anew");
                None
            }
            building => building?,
        };
        let shown = Arc::new(ArcSwap::new(Arc::clone(&searched.generation)));
        Ok(Self { folder: folder.to_owned(), state, searched, building, shown })
    }

    /// One generation that has nothing. Its name is of no folder that may be there.
    fn empty(folder: &Path) -> Result<Self, Trouble> {
        let mut made = 1;
        for entry in fs::read_dir(folder)? {
            made = made.max(entry?.file_name().to_str().and_then(number).map_or(0, |number| number + 1));
        }
        let state = State { form: FORM, made, searched: name(made), built: false, building: None };
        let store = Self::open_state(folder, state)?;
        store.keep(&store.state)?;
        Ok(store)
    }

    /// Where readers find what they search.
    pub(crate) fn shown(&self) -> Arc<ArcSwap<Generation>> {
        Arc::clone(&self.shown)
    }

    /// Whether what is searched was built from the tables.
    pub(crate) fn built(&self) -> bool {
        self.state.built
    }

    /// Has both generations show `entries`.
    pub(crate) fn apply(&mut self, entries: &[Entry]) -> Result<(), Trouble> {
        let Writing { generation, pen } = &mut self.searched;
        pen.write(generation, entries, None)?;
        if let Some(Writing { generation, pen }) = &mut self.building {
            // The mark goes with every batch: it is kept with the last alone.
            let mark = generation.mark()?;
            pen.write(generation, entries, mark.as_deref())?;
        }
        Ok(())
    }

    /// The generation that is being built.
    pub(crate) fn under_way(&self) -> Result<Option<Build>, Trouble> {
        let Some((writing, (name, fill_from))) = self.building.as_ref().zip(self.state.building.as_ref()) else {
            return Ok(None);
        };
        Ok(Some(Build { name: name.clone(), fill_from: *fill_from, mark: writing.generation.mark()? }))
    }

    /// Begins a generation, in place of one that is being built. All that is applied from now on goes there too: no batch is under way.
    pub(crate) fn begin(&mut self, now: Timestamp) -> Result<Build, Trouble> {
        // What a program that was killed has left, this one's name included.
        self.tidy()?;
        let made = self.state.made + 1;
        let name = name(made);
        let writing = Writing::open(&self.folder, &name)?;
        let state = State { made, building: Some((name.clone(), now)), ..self.state.clone() };
        self.keep(&state)?;
        self.state = state;
        let before = self.building.replace(writing);
        self.drop_generation(before);
        Ok(Build { name, fill_from: now, mark: None })
    }

    /// Has the generation that is being built show `entries`, and keeps the mark with them.
    pub(crate) fn fill<'a>(
        &mut self,
        name: &str,
        entries: impl IntoIterator<Item = &'a Entry>,
        mark: &str,
    ) -> Result<(), Trouble> {
        match &mut self.building {
            Some(Writing { generation, pen }) if generation.name == name => pen.write(generation, entries, Some(mark)),
            _ => Err(Trouble::NoBuild(name.to_owned())),
        }
    }

    /// Has the generation that was built be the one that is searched, and drops the one before.
    pub(crate) fn finish(&mut self, name: &str) -> Result<(), Trouble> {
        if self.state.searched == name {
            return Ok(());
        }
        let Some(built) = self.building.take_if(|building| building.generation.name == name) else {
            return Err(Trouble::NoBuild(name.to_owned()));
        };
        let state = State { searched: name.to_owned(), built: true, building: None, ..self.state.clone() };
        if let Err(trouble) = self.keep(&state) {
            self.building = Some(built);
            return Err(trouble);
        }
        self.state = state;
        let before = std::mem::replace(&mut self.searched, built);
        self.shown.store(Arc::clone(&self.searched.generation));
        self.drop_generation(Some(before));
        Ok(())
    }

    /// Writes the file in one step: whoever opens the folder next finds the state before or the one after.
    fn keep(&self, state: &State) -> Result<(), Trouble> {
        let (next, place) = (self.folder.join("state.json.next"), self.folder.join(STATE));
        let mut file = File::create(&next)?;
        file.write_all(&serde_json::to_vec(state).map_err(io::Error::from)?)?;
        file.sync_all()?;
        fs::rename(&next, &place)?;
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    /// Removes the folder of a generation. Readers that still search it have its files open. What stays is removed by [`tidy`](Self::tidy).
    fn drop_generation(&self, writing: Option<Writing>) {
        let Some(Writing { generation, pen }) = writing else { return };
        let folder = self.folder.join(&generation.name);
        drop(pen);
        if let Err(error) = remove(&folder) {
            tracing::warn!(error = &error as &dyn Error, "a search index that is not used any more stays");
        }
    }

    /// Removes folders of generations that are not of this state.
    fn tidy(&self) -> Result<(), Trouble> {
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str().filter(|name| number(name).is_some()) else { continue };
            let building = self.state.building.as_ref().is_some_and(|(building, _)| building == name);
            if self.state.searched != name && !building {
                remove(&self.folder.join(name))?;
            }
        }
        Ok(())
    }
}

/// The name of the generation with this number.
fn name(number: u64) -> String {
    format!("generation-{number}")
}

/// The number of the generation with this name.
fn number(name: &str) -> Option<u64> {
    name.strip_prefix("generation-").and_then(|number| number.parse().ok())
}

fn read_state(folder: &Path) -> Result<Option<State>, Trouble> {
    let bytes = match fs::read(folder.join(STATE)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let state: State = serde_json::from_slice(&bytes).map_err(|_| Trouble::Strange("no list of its generations"))?;
    if state.form == FORM { Ok(Some(state)) } else { Err(Trouble::Strange("another form")) }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
