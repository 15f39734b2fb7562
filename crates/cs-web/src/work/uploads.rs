//! Reports that people upload.

use cs_domain::digest::hexadecimal;
use cs_ports::{FileId, UploadedFile};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::error::WebError;
use crate::office::{OfficeError, ReportAbout};
use crate::pages::shown;
use crate::visit::Visit;
use crate::words::Words;

/// The longest name that is kept of a file, in characters.
const LONGEST_NAME: usize = 200;

/// Looks into a report, and keeps it where it is one of that company. What is none is refused under the field `file`, with
/// what the company's definition says.
pub(crate) async fn keep(
    visit: &Visit,
    company: &str,
    name: &str,
    bytes: &[u8],
) -> Result<(UploadedFile, ReportAbout), WebError> {
    let limit = visit.web.exposure.upload_bytes;
    if bytes.len() > limit {
        return Err(WebError::TooLarge { bytes: limit as u64 });
    }
    if bytes.is_empty() {
        return Err(WebError::invalid("file", visit.words.say("upload-empty")));
    }
    let name = bare(name);
    let about = visit.web.office.inspect_report(company, &name, bytes).await;
    let about = about.map_err(|error| refused(&visit.words, error))?;
    let file = UploadedFile {
        id: FileId(hexadecimal(&Sha256::digest(bytes))),
        name,
        size: bytes.len() as u64,
        by: visit.caller.name(),
        at: visit.web.clock.now(),
    };
    visit.web.desk.put_file(&file, bytes).await?;
    let after = json!({ "name": file.name, "size": file.size, "rows": about.rows, "company": company });
    visit.record("file.upload", format!("file {}", file.id.0), Json::Null, after).await?;
    Ok((file, about))
}

/// What is wrong with a report is said of the file, whatever the office calls the field.
fn refused(words: &Words, error: OfficeError) -> WebError {
    match error {
        OfficeError::Invalid { slips } => {
            let told: Vec<String> = slips.into_iter().map(|slip| slip.message).collect();
            WebError::invalid("file", told.join(" "))
        }
        OfficeError::Failed { failure, .. } => {
            let (cause, remedy) = (shown::cause(words, &failure), shown::remedy(words, &failure));
            WebError::invalid("file", format!("{} {remedy}", sentence(&cause)))
        }
        error => error.into(),
    }
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?', ':', '”', '»']) { text.to_owned() } else { format!("{text}.") }
}

/// A file's name without its folders, and without what could pass for something else where it is shown.
fn bare(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect();
    if name.trim().is_empty() { "report".to_owned() } else { name.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn a_name_has_no_folders_and_no_tricks() {
        let cases = [
            ("oscar.csv", "oscar.csv"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ana\\book of business.xlsx", "book of business.xlsx"),
            ("a\r\nb.csv", "ab.csv"),
            ("", "report"),
            ("/", "report"),
        ];
        for (name, expected) in cases {
            assert_eq!(bare(name), expected, "{name:?}");
        }
        assert_eq!(bare(&"x".repeat(500)).len(), 200);
    }
}
