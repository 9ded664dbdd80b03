//! The double of OpenSearch: one for each process of tests, an index of its own for each test.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use search_opensearch::{OpenSearch, settings::OpenSearchSettings};
use serde::Deserialize;
use shared::adapters::system::OperatingSystem;

/// The server. It ends when its standard input does, and so with this process, however that ends.
struct Double {
    url: String,
    _child: Child,
}

/// What the server prints when it is ready.
#[derive(Deserialize)]
struct Ready {
    url: String,
}

fn binary() -> PathBuf {
    let environment = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/osmem/lib");
    let pythons = fs::read_dir(&environment).into_iter().flatten();
    let mut binaries = pythons.filter_map(|python| {
        Some(python.ok()?.path().join("site-packages/osmem_server/bin/osmem-server")).filter(|path| path.exists())
    });
    binaries.next().unwrap_or_else(|| {
        panic!("the double of OpenSearch is not in {}: run `make .venv/osmem.stamp`", environment.display())
    })
}

fn double() -> &'static Double {
    static DOUBLE: OnceLock<Double> = OnceLock::new();
    DOUBLE.get_or_init(|| {
        let mut child = Command::new(binary())
            .args(["-addr", "127.0.0.1:0", "-parent-pid", &std::process::id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ready { url } = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        Double { url, _child: child }
    })
}

/// Settings for an index that nobody has used yet.
pub(crate) fn settings() -> OpenSearchSettings {
    static INDICES: AtomicU32 = AtomicU32::new(0);
    let mut settings = OpenSearchSettings::new(double().url.parse().unwrap());
    settings.prefix = format!("test-{}x", INDICES.fetch_add(1, Ordering::Relaxed)).parse().unwrap();
    settings.refresh = true;
    settings
}

/// An engine with these settings.
pub(crate) fn engine(settings: OpenSearchSettings) -> OpenSearch {
    OpenSearch::new(settings, Arc::new(OperatingSystem::default())).unwrap()
}
