//! The `pushsim` binary: hands the command line to [`pushsim::cli`].

fn main() -> std::process::ExitCode {
    pushsim::cli::main()
}
