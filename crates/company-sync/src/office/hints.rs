//! Hints of the two systems: believed where they show the secret that was agreed on, and even then no more than a reason to
//! look sooner.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use cs_domain::{Kind, Mapping, MappingName, RecordRef, System};
use cs_engine::scheduler::Asking;
use cs_ports::{Clock as _, Entropy as _, MappingStore as _, Store as _, TaskStore as _, UnitKey, Work};
use cs_vtiger::Prefixes;
use cs_web::office::{HintError, HintSent, OfficeError};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::telling::told;
use super::{Office, lists, probing, stopped};
use crate::clock::{SystemClock, SystemEntropy};
use crate::config::Config;
use crate::failure::CommandError;
use crate::mappings::Editions;

/// How far apart runs are that hints ask for: a system that is busy sends them by the hundred.
const APART: SignedDuration = SignedDuration::from_mins(1);

/// Who asks for such runs.
pub(crate) const HINTED: &str = "hint";

/// What is remembered between hints, for as long as the program runs.
#[derive(Default)]
pub(super) struct Hints {
    /// What the ids of VTiger's modules begin with, by the server's address.
    prefixes: Mutex<Option<(String, Prefixes)>>,
    /// The time for which each mapping was last asked to run.
    asked: Mutex<BTreeMap<MappingName, Timestamp>>,
}

impl Office {
    /// Takes a hint; see [`cs_web::office::Office::hint`].
    pub(super) async fn hinted(&self, sent: HintSent) -> Result<u64, HintError> {
        let config = self.config();
        let system = sent.system;
        let Some(secret) = config.service.hints.of(system).cloned() else {
            tracing::warn!(code = "hint.closed", %system, "a hint came, and no secret for hints is set");
            return Err(HintError::Closed { system });
        };
        let record = self.believed(&config, &secret, &sent).await.inspect_err(|error| {
            let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            tracing::warn!(code = "hint.refused", %system, error = %error, source, "a hint was not taken");
        })?;
        let mut units = 0;
        let mappings = self.read(&config).await?;
        for mapping in mappings.iter().filter(|mapping| reads(mapping, &record)) {
            let keys = self.units(mapping, &record).await.map_err(OfficeError::from)?;
            units += self.store.hint(&keys).await.map_err(OfficeError::from)?;
            self.look_soon(&config, &mapping.name).await?;
        }
        tracing::debug!(%system, kind = %record.kind, units, "a hint was taken");
        Ok(units)
    }

    /// The record that a hint names, where it shows the secret.
    async fn believed(
        &self,
        config: &Config,
        secret: &SecretString,
        sent: &HintSent,
    ) -> Result<RecordRef, HintError> {
        let proof = sent.proof.as_deref();
        match sent.system {
            System::Frappe => cs_frappe::hint(secret, proof, &sent.body).map_err(|error| match error {
                cs_frappe::FrappeError::Unsigned => HintError::Unsigned { source: Box::new(error) },
                error => HintError::Unreadable { source: Box::new(error) },
            }),
            System::Vtiger => {
                // Nothing is asked of VTiger for somebody who does not know the secret.
                let asked = cs_vtiger::hinted(&sent.query, proof, secret, &Prefixes::default());
                let error = match asked {
                    Err(cs_vtiger::HintError::OtherModule) => {
                        let prefixes = self.prefixes(config).await?;
                        match cs_vtiger::hinted(&sent.query, proof, secret, &prefixes) {
                            Ok(record) => return Ok(record),
                            Err(error) => error,
                        }
                    }
                    Ok(record) => return Ok(record),
                    Err(error) => error,
                };
                Err(match error {
                    cs_vtiger::HintError::Secret | cs_vtiger::HintError::WeakSecret => {
                        HintError::Unsigned { source: Box::new(error) }
                    }
                    error => HintError::Unreadable { source: Box::new(error) },
                })
            }
        }
    }

