//! The command behind `make bench-login`.

mod ranks;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use clap::Parser;
use program::Program;
use reqwest::Client;
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const PASSWORD: &str = "correct horse battery";
const WRONG: &str = "another horse battery";
/// Wrong passwords that lock an account for 30 s.
const FREE: u32 = 5;
/// Rounds that are over before that.
const ROUNDS_OF_A_LOCK: u32 = 50;
/// How far medians may be from each other.
const TOLERANCE: f64 = 0.1;
/// Below this probability two samples count as different.
const LEVEL: f64 = 0.01;

/// Log in with unknown names, wrong passwords and as whom is locked, by turns, and say whether their times can be told apart.
///
/// On a machine that does something else, run it again before you believe it: equal samples are told apart once in a hundred times
/// too.
#[derive(Parser)]
#[command(name = "bench-login")]
struct Cli {
    /// The program
    #[arg(long, default_value = "target/release/bloghub")]
    program: PathBuf,
    /// Logins of each kind
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(20..))]
    logins: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench-login: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let lockout = format!("account {FREE}/86400");
    let settings = [("RATE_LIMITS", "off"), ("LOGIN_LOCKOUT", &*lockout), ("LOG_LEVEL", "error")];
    let program =
        Program::start(&cli.program, folder.path(), Path::new(&folder.path().join("data")), &settings).await?;
    let users = Users { url: program.url().to_owned(), http: Client::builder().no_proxy().build()? };
    let samples = users.samples(cli.logins).await?;
    program.stop().await?;
    Ok(report(&samples))
}

/// The times of each kind, in milliseconds.
type Samples = [(&'static str, Vec<f64>); 3];

struct Users {
    url: String,
    http: Client,
}

impl Users {
    /// Logs in by turns, so that whatever else the machine does meets all kinds alike.
    async fn samples(&self, logins: u32) -> Result<Samples> {
        let mut samples: Samples = [("unknown name", vec![]), ("wrong password", vec![]), ("locked account", vec![])];
        let (mut open, mut locked) = (String::new(), String::new());
        for round in 0..logins {
            // A try less than would lock it.
            if round % (FREE - 1) == 0 {
                open = self.sign_up(&format!("open-{round}")).await?;
            }
            if round % ROUNDS_OF_A_LOCK == 0 {
                locked = self.sign_up(&format!("locked-{round}")).await?;
                for _ in 0..FREE {
                    self.refused(&locked, WRONG).await?;
                }
            }
            let unknown = format!("nobody-{round}@mail.example");
            let tries = [(&unknown, PASSWORD), (&open, WRONG), (&locked, PASSWORD)];
            for turn in 0..3 {
                // Each kind comes first as often as the others.
                let kind = (round + turn) as usize % 3;
                let (email, password) = tries[kind];
                samples[kind].1.push(self.refused(email, password).await?);
            }
        }
        Ok(samples)
    }

    async fn sign_up(&self, name: &str) -> Result<String> {
        let email = format!("{name}@mail.example");
        let user = json!({"user": {"username": name, "email": email, "password": PASSWORD}});
        self.http.post(format!("{}/api/users", self.url)).json(&user).send().await?.error_for_status()?;
        Ok(email)
    }

    /// A login that must be refused; how long it took.
    async fn refused(&self, email: &str, password: &str) -> Result<f64> {
        let user = json!({"user": {"email": email, "password": password}});
        let request = self.http.post(format!("{}/api/users/login", self.url)).json(&user);
        let start = now();
        let answer = request.send().await?;
        let status = answer.status();
        answer.bytes().await?;
        let took = start.elapsed().as_secs_f64() * 1_000.0;
        if status == 401 { Ok(took) } else { Err(format!("{email}: {status} instead of 401").into()) }
    }
}

#[allow(clippy::disallowed_methods, reason = "how long a login takes is what is measured")]
fn now() -> Instant {
    Instant::now()
}

/// Prints the medians and what the test says of each pair; whether all are alike.
#[allow(clippy::print_stdout, reason = "this is the program's result")]
fn report(samples: &Samples) -> bool {
    for (kind, sample) in samples {
        println!("{kind:>15}: median {:.2} ms of {}", ranks::median(sample), sample.len());
    }
    let mut alike = true;
    for (n, (kind, sample)) in samples.iter().enumerate() {
        for (other_kind, other) in &samples[n + 1..] {
            let apart = (ranks::median(sample) / ranks::median(other) - 1.0).abs();
            let p = ranks::equal(sample, other);
            println!("{kind} and {other_kind}: medians {:.1} % apart, p = {p:.3}", apart * 100.0);
            alike &= apart <= TOLERANCE && p > LEVEL;
        }
    }
    println!("{}", if alike { "no kind can be told from another" } else { "a kind can be told from another" });
    alike
}
