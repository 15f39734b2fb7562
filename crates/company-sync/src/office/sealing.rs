//! Secrets that people type on pages, sealed: the store holds them, and only who has the key can read them. The key comes
//! from the environment, from a file, or is made at first use beside the store.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Generate, Key as CipherKey, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};

use crate::config::Layers;

/// The file beside the store that holds the key where nothing else is said.
const KEY_FILE: &str = "secret.key";

/// How sealed bytes begin: the form they have.
const FORM: u8 = 1;

/// Bytes of a nonce. Long enough to be drawn by chance for every sealing.
const NONCE: usize = 24;

/// Why a secret cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    /// The key cannot be read, or made.
    #[error("cannot {doing} the key of secrets {}", path.display())]
    Key {
        /// What was tried.
        doing: &'static str,
        /// Its file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// What should be a key is none.
    #[error("{place} holds no key: 32 bytes, in base64 or hexadecimal")]
    NoKey {
        /// The variable or the file.
        place: String,
    },
    /// The secret was sealed with another key, or is damaged.
    #[error("the secret {name} cannot be opened with the key from {place}")]
    Closed {
        /// Which secret.
        name: String,
        /// Where the key came from.
        place: String,
    },
    /// The operating system gives no chance, or the cipher refuses.
    #[error("the secret {name} cannot be sealed")]
    Unsealable {
        /// Which secret.
        name: String,
    },
}

impl SealError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Key { .. } => "secret.key_file",
            Self::NoKey { .. } => "secret.no_key",
            Self::Closed { .. } => "secret.wrong_key",
            Self::Unsealable { .. } => "secret.unsealable",
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Key { .. } => {
                "Make the file readable and its folder writable for this program, or give the key in COMPANY_SYNC_KEY."
            }
            Self::NoKey { .. } => "Give 32 bytes: `openssl rand -base64 32` makes some.",
            Self::Closed { .. } => {
                "Give the key that the store's secrets were sealed with (COMPANY_SYNC_KEY, COMPANY_SYNC_KEY_FILE, or secret.key in \
                 the data folder). If it is lost: company-sync config forget-secrets, then type the secrets again."
            }
            Self::Unsealable { .. } => "Try again; if it stays so, restart the machine.",
        }
    }
}

/// Seals and opens secrets.
pub(crate) struct Seal {
    cipher: XChaCha20Poly1305,
    place: String,
}

impl Seal {
    /// With the key that the environment names, else with the one beside the store, which is made where there is none.
    pub(crate) fn new(layers: &Layers, data_dir: &Path) -> Result<Self, SealError> {
        if let Some(text) = layers.variable("KEY") {
            return Self::of("COMPANY_SYNC_KEY".to_owned(), text);
        }
        let path = match layers.variable("KEY_FILE") {
            Some(path) => PathBuf::from(path),
            None => made(&data_dir.join(KEY_FILE))?,
        };
        let text = fs::read_to_string(&path).map_err(failed("read", &path))?;
        Self::of(path.display().to_string(), &text)
    }

    fn of(place: String, text: &str) -> Result<Self, SealError> {
        let text = text.trim();
        let bytes =
            STANDARD.decode(text).ok().filter(|bytes| bytes.len() == 32).or_else(|| hexadecimal(text));
        let key = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        match key {
            Some(key) => Ok(Self { cipher: XChaCha20Poly1305::new(&key.into()), place }),
            None => Err(SealError::NoKey { place }),
        }
    }

    /// Seals a secret. The same one sealed twice looks different; one sealed under another name does not open.
    pub(crate) fn seal(&self, name: &str, secret: &SecretString) -> Result<Vec<u8>, SealError> {
        let failed = || SealError::Unsealable { name: name.to_owned() };
        let nonce = XNonce::try_generate().map_err(|_| failed())?;
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: name.as_bytes() };
        let sealed = self.cipher.encrypt(&nonce, payload).map_err(|_| failed())?;
        Ok([&[FORM], nonce.as_slice(), &sealed].concat())
    }

    /// Opens a secret that was sealed under this name.
    pub(crate) fn open(&self, name: &str, sealed: &[u8]) -> Result<SecretString, SealError> {
        let opened = || {
            let (form, rest) = sealed.split_first()?;
            let (nonce, sealed) = rest.split_first_chunk::<NONCE>().filter(|_| *form == FORM)?;
            let payload = Payload { msg: sealed, aad: name.as_bytes() };
            let bytes = self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
            Some(String::from_utf8(bytes).ok()?.into())
        };
        opened().ok_or_else(|| SealError::Closed { name: name.to_owned(), place: self.place.clone() })
    }
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let bytes = digits.chunks_exact(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    bytes.collect::<Option<Vec<u8>>>().filter(|bytes| bytes.len() == 32 && digits.len() == 64)
}

