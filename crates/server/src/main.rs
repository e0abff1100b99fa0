//! `tidemark-server`: everything is in the library, so that tests and other hosts can reach it.

fn main() -> std::process::ExitCode {
    tidemark_server::run(std::env::args_os())
}
