//! `tough-time DIR`: the tough client at the work of `benches/work.rs verify`,
//! for `benches/compare.py`. As `tough-accept`, with the size limits lifted.

use std::path::PathBuf;

use tough::{ExpirationEnforcement, FilesystemTransport, Limits, RepositoryLoader};
use url::Url;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: tough-time DIR")?);
    let folder = std::fs::canonicalize(folder)?;
    let metadata = folder.join("metadata");
    let root = std::fs::read(metadata.join("1.root.json"))?;
    let url = |path: PathBuf| Url::from_directory_path(path).map_err(|()| "no URL");
    let datastore = tempfile::tempdir()?;
    let loader = RepositoryLoader::new(&root, url(metadata)?, url(folder.join("targets"))?)
        .transport(FilesystemTransport)
        .datastore(datastore.path())
        .limits(Limits {
            max_targets_size: u64::MAX,
            ..Limits::default()
        })
        .expiration_enforcement(ExpirationEnforcement::Safe);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let repository = runtime.block_on(loader.load())?;
    println!(
        "root {}, targets {}",
        repository.root().signed.version,
        repository.targets().signed.targets.len()
    );
    Ok(())
}
