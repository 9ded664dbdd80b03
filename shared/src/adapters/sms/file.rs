//! Messages that go nowhere but into a file, a line of JSON each: for a machine without a vendor, and for tests.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
    sync::Arc,
};

use async_trait::async_trait;
use serde_json::json;

use super::settings::FileSettings;
use crate::ports::{
    sms::{NotSent, Outgoing, SmsProvider},
    system::System,
};

/// The file.
pub struct Outbox {
    settings: FileSettings,
    system: Arc<dyn System>,
}

impl Outbox {
    /// The file that `settings` name; it and its folder are made when the first message comes.
    pub fn new(settings: FileSettings, system: Arc<dyn System>) -> Self {
        Self { settings, system }
    }
}

/// Appends `line` in one write, so that lines of several writers do not mix. Codes are for their owner's eyes only.
fn append(path: &PathBuf, line: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)?.write_all(line.as_bytes())
}

#[async_trait]
impl SmsProvider for Outbox {
    fn name(&self) -> &str {
        &self.settings.name
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<(), NotSent> {
        let line = json!({
            "phone": message.sms.phone.as_str(),
            "template": message.sms.purpose.name(),
            "params": {"code": message.sms.code.as_str()},
            "provider": self.settings.name,
            "at": self.system.now().to_string(),
        });
        let (path, line) = (self.settings.path.clone(), format!("{line}\n"));
        match tokio::task::spawn_blocking(move || append(&path, &line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(NotSent::Away(error.into())),
            Err(error) => Err(NotSent::Doubtful(error.into())),
        }
    }
}
