//! The sandbox, served for other commands.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::world::{Ended, program};

/// A sandbox and the variables that it prints; it ends with the test.
struct Sandbox {
    child: Child,
    variables: Vec<(String, String)>,
}

impl Sandbox {
    fn start(home: &Path, arguments: &[&str]) -> Self {
        let mut command = program(home);
        command.args(["sandbox", "--orders", "6", "--json"]).args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        let variables = said["sandbox"].as_object().unwrap().iter();
        let variables = variables.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
        Self { child, variables: variables.collect() }
    }

    fn data_dir(&self) -> PathBuf {
        let found = self.variables.iter().find(|(name, _)| name == "COMPANY_SYNC_DATA_DIR");
        found.unwrap().1.clone().into()
    }

    /// A sync in a terminal where its lines were pasted.
    fn sync(&self, home: &Path) -> Ended {
        let mut command = program(home);
        command.args(["sync", "--mapping", "policy"]).envs(self.variables.clone());
        Ended::of(command.output().unwrap())
    }

    /// Ctrl-C, as far as the program knows.
    fn end(mut self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn several_sandboxes_never_meet() {
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("kept");
    let sandboxes = [
        Sandbox::start(home.path(), &[]),
        Sandbox::start(home.path(), &[]),
        Sandbox::start(home.path(), &["--data-dir", "kept"]),
    ];
    for sandbox in &sandboxes {
        sandbox.sync(home.path()).expect(0);
    }
    let folders: Vec<PathBuf> = sandboxes.iter().map(Sandbox::data_dir).collect();
    assert!(folders[0] != folders[1] && folders[2].ends_with("kept"), "{folders:?}");
    sandboxes.into_iter().for_each(Sandbox::end);
    assert!(!folders[0].exists() && !folders[1].exists(), "what is temporary goes with the sandbox");
    assert!(kept.exists());
}
