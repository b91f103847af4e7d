//! `bind MODULE FOLDER NAME`: writes the glue of a module that cargo built, and the module that goes with it, as
//! `NAME.js`, `NAME.d.ts` and `NAME_bg.wasm`. The glue leaves where the module lies to its caller.

use std::env;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [module, folder, name] = arguments.as_slice() else {
        eprintln!("usage: bind MODULE FOLDER NAME");
        return ExitCode::FAILURE;
    };
    let bound = Bindgen::new().web(true).and_then(|bindgen| {
        bindgen.input_path(module).typescript(true).omit_default_module_path(true).out_name(name).generate(folder)
    });
    match bound {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}
