//! The Lambda function `ranking-cron`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_worker::<ranking_cron::RankingCron>()
}
