//! The definitions that come with the program.

use std::sync::OnceLock;

use super::definition::Company;

/// The shipped files: name and text, so that they can be shown and copied.
pub fn shipped_files() -> [(&'static str, &'static str); 6] {
    [
        ("aetna.toml", include_str!("../../companies/aetna.toml")),
        ("ambetter.toml", include_str!("../../companies/ambetter.toml")),
        ("molina.toml", include_str!("../../companies/molina.toml")),
        ("oscar.toml", include_str!("../../companies/oscar.toml")),
        ("healthsherpa.toml", include_str!("../../companies/healthsherpa.toml")),
        ("generic.toml", include_str!("../../companies/generic.toml")),
    ]
}

/// The shipped definitions, the generic one last. A person's own file of the same key takes precedence over them.
pub fn shipped() -> &'static [Company] {
    static COMPANIES: OnceLock<Vec<Company>> = OnceLock::new();
    COMPANIES.get_or_init(|| {
        let read = |(file, text): (&str, &str)| Company::from_toml(file, text).ok();
        shipped_files().into_iter().filter_map(read).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_definition_is_valid() {
        for (file, text) in shipped_files() {
            if let Err(problems) = Company::from_toml(file, text) {
                let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
                panic!("{}", said.join("\n"));
            }
        }
        assert_eq!(shipped().len(), 6);
    }
}
