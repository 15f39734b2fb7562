//! An observer: a line of JSON for each event of a run, into a file that something else follows.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use cs_domain::Event;
use cs_ports::Observer;

/// Writes events into a file.
///
/// An observer is called in the middle of a run and must not make it wait: this one hands its events to a thread of its
/// own. What cannot be written is told once and costs the run nothing.
#[derive(Debug)]
pub struct Ticker {
    lines: Option<Sender<String>>,
    writing: Option<JoinHandle<()>>,
}

impl Ticker {
    /// A new file, or one that is made empty.
    pub fn into_file(file: PathBuf) -> Self {
        let (lines, taken) = channel();
        let writing = std::thread::spawn(move || {
            if let Err(error) = write_lines(&file, &taken) {
                // A run goes on without its ticker; standard error is where this program tells such things.
                let _ = writeln!(io::stderr(), "the ticker cannot write into {}: {error}", file.display());
            }
        });
        Self { lines: Some(lines), writing: Some(writing) }
    }
}

fn write_lines(file: &PathBuf, taken: &Receiver<String>) -> io::Result<()> {
    let mut file = File::create(file)?;
    for line in taken {
        writeln!(file, "{line}")?;
    }
    file.flush()
}

impl Observer for Ticker {
    fn observe(&self, event: &Event) {
        // Events hold names of records and fields, and neither values nor secrets.
        if let (Ok(line), Some(lines)) = (serde_json::to_string(event), &self.lines) {
            // Nobody takes lines any more where the file could not be written; that was told.
            let _ = lines.send(line);
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.lines.take());
        if let Some(writing) = self.writing.take() {
            // A thread that panicked has told so itself.
            let _ = writing.join();
        }
    }
}
