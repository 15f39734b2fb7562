//! Which process holds a lease, and whether it still lives. A lease ends by itself some minutes after its holder died; on
//! one machine nobody needs to wait for that: a process keeps a file locked as long as it lives, and the operating
//! system unlocks it whatever way the process ends.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// What the names of all holders begin with.
const PREFIX: &str = "process ";

/// This process, as leases name it.
pub(crate) struct Holder {
    name: String,
    folder: PathBuf,
    /// Locked until it is dropped, or the process ends.
    _file: File,
}

impl Holder {
    /// Makes this process known in the data directory. `chance` tells it from an earlier one with the same number.
    pub(crate) fn enter(data_dir: &Path, chance: u16) -> io::Result<Self> {
        let name = format!("{PREFIX}{}-{chance:04x}", std::process::id());
        let file = File::create(path_of(data_dir, &name))?;
        // Where files cannot be locked, nobody will take this process for dead, and its leases end by themselves.
        let _ = file.try_lock();
        Ok(Self { name, folder: data_dir.to_owned(), _file: file })
    }

    /// What leases call this process.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A process that lives and uses this data directory, if there is one.
    pub(crate) fn somebody(data_dir: &Path) -> io::Result<Option<String>> {
        for entry in std::fs::read_dir(data_dir)? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            let ours = path.extension().is_some_and(|extension| extension == "lock");
            // Whoever lives keeps their file locked.
            let lives = ours && matches!(File::open(&path)?.try_lock(), Err(TryLockError::WouldBlock));
            if lives {
                return Ok(Some(name.to_owned()));
            }
        }
        Ok(None)
    }

    /// Whether the holder of a lease is known to have ended. Its file goes with it.
    pub(crate) fn outlived(&self, other: &str) -> bool {
        if !other.starts_with(PREFIX) || other == self.name {
            return false;
        }
        let path = path_of(&self.folder, other);
        let ended = match File::open(&path).map(|file| file.try_lock()) {
            Ok(Ok(())) => true,
            // A process takes its file along when it ends in good order.
            Err(error) => error.kind() == io::ErrorKind::NotFound,
            Ok(Err(TryLockError::WouldBlock | TryLockError::Error(_))) => false,
        };
        if ended {
            // What is left of it is in nobody's way.
            let _ = std::fs::remove_file(path);
        }
        ended
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // What is left behind is in nobody's way.
        let _ = std::fs::remove_file(path_of(&self.folder, &self.name));
    }
}

fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.lock", name.replace(' ', "-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_process_is_not_outlived_and_a_dead_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) =
            (Holder::enter(folder.path(), 1).unwrap(), Holder::enter(folder.path(), 2).unwrap());
        assert!(!one.outlived(other.name()), "it lives");
        assert!(!one.outlived(one.name()), "nobody outlives itself");
        assert!(!one.outlived("the service on another machine"), "nothing is known of that one");
        let name = other.name().to_owned();
        drop(other);
        assert!(one.outlived(&name), "it ended in good order");
        assert!(Holder::somebody(folder.path()).unwrap().is_some(), "one lives");
        File::create(path_of(folder.path(), "process 1-dead")).unwrap();
        assert!(one.outlived("process 1-dead"), "its file is no longer locked");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "its file is gone");
    }
}
