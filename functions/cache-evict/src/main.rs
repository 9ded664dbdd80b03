//! The Lambda function `cache-evict`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_worker::<cache_evict::CacheEvict>()
}
