//! Where a running program's services are: a file in its data folder, for the subcommands that look at it.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use crate::data::write_whole;

const FILE: &str = "addresses.json";

/// Where the services listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Addresses {
    pub(crate) dynamodb: String,
    pub(crate) sqs: String,
    pub(crate) redis: String,
}

/// Tells where the services of the program over `folder` are, to the folder's owner only.
pub(crate) fn write(folder: &Path, addresses: &Addresses) -> io::Result<()> {
    write_whole(&folder.join(FILE), &format!("{}\n", serde_json::to_string(addresses)?))
}

/// Takes it back when the program stops.
pub(crate) fn remove(folder: &Path) {
    if let Err(error) = fs::remove_file(folder.join(FILE)) {
        tracing::warn!(error = error.to_string(), "the file of addresses is still there");
    }
}

/// Where the services of the program over `folder` are; `None` if none was left running there.
pub(crate) fn read(folder: &Path) -> io::Result<Option<Addresses>> {
    match fs::read_to_string(folder.join(FILE)) {
        Ok(text) => Ok(Some(serde_json::from_str(&text)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