/// The key's file, made where there is none, readable by this user only. It appears whole or not at all, so that two programs
/// that begin together agree on one key.
fn made(path: &Path) -> Result<PathBuf, SealError> {
    if path.exists() {
        return Ok(path.to_owned());
    }
    let key = CipherKey::<XChaCha20Poly1305>::try_generate()
        .map_err(|_| SealError::Unsealable { name: KEY_FILE.to_owned() })?;
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || {
        let mut file = options.open(&draft)?;
        writeln!(file, "{}", STANDARD.encode(key))?;
        file.sync_all()
    };
    let linked = write().and_then(|()| match fs::hard_link(&draft, path) {
        // The other one was quicker; its key holds.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // What is left of the draft is in nobody's way.
    let _ = fs::remove_file(&draft);
    linked.map_err(failed("make", path))?;
    Ok(path.to_owned())
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SealError {
    let path = path.to_owned();
    move |source| SealError::Key { doing, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags};

    fn seal(folder: &Path, variables: &[(&str, &str)]) -> Result<Seal, SealError> {
        let nothing = folder.join("none.toml");
        fs::write(&nothing, "").unwrap();
        let flags = Flags { file: Some(nothing), ..Flags::default() };
        Seal::new(&Layers::read(&flags, &Environment::of(variables)).unwrap(), folder)
    }

    const OTHER: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn a_secret_opens_with_its_key_and_name_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let secret: SecretString = "whispered".into();
        let mine = seal(folder.path(), &[]).unwrap();
        let sealed = mine.seal("vtiger.access_key", &secret).unwrap();
        assert!(!sealed.windows(9).any(|part| part == b"whispered"));
        assert_ne!(sealed, mine.seal("vtiger.access_key", &secret).unwrap());
        let again = seal(folder.path(), &[]).unwrap();
        assert_eq!(again.open("vtiger.access_key", &sealed).unwrap().expose_secret(), "whispered");
        assert_eq!(again.open("frappe.api_secret", &sealed).unwrap_err().code(), "secret.wrong_key");
        let other = seal(folder.path(), &[("COMPANY_SYNC_KEY", OTHER)]).unwrap();
        let error = other.open("vtiger.access_key", &sealed).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the secret vtiger.access_key cannot be opened with the key from COMPANY_SYNC_KEY"
        );
        for damaged in [&sealed[..sealed.len() - 1], &sealed[1..], &[]] {
            assert!(again.open("vtiger.access_key", damaged).is_err());
        }
    }

    #[test]
    fn a_key_in_both_spellings_is_the_same_and_anything_else_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..32).collect();
        let file = folder.path().join("key");
        fs::write(&file, STANDARD.encode(bytes) + "\n").unwrap();
        let file = file.display().to_string();
        let one = seal(folder.path(), &[("COMPANY_SYNC_KEY_FILE", &file)]).unwrap();
        let other = seal(folder.path(), &[("COMPANY_SYNC_KEY", OTHER)]).unwrap();
        let sealed = one.seal("x", &"hush".into()).unwrap();
        assert_eq!(other.open("x", &sealed).unwrap().expose_secret(), "hush");
        for wrong in ["short", &OTHER[2..], "not a key at all, though it is long enough to be one..."] {
            let error = seal(folder.path(), &[("COMPANY_SYNC_KEY", wrong)]).err().unwrap();
            assert_eq!(error.code(), "secret.no_key");
        }
        assert!(!folder.path().join(KEY_FILE).exists(), "nobody asked for one");
    }

    #[cfg(unix)]
    #[test]
    fn the_key_that_is_made_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        seal(folder.path(), &[]).unwrap();
        let mode = fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let files: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files.len(), 2, "{files:?}");
    }
}
