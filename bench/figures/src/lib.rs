//! What all benches do alike with their figures: they say where and by what command these were measured, and write them into a document.

use std::{fmt, fs, io, path::Path, process::Command, thread};

/// Where, of what and how figures were measured: what a reader must know to compare them.
#[derive(Debug)]
pub struct Origin {
    cpu: String,
    cores: usize,
    commit: String,
    command: String,
}

impl Origin {
    /// This machine, the commit of the working folder, and the command `make TARGET` with the arguments of this process but for those
    /// that `hidden` names: such as the target itself gives, or that only say where the figures go.
    pub fn of(target: &str, hidden: &[&str]) -> Self {
        let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
        let changed = git(&["status", "--porcelain", "--", "*.rs", "*.lua", "*.toml", "*.lock"]).is_some();
        Self {
            cpu: cpu_model().unwrap_or_else(|| "unknown".to_owned()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            commit: if changed { format!("{commit} and uncommitted changes") } else { commit },
            command: command(target, std::env::args().skip(1), hidden),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, commit, command } = self;
        write!(f, "Machine: {cpu}, {cores} cores. Commit: {commit}. Command: `{command}`.")
    }
}

/// `make TARGET` with `arguments`, without the options in `hidden` and what follows those of them that take a value (`--file=`).
fn command(target: &str, arguments: impl Iterator<Item = String>, hidden: &[&str]) -> String {
    let mut shown = Vec::new();
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let name = argument.split_once('=').map_or(&*argument, |(name, _)| name);
        if hidden.contains(&name) {
            continue;
        }
        if hidden.iter().any(|hidden| hidden.strip_suffix('=') == Some(name)) {
            if name == argument {
                arguments.next();
            }
            continue;
        }
        shown.push(argument);
    }
    if shown.is_empty() { format!("make {target}") } else { format!("make {target} ARGS='{}'", shown.join(" ")) }
}

fn cpu_model() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let model = info.lines().find(|line| line.starts_with("model name"))?.split_once(':')?.1;
    Some(model.trim().to_owned())
}

/// What git says; nothing if it says nothing or is not there.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
}

/// Puts `report` between the marks of `make TARGET` in a Markdown file.
///
/// # Errors
/// A file that cannot be read or written, or has no such marks.
pub fn write(file: &Path, target: &str, report: &str) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let replaced = replace(&text, target, report)
        .ok_or_else(|| io::Error::other(format!("{} has no place for the figures of make {target}", file.display())))?;
    fs::write(file, replaced)
}

fn replace(document: &str, target: &str, report: &str) -> Option<String> {
    let (begin, end) =
        (format!("<!-- figures of `make {target}` -->"), format!("<!-- end of the figures of `make {target}` -->"));
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n\n{}\n\n{end}{after}", report.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_between_the_marks_is_replaced_and_nothing_else() {
        let document = "# A\n\n<!-- figures of `make a` -->\nold\n<!-- end of the figures of `make a` -->\n\n\
                        <!-- figures of `make b` -->\nb\n<!-- end of the figures of `make b` -->\n";
        let replaced = replace(document, "a", "new\n").unwrap();
        assert!(replaced.contains("make a` -->\n\nnew\n\n<!-- end") && replaced.contains("\nb\n"), "{replaced}");
        assert!(!replaced.contains("old"));
        assert_eq!(replace(&replaced, "a", "new\n").unwrap(), replaced);
        assert_eq!(replace(document, "c", "new\n"), None);
    }

    #[test]
    fn the_command_says_what_matters_to_the_figures() {
        let given =
            |text: &str| command("bench", text.split_whitespace().map(str::to_owned), &["--hot", "--markdown="]);
        assert_eq!(given(""), "make bench");
        assert_eq!(given("--hot --markdown docs/a.md"), "make bench");
        assert_eq!(given("--markdown=docs/a.md --users 5 --hot"), "make bench ARGS='--users 5'");
    }
}
