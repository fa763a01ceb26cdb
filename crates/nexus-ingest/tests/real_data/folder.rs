//! Where the evaluation data lies on this machine, if anywhere.

use std::path::PathBuf;

/// A folder of the evaluation data: in the folder that `NEXUS_DATA` names, or else in
/// `../shared/data` beside the workspace. `None`, with a note, when it is not there.
pub fn data(folder: &str) -> Option<PathBuf> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = std::env::var_os("NEXUS_DATA")
        .map_or_else(|| workspace.join("../shared/data"), PathBuf::from);
    let found = root.join(folder);
    if found.is_dir() {
        return Some(found);
    }
    println!("skipped: there is no evaluation data {folder}; set NEXUS_DATA to its folder");
    None
}
