//! What has changed in the two systems, in words: on a mapping's page, in a run's log, on the workspace.

use cs_domain::DriftPolicy;
use cs_domain::mapping::drift::{Drift, DriftChange};

use crate::pages::places::place;
use crate::words::Words;

/// A change as people read it.
pub(crate) struct Shown {
    pub(crate) what: String,
    pub(crate) remedy: String,
    /// What runs do about it, or what a run did.
    pub(crate) verdict: String,
    pub(crate) tone: &'static str,
    /// Where the mapping uses it.
    pub(crate) places: Vec<String>,
    pub(crate) code: &'static str,
}

impl Shown {
    /// What runs do about it.
    pub(crate) fn of(words: &Words, drift: &Drift) -> Self {
        Self {
            what: told(words, drift),
            remedy: remedy(words, drift),
            verdict: verdict(words, drift.verdict),
            tone: tone(drift.verdict),
            places: drift.places.iter().map(|at| place(words, at)).collect(),
            code: drift.code(),
        }
    }

    /// What a run did about it.
    pub(crate) fn done(words: &Words, drift: &Drift) -> Self {
        let did = words.say(match drift.verdict {
            DriftPolicy::Stop => "drift-did-stop",
            DriftPolicy::SkipField => "drift-did-skip-field",
            DriftPolicy::GoOn => "drift-did-go-on",
        });
        Self { verdict: did, ..Self::of(words, drift) }
    }
}

/// What has changed, in a sentence.
pub(crate) fn told(words: &Words, drift: &Drift) -> String {
    let field = drift.field.as_ref().map(ToString::to_string).unwrap_or_default();
    let named = if drift.label.is_empty() || drift.label == field {
        field
    } else {
        format!("{} ({field})", drift.label)
    };
    let mut arguments = vec![
        ("field", named.into()),
        ("kind", drift.kind.to_string().into()),
        ("system", drift.system.to_string().into()),
    ];
    match &drift.change {
        DriftChange::Relabelled { to } => arguments.push(("to", to.clone().into())),
        DriftChange::TypeChanged { from, to } => {
            arguments.push(("from", type_name(words, from).into()));
            arguments.push(("to", type_name(words, to).into()));
        }
        DriftChange::ChoiceLost { lost, .. } => arguments.push(("lost", lost.join(", ").into())),
        DriftChange::Shortened { from, to } => {
            arguments.push(("from", words.number(&u64::from(*from)).into()));
            arguments.push(("to", words.number(&u64::from(*to)).into()));
        }
        DriftChange::KindVanished
        | DriftChange::FieldVanished
        | DriftChange::BecameMandatory
        | DriftChange::NotWritable => {}
    }
    words.tell(&key(drift), &arguments)
}

/// The same as a line of a run's log: with what the run does about it.
pub(crate) fn logged(words: &Words, drift: &Drift) -> String {
    words.tell(
        "log-drifted",
        &[("what", told(words, drift).into()), ("verdict", verdict(words, drift.verdict).into())],
    )
}

/// What a person can do about it.
pub(crate) fn remedy(words: &Words, drift: &Drift) -> String {
    let unused = matches!(&drift.change, DriftChange::ChoiceLost { used, .. } if used.is_empty());
    let key =
        if unused { "drift-choice-lost-unused-remedy".to_owned() } else { format!("{}-remedy", key(drift)) };
    words.tell(&key, &[("kind", drift.kind.to_string().into()), ("system", drift.system.to_string().into())])
}

/// What a run does about it.
pub(crate) fn verdict(words: &Words, verdict: DriftPolicy) -> String {
    words.say(match verdict {
        DriftPolicy::Stop => "drift-verdict-stop",
        DriftPolicy::SkipField => "drift-verdict-skip-field",
        DriftPolicy::GoOn => "drift-verdict-go-on",
    })
}

/// The pill of a verdict.
pub(crate) fn tone(verdict: DriftPolicy) -> &'static str {
    match verdict {
        DriftPolicy::Stop => "bad",
        DriftPolicy::SkipField => "warn",
        DriftPolicy::GoOn => "quiet",
    }
}

fn key(drift: &Drift) -> String {
    drift.code().replace(['.', '_'], "-")
}

/// A type in the domain's words, in the reader's; one that the catalogue does not know stands for itself.
fn type_name(words: &Words, name: &str) -> String {
    words.said(&format!("field-type-{}", name.replace(' ', "-"))).unwrap_or_else(|| name.to_owned())
}