    /// What VTiger's ids begin with, asked once of each server.
    async fn prefixes(&self, config: &Config) -> Result<Prefixes, OfficeError> {
        let url = config.vtiger.as_ref().map(|section| section.url.clone()).unwrap_or_default();
        let known = self.hints.prefixes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, prefixes)) = known.filter(|(of, _)| *of == url) {
            return Ok(prefixes);
        }
        let client = probing::vtiger(config).map_err(stopped)?;
        let units = self.read(config).await?.into_iter().flat_map(|mapping| mapping.units);
        let mut modules: Vec<Kind> = units.map(|unit| unit.module).collect();
        modules.sort();
        modules.dedup();
        let prefixes = client.prefixes(&modules).await;
        let prefixes = prefixes.map_err(|error| told(CommandError::from(error)))?;
        *self.hints.prefixes.lock().unwrap_or_else(PoisonError::into_inner) = Some((url, prefixes.clone()));
        Ok(prefixes)
    }

    /// The mappings whose texts are right.
    async fn read(&self, config: &Config) -> Result<Vec<Mapping>, OfficeError> {
        Ok(lists::all_that_read(&Editions::read(config, self.store.as_ref()).await?))
    }

    /// The units that a record belongs to: its own, or those whose documents it is.
    async fn units(
        &self,
        mapping: &Mapping,
        record: &RecordRef,
    ) -> Result<Vec<UnitKey>, cs_ports::StoreError> {
        let key = |unit: &cs_domain::UnitName, subject: &RecordRef| UnitKey {
            mapping: mapping.name.clone(),
            unit: unit.clone(),
            subject: subject.clone(),
        };
        if record.system == System::Vtiger {
            let own = mapping.units.iter().filter(|unit| unit.module == record.kind);
            return Ok(own.map(|unit| key(&unit.name, record)).collect());
        }
        let ties = self.store.ties_to(&mapping.name, std::slice::from_ref(record)).await?;
        Ok(ties.iter().map(|tie| key(&tie.link.unit, &tie.link.subject)).collect())
    }

    /// Has a mapping run soon that a schedule runs anyway; what nobody lets run by itself waits for somebody.
    async fn look_soon(&self, config: &Config, mapping: &MappingName) -> Result<(), OfficeError> {
        let runs =
            |work: &Work| matches!(work, Work::Sync { mapping: of, dry_run: false, .. } if of == mapping);
        let schedules = self.store.schedules().await?;
        let Some(schedule) = schedules.iter().find(|one| one.enabled && runs(&one.work)) else {
            return Ok(());
        };
        if self.store.retired_mappings().await?.iter().any(|one| one.mapping == *mapping) {
            return Ok(());
        }
        let open = self.store.open_tasks().await?;
        // One that has not begun yet will read what this hint is about.
        if open.iter().any(|task| task.status == cs_domain::RunStatus::Pending && runs(&task.work)) {
            return Ok(());
        }
        let now = SystemClock.now();
        let Some(at) = self.hints.next(mapping, now) else { return Ok(()) };
        let asking = Asking {
            work: Work::Sync {
                mapping: mapping.clone(),
                full: false,
                census: false,
                approved_deletes: None,
                dry_run: false,
            },
            asked_by: HINTED.to_owned(),
            ..Asking::of_schedule(schedule)
        };
        let mut task = asking.task(now, &config.zone, SystemEntropy.next());
        task.not_before = Some(at).filter(|at| *at > now);
        // Where two hints of one second draw the same name, one task is enough.
        self.store.add_task(&task).await?;
        self.nudge.nudge();
        Ok(())
    }
}

impl Hints {
    /// When a mapping may run next because of a hint; `None` where it is to run at a later time already.
    fn next(&self, mapping: &MappingName, now: Timestamp) -> Option<Timestamp> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let next = asked.get(mapping).map_or(now, |last| (*last + APART).max(now));
        if asked.get(mapping).is_some_and(|last| *last > now) {
            return None;
        }
        asked.insert(mapping.clone(), next);
        Some(next)
    }
}

/// Whether a mapping reads records of this kind.
fn reads(mapping: &Mapping, record: &RecordRef) -> bool {
    mapping.units.iter().any(|unit| match record.system {
        System::Vtiger => unit.module == record.kind,
        System::Frappe => unit.documents.iter().any(|document| document.doctype == record.kind),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_hints_ask_for_are_apart() {
        let (hints, policy, now) = (Hints::default(), MappingName::new("policy"), Timestamp::UNIX_EPOCH);
        let second = SignedDuration::from_secs(1);
        assert_eq!(hints.next(&policy, now), Some(now));
        assert_eq!(hints.next(&policy, now + second), Some(now + APART));
        assert_eq!(hints.next(&policy, now + second * 2), None, "it is asked for already");
        assert_eq!(hints.next(&MappingName::new("crm"), now), Some(now));
        assert_eq!(hints.next(&policy, now + APART * 3), Some(now + APART * 3));
    }
}
