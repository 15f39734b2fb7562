//! Looks through the catalogue before it is built in: a key that stands twice in a language would stop the program at its first
//! page, and so it stops the build, with both places.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=messages");
    let mut languages: Vec<_> = fs::read_dir("messages")?.collect::<Result<_, _>>()?;
    languages.sort_by_key(fs::DirEntry::path);
    for language in languages {
        check(&language.path())?;
    }
    Ok(())
}

/// Tells of every key that a language says twice.
fn check(folder: &Path) -> io::Result<()> {
    let mut files: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::path);
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(file.path())?;
        for (number, line) in text.lines().enumerate() {
            let begins = line.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
            let Some((key, _)) = line.split_once('=').filter(|_| begins) else { continue };
            let place = format!("{}:{}", file.path().display(), number + 1);
            if let Some(first) = known.insert(key.trim().to_owned(), place.clone()) {
                println!("cargo::error=the message {} stands twice: {first} and {place}", key.trim());
            }
        }
    }
    Ok(())
}
