//! The program, serving, and the people who may log in.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::reconcile;
use crate::world::{World, program};

/// Who manages everything in these tests, and who only looks.
pub(crate) const MANAGER: Login = Login { address: "ana@example.test", part: "system-manager" };
pub(crate) const READER: Login = Login { address: "rosa@example.test", part: "read-only" };

/// What everybody here logs in with.
pub(crate) const PASSWORD: &str = "a long enough password";

/// Somebody who may log in.
#[derive(Clone, Copy)]
pub(crate) struct Login {
    pub(crate) address: &'static str,
    part: &'static str,
}

impl Login {
    /// Lets them in, as somebody at the machine would.
    pub(crate) fn admit(self, world: &World) {
        let mut command = world.command(&["users", "set", self.address, "--part", self.part]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{} may not log in", self.address);
    }
}

/// The program, serving on a free port until the test is over.
pub(crate) struct Service {
    child: Child,
    address: String,
    code: Option<String>,
}

impl Service {
    /// A world's program, serving these people.
    pub(crate) fn of(world: &World, name: &str, people: &[Login]) -> Self {
        for login in people {
            login.admit(world);
        }
        let (child, mut lines) = serve(reconcile::command(world, &[]), name);
        Self { child, address: address(&mut lines), code: None }
    }

    /// The program in an empty folder, where nobody is known: it tells the code of the setup.
    pub(crate) fn unknown_to_all(folder: &Path, name: &str) -> Self {
        let (child, mut lines) = serve(program(folder), name);
        let address = address(&mut lines);
        let code = lines.next().unwrap().split_once("type this code: ").unwrap().1.to_owned();
        Self { child, address, code: Some(code) }
    }

    /// An address of the service.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has; its exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }

    /// The code that the setup asks for.
    pub(crate) fn code(&self) -> &str {
        self.code.as_deref().unwrap()
    }
}

/// What the program prints.
type Lines = Box<dyn Iterator<Item = String>>;

/// Starts the program with this command's environment. `name` names the file that it logs to.
fn serve(mut command: Command, name: &str) -> (Child, Lines) {
    let log = File::create(traces().join(format!("{name}.log"))).unwrap();
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log);
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    (child, Box::new(lines))
}

fn address(lines: &mut Lines) -> String {
    let line = lines.next().expect("the service says where it is");
    line.split_once(" is at ").unwrap().1.trim_end_matches('/').to_owned()
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself; what a test did is over either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a test leaves what helps to understand why it failed.
pub(crate) fn traces() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("service");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
