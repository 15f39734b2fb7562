//! What the office says of settings and connections, in the reader's language: it says it in English, in sentences that are
//! known here. One that is not known stays as it is.

use crate::office::Slip;
use crate::words::{Language, Words};

/// A sentence and the key that says it; what stands in place of `{}` is put in as `$a` and `$b`.
const SENTENCES: [(&str, &str); 21] = [
    ("There is no such setting.", "slip-unknown"),
    ("{} fixes it; change it there, or take it out.", "slip-fixed"),
    ("It is longer than {} characters.", "slip-long"),
    ("Write a whole number from {} to {}.", "slip-number"),
    ("Say on or off.", "slip-switch"),
    ("Choose one of: {}.", "slip-choice"),
    ("Write it in one line.", "slip-line"),
    ("There is no such time zone. Write it like America/New_York.", "slip-zone"),
    ("Write a machine's name or address, like db.example.test.", "slip-host"),
    ("Write an e-mail address, like ana@example.test.", "slip-mail"),
    ("Write a whole address, like https://crm.example.test.", "slip-address"),
    ("Write the address alone; user, key and secret have fields of their own.", "slip-address-alone"),
    ("\u{201c}{}\u{201d} is no line of the form CODE = Name.", "slip-pair"),
    ("\u{201c}{}\u{201d} is no code: use letters, digits and hyphens.", "slip-code"),
    ("{} has no name.", "slip-nameless"),
    ("{} stands twice.", "slip-twice"),
    ("It is needed.", "slip-needed"),
    ("Type it again: it would be sent to another address.", "slip-again"),
    ("The view is read in VTiger's database: say where that is.", "slip-view-where"),
    ("the view {} has rows", "probe-view-rows"),
    ("the view {} is empty", "probe-view-empty"),
];

/// A sentence of the office's in the reader's language.
pub(crate) fn sentence(words: &Words, said: &str) -> Option<String> {
    let (gaps, key) = SENTENCES.iter().find_map(|(known, key)| Some((gaps(known, said)?, key)))?;
    let gaps = gaps.into_iter().map(|gap| gap.to_owned().into());
    Some(words.tell(key, &["a", "b"].into_iter().zip(gaps).collect::<Vec<_>>()))
}

/// What stands in the gaps of a sentence, where it is this one.
pub(super) fn gaps<'s>(known: &str, said: &'s str) -> Option<Vec<&'s str>> {
    let mut parts = known.split("{}");
    let mut rest = said.strip_prefix(parts.next()?)?;
    let mut gaps = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let end = if parts.peek().is_none() { rest.strip_suffix(part)?.len() } else { rest.find(part)? };
        gaps.push(rest.get(..end)?);
        rest = rest.get(end + part.len()..)?;
    }
    rest.is_empty().then_some(gaps)
}

/// What stands in the rule of a field, and the key of the same in other languages.
const RULES: [(&str, &str); 14] = [
    ("only when created on either side", "cause-rule-created-either"),
    ("only when created in VTiger", "cause-rule-created-vtiger"),
    ("only when created", "cause-rule-created"),
    ("written last", "cause-rule-last"),
    ("empty clears", "cause-rule-clears"),
    ("conflicts: a person decides", "cause-rule-ask"),
    ("conflicts: the newest wins", "cause-rule-newest"),
    ("conflicts: {} wins", "cause-rule-wins"),
    ("always yes", "cause-rule-yes"),
    ("always no", "cause-rule-no"),
    ("always {}", "cause-rule-always"),
    ("setting {}", "cause-rule-setting"),
    ("document {} of the {} in {}", "cause-rule-linked"),
    ("document {}", "cause-rule-document"),
];

/// The rule of a field (`order.company <- setting company, only when created`) in the reader's language; names of fields and
/// of transforms stay.
pub(crate) fn rule(words: &Words, rule: &str) -> String {
    if words.language == Language::En {
        return rule.to_owned();
    }
    let part = |part: &str| {
        let known = RULES.iter().find_map(|(known, key)| Some((gaps(known, part)?, key)));
        known.map_or_else(
            || part.to_owned(),
            |(gaps, key)| {
                let gaps = gaps.into_iter().map(|gap| gap.to_owned().into());
                words.tell(key, &["a", "b", "c"].into_iter().zip(gaps).collect::<Vec<_>>())
            },
        )
    };
    let parts = rule.split(", ").map(|said| {
        let arrow = ["<-> ", "<- ", "-> "].into_iter().find(|arrow| said.contains(*arrow));
        match arrow.and_then(|arrow| Some((arrow, said.split_once(arrow)?))) {
            Some((arrow, (field, source))) => format!("{field}{arrow}{}", part(source.trim_start())),
            None => part(said),
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// What is wrong with fields, in the reader's language.
pub(crate) fn slips(words: &Words, slips: Vec<Slip>) -> Vec<Slip> {
    if words.language == Language::En {
        return slips;
    }
    let reworded = |slip: Slip| match sentence(words, &slip.message) {
        Some(message) => Slip { message, ..slip },
        None => slip,
    };
    slips.into_iter().map(reworded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_gaps_is_found() {
        let two = "Write a whole number from {} to {}.";
        assert_eq!(gaps(two, "Write a whole number from 1 to 65535."), Some(vec!["1", "65535"]));
        assert_eq!(gaps(two, "Write a whole number from 1."), None);
        assert_eq!(gaps("{} stands twice.", "BS stands twice."), Some(vec!["BS"]));
        assert_eq!(gaps("It is needed.", "It is needed."), Some(vec![]));
        assert_eq!(gaps("It is needed.", "It is needed. Here."), None);
    }

    #[test]
    fn rules_are_told_in_the_reader_s_language() {
        let es = Words::in_language(Language::Es);
        for (said, expected) in [
            (
                "order.company <- setting company, only when created",
                "order.company <- ajuste company, solo al crear",
            ),
            (
                "order.custom_id <-> cf_1, trim, conflicts: VTiger wins",
                "order.custom_id <-> cf_1, trim, conflictos: gana VTiger",
            ),
            ("customer.type <- always \"Individual\"", "customer.type <- siempre \"Individual\""),
            (
                "customer.contact <- document owner, written last",
                "customer.contact <- documento owner, se escribe al final",
            ),
        ] {
            assert_eq!(rule(&es, said), expected);
            assert_eq!(rule(&Words::in_language(Language::En), said), said);
        }
        // Those without gaps in them say something, and something else.
        for (known, key) in RULES {
            let said = es.tell(key, &["a", "b", "c"].map(|name| (name, "x".into())));
            assert!(said != key && said != known, "{key}");
        }
    }

    #[test]
    fn every_sentence_is_said_in_both_languages() {
        let (en, es) = (Words::in_language(Language::En), Words::in_language(Language::Es));
        for (known, _) in SENTENCES {
            let said = known.replacen("{}", "7", 1).replacen("{}", "9", 1);
            // The catalogue has typographic apostrophes.
            assert_eq!(sentence(&en, &said).unwrap().replace('\u{2019}', "'"), said);
            let spanish = sentence(&es, &said).unwrap();
            assert_ne!(spanish, said);
            assert_eq!(spanish.matches('7').count(), usize::from(known.contains("{}")), "{spanish}");
        }
        let told = slips(&es, vec![Slip { field: "x".to_owned(), message: "Something else.".to_owned() }]);
        assert_eq!(told[0].message, "Something else.");
    }
}
