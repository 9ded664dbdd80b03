//! The data folder: made when missing, held by one program at a time, never mixed with others' files.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use shared::{
    adapters::{jwt::PrivateKeys, system::OperatingSystem},
    domain::{idempotency::HmacKey, sms::TaskKey},
    ports::system::System,
};

use crate::StartError;

/// The layout of the folder that this program reads and writes.
const FORMAT: u32 = 1;
/// The file whose presence says that the folder is ours, and which holds its format.
const MARKER: &str = "bloghub-format";
const LOCK: &str = "bloghub.lock";
const KEYS: &str = "jwt-keys.json";
const HMAC_KEY: &str = "hmac-key";
const SMS_TASK_KEY: &str = "sms-task-key";
/// Where messages go that nobody sends.
const OUTBOX: &str = "outbox/sms.jsonl";

/// An open data folder. Nobody else opens it until this is dropped or its process has ended, however it ended.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Opens the folder at `path`, which is made if it is missing.
    ///
    /// # Errors
    /// [`StartError::Unwritable`], [`StartError::InUse`], [`StartError::Foreign`] or [`StartError::Format`].
    pub fn open(path: &Path) -> Result<Self, StartError> {
        let unwritable = |source| StartError::Unwritable { folder: path.to_owned(), source };
        fs::create_dir_all(path).map_err(unwritable)?;
        let path = path.canonicalize().map_err(unwritable)?;
        let ours = path.join(MARKER).exists();
        if !ours && holds_something(&path).map_err(unwritable)? {
            return Err(StartError::Foreign { folder: path });
        }
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(unwritable)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StartError::InUse { folder: path.clone() },
            TryLockError::Error(source) => unwritable(source),
        })?;
        if ours {
            let format = fs::read_to_string(path.join(MARKER)).map_err(unwritable)?;
            let found = format.trim().parse().unwrap_or(u32::MAX);
            if found > FORMAT {
                return Err(StartError::Format { folder: path, found, known: FORMAT });
            }
        } else {
            fs::write(path.join(MARKER), format!("{FORMAT}\n")).map_err(unwritable)?;
        }
        Ok(Self { path, _lock: lock })
    }

    /// Whether `path` is such a folder already.
    pub fn exists(path: &Path) -> bool {
        path.join(MARKER).exists()
    }

    /// The folder, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's subfolder `name`, made if it is missing.
    ///
    /// # Errors
    /// [`StartError::Unwritable`].
    pub fn subfolder(&self, name: &str) -> Result<PathBuf, StartError> {
        let folder = self.path.join(name);
        fs::create_dir_all(&folder).map_err(|source| self.unwritable(source))?;
        Ok(folder)
    }

    /// The keys of access tokens, made at the first start and readable by nobody else.
    ///
    /// # Errors
    /// [`StartError::Unwritable`] if they cannot be read or written.
    pub fn keys(&self) -> Result<PrivateKeys, StartError> {
        let make = || PrivateKeys::generate("local").map(|keys| keys.to_json());
        let json = self.secret(KEYS, || make().map_err(|_| io::Error::other("no randomness for keys")))?;
        PrivateKeys::parse(&json).map_err(|problem| self.unwritable(io::Error::other(format!("{KEYS} {problem}"))))
    }

    /// The secret of `HMAC_KEY`, made at the first start and readable by nobody else.
    ///
    /// # Errors
    /// [`StartError::Unwritable`] if it cannot be read or written.
    pub fn hmac_key(&self) -> Result<String, StartError> {
        let system: &dyn System = &OperatingSystem::default();
        let key = self.secret(HMAC_KEY, || Ok(HmacKey::encode(system.random())))?;
        let problem = |problem| self.unwritable(io::Error::other(format!("{HMAC_KEY} {problem}")));
        HmacKey::parse(&key).map(|_| key.trim().to_owned()).map_err(problem)
    }

    /// The key of `SMS_TASK_KEY`, made at the first start and readable by nobody else.
    ///
    /// # Errors
    /// [`StartError::Unwritable`] if it cannot be read or written.
    pub fn sms_task_key(&self) -> Result<String, StartError> {
        let system: &dyn System = &OperatingSystem::default();
        let key = self.secret(SMS_TASK_KEY, || Ok(TaskKey::encode(system.random())))?;
        let problem = |problem| self.unwritable(io::Error::other(format!("{SMS_TASK_KEY} {problem}")));
        TaskKey::parse(&key).map(|_| key.trim().to_owned()).map_err(problem)
    }

    /// The file that messages to phones go into where no vendor is configured, a line of JSON each.
    pub fn outbox(&self) -> PathBuf {
        self.path.join(OUTBOX)
    }

    /// The text of the file `name`, made by `make` if it is not there.
    fn secret(&self, name: &str, make: impl FnOnce() -> io::Result<String>) -> Result<String, StartError> {
        let file = self.path.join(name);
        let made = || {
            let text = make()?;
            write_whole(&file, &text)?;
            Ok(text)
        };
        let text = match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => made(),
            read => read,
        };
        text.map_err(|source| self.unwritable(source))
    }

    fn unwritable(&self, source: io::Error) -> StartError {
        StartError::Unwritable { folder: self.path.clone(), source }
    }
}

/// Whether there is anything but what an earlier, interrupted start may have left.
fn holds_something(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        if entry?.file_name() != LOCK {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes `text`, for its owner's eyes only, so that a crash leaves the whole file or none.
///
/// # Errors
/// Whatever the file system says.
pub fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    let mut draft = file.as_os_str().to_owned();
    draft.push(".new");
    let mut handle = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&draft)?;
    handle.write_all(text.as_bytes())?;
    handle.sync_all()?;
    fs::rename(draft, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_until_it_is_dropped_and_keeps_its_keys() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("a/b");
        let first = DataFolder::open(&data).unwrap();
        let (keys, hmac) = (first.keys().unwrap().to_json(), first.hmac_key().unwrap());
        assert!(matches!(DataFolder::open(&data), Err(StartError::InUse { .. })));
        drop(first);
        let second = DataFolder::open(&data).unwrap();
        assert_eq!((second.keys().unwrap().to_json(), second.hmac_key().unwrap()), (keys, hmac));
    }

    #[test]
    fn a_folder_with_other_files_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "…").unwrap();
        assert!(matches!(DataFolder::open(dir.path()), Err(StartError::Foreign { .. })));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_of_a_newer_format_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(MARKER), "2\n").unwrap();
        assert!(matches!(DataFolder::open(dir.path()), Err(StartError::Format { found: 2, .. })));
    }

    #[test]
    fn a_folder_that_is_a_file_is_unwritable() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(DataFolder::open(file.path()), Err(StartError::Unwritable { .. })));
    }
}
