//! A place for what need not last.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use cs_ports::Entropy as _;

use crate::clock::SystemEntropy;
use crate::failure::CommandError;

/// Where what belongs to a sandbox is kept: where somebody says, else in a folder that goes when the sandbox does. The stand-ins
/// forget everything when they end, so that what is remembered of them is of no use after.
pub(crate) struct Scratch {
    pub(crate) path: PathBuf,
    temporary: bool,
}

impl Scratch {
    /// That place.
    pub(crate) fn new(said: Option<&Path>) -> Result<Self, CommandError> {
        if let Some(path) = said {
            return Ok(Self { path: path.to_owned(), temporary: false });
        }
        let path = std::env::temp_dir().join(format!("company-sync-sandbox-{:016x}", SystemEntropy.next()));
        let failed =
            |source| CommandError::File { doing: "create", file: path.display().to_string(), source };
        let mut how = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut how, 0o700);
        how.create(&path).map_err(failed)?;
        Ok(Self { path, temporary: true })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.temporary {
            // What is left behind in the temporary folder is the operating system's to clear.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
