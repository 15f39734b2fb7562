//! Workbooks with a password: a compound file with the encrypted package in it.

use office_crypto::DecryptError;

use super::ReportFile;
use super::limits::Limits;
use super::quiet::quietly;
use super::refusal::Refusal;
use super::xls::Compound;

const INFO: &str = "EncryptionInfo";
const PACKAGE: &str = "EncryptedPackage";

pub(super) fn is_protected(compound: &Compound<'_>) -> bool {
    compound.has(INFO) && compound.has(PACKAGE)
}

/// The plain workbook.
///
/// `office-crypto` answers `Ok` with garbage for a wrong password (facts/CRATES.md, "Traps seen"), so the answer is only
/// believed where it is an archive.
pub(super) fn open(
    file: &ReportFile<'_>,
    compound: &Compound<'_>,
    limits: &Limits,
) -> Result<Vec<u8>, Refusal> {
    let info = compound.stream(INFO)?.ok_or(Refusal::damaged("its protection is not described"))?;
    if spins(&info).is_some_and(|spins| spins > u64::from(limits.spin_count)) {
        return Err(Refusal::ProtectionUnknown {
            what: "it asks to hash the password far more often than any program does",
        });
    }
    let password = file.password.filter(|password| !password.is_empty()).ok_or(Refusal::PasswordMissing)?;
    // The library reads the untrusted container once more, by itself; a panic in it must not end the service's task.
    let plain = quietly(|| office_crypto::decrypt_from_bytes(file.bytes.to_vec(), password));
    match plain {
        Some(Ok(plain)) if plain.starts_with(b"PK\x03\x04") => Ok(plain),
        Some(Ok(_)) => Err(Refusal::PasswordWrong),
        Some(Err(DecryptError::Unimplemented(_))) => {
            Err(Refusal::ProtectionUnknown { what: "its method of encryption is not known" })
        }
        Some(Err(source)) => Err(Refusal::damaged_by("its protected part cannot be read", source)),
        None => Err(Refusal::damaged("its protected part cannot be read")),
    }
}

/// How often the password is hashed, from the description's XML; none in the older binary form, where it is fixed.
fn spins(info: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(info);
    let counts = text.split("spinCount=\"").skip(1);
    counts.filter_map(|rest| rest.split('"').next()?.parse().ok()).max()
}
