//! The warnings that the page writes to the console.

use js_sys::Array;

/// Records the arguments of `console.warn`, as texts, in `window.warnings`.
const RECORD: &str = "
    if (!window.warnings) {
        const warn = console.warn;
        console.warn = (...args) => {
            window.warnings.push(args.join(' '));
            warn.apply(console, args);
        };
    }
    window.warnings = [];
";

/// The warnings since this was created. A page has one console: tests that use it must not overlap.
pub struct Console(());

impl Console {
    pub fn record() -> Self {
        js_sys::eval(RECORD).expect("the script is valid");
        Self(())
    }

    pub fn warnings(&self) -> Vec<String> {
        let warnings: Array = js_sys::eval("window.warnings").expect("they are recorded").into();
        warnings.iter().filter_map(|warning| warning.as_string()).collect()
    }
}
