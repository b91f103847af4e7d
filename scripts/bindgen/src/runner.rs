//! wasm-bindgen's own runner of tests, which cargo calls with the module of a test.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
