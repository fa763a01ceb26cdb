//! Small files written so that a power cut leaves either the old content or the new.

use crate::fault::StoreFault;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// Makes a directory that only its owner may enter, when it does not exist.
pub(crate) fn private_directory(path: &Path) -> Result<(), StoreFault> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(StoreFault::files("creating the directory", path))
}

/// Options for a file that only its owner may read.
pub(crate) fn private_options() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes an empty private file when there is none, so that SQLite inherits its mode.
pub(crate) fn private_file(path: &Path) -> Result<(), StoreFault> {
    let opened = private_options().append(true).create(true).open(path);
    opened.map(drop).map_err(StoreFault::files("creating", path))
}

/// Makes a file private that was copied with the mode of another one.
pub(crate) fn make_private(path: &Path) -> Result<(), StoreFault> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(path, mode).map_err(StoreFault::files("protecting", path))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Writes a whole file through a temporary one, durably: the name always holds old or new bytes.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreFault> {
    let temporary = path.with_extension("new");
    let mut options = private_options();
    let opened = options.write(true).create(true).truncate(true).open(&temporary);
    let mut file = opened.map_err(StoreFault::files("creating", &temporary))?;
    file.write_all(bytes).map_err(StoreFault::files("writing", &temporary))?;
    file.sync_all().map_err(StoreFault::files("syncing", &temporary))?;
    fs::rename(&temporary, path).map_err(StoreFault::files("replacing", path))?;
    sync_parent(path)
}

/// Makes the name of a file durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), StoreFault> {
    let Some(parent) = path.parent() else { return Ok(()) };
    #[cfg(unix)]
    {
        let directory = File::open(parent).map_err(StoreFault::files("opening", parent))?;
        directory.sync_all().map_err(StoreFault::files("syncing", parent))?;
    }
    #[cfg(not(unix))]
    let _ = parent;
    Ok(())
}
