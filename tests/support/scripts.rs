//! Plans of script texts, with the files beside them.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::{Diagnostics, Script};

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn build(text: &[u8], folder: &Path) -> Result<Plan, Diagnostics> {
    let script = Script::parse(text)?;
    let mut inputs = Inputs::default();
    for name in Inputs::needed(&script) {
        if let Ok(bytes) = std::fs::read(folder.join(&name)) {
            inputs.0.insert(name, bytes.into());
        }
    }
    Plan::build(script, &inputs)
}

pub fn with(from: &str, to: &str, times: usize) -> Vec<u8> {
    let text = std::fs::read_to_string(root().join("ceremony-scripts/rehearsal/root-keygen.toml")).unwrap();
    assert_eq!(text.matches(from).count(), times, "{from}");
    text.replace(from, to).into_bytes()
}
