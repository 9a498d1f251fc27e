//! Whoever goes and looks: verify, settle on the spot, check, look again.

use sha2::{Digest, Sha256};
use tidyward_kit::{Error, Violations};
use tidyward_proto::v1::{CheckAction, CheckResult, RecheckAction, SettleAction, VerifyAction};
use uuid::Uuid;

use super::{Desk, desk, field};
use crate::{
    event::{Detail, Kind, Move},
    issue::Outcome,
};

/// Of ten thousand issues settled on the spot, so many are looked at again.
const DRAWN: u64 = 500;

pub fn verify(desk: &Desk<'_>, asked: &VerifyAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "verify.note", &asked.note);
    let step = match asked.result() {
        CheckResult::Passed => Some(desk.noted(Kind::Verified, &asked.note)),
        CheckResult::Failed => Some(desk::rejected(desk, Outcome::NotFound, &asked.note)),
        CheckResult::Unable => Some(desk.noted(Kind::VerifyUnable, &asked.note)),
        CheckResult::Unspecified | CheckResult::Fraud => {
            violations.add("verify.result", "must be PASSED, FAILED or UNABLE");
            None
        }
    };
    violations.into_result()?;
    Ok(step.into_iter().collect())
}

/// The seed and what it drew are recorded, so that anybody can draw again.
pub fn settle(desk: &Desk<'_>, asked: &SettleAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "settle.note", &asked.note);
    violations.into_result()?;
    desk.is_shown(|rule| &rule.settle)?;
    let seed = desk.context.draw_seed;
    let detail = Detail {
        note: asked.note.clone(),
        draw_seed: seed.iter().map(|byte| format!("{byte:02x}")).collect(),
        drawn: is_drawn(&seed, desk.standing.id),
        ..Detail::default()
    };
    Ok(vec![desk.event(Kind::Settled, detail)])
}

/// Whether the draw takes the issue: the first eight bytes of SHA-256 over seed and id, modulo ten thousand, are below
/// five hundred.
pub fn is_drawn(seed: &[u8], issue: Uuid) -> bool {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(seed)
        .chain_update(issue.as_bytes())
        .finalize()
        .into();
    let first = digest[..8].iter();
    let number = first.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    number % 10_000 < DRAWN
}

pub fn check(desk: &Desk<'_>, asked: &CheckAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    let kind = match asked.result() {
        CheckResult::Passed => Some(Kind::CheckPassed),
        CheckResult::Failed => Some(Kind::CheckFailed),
        CheckResult::Unable => Some(Kind::CheckUnable),
        CheckResult::Fraud => Some(Kind::CheckFraud),
        CheckResult::Unspecified => None,
    };
    let field = "check.result";
    violations.require(
        kind.is_some(),
        field,
        "must be PASSED, FAILED, UNABLE or FRAUD",
    );
    if kind == Some(Kind::CheckPassed) {
        field::note(&mut violations, "check.note", &asked.note);
    } else {
        field::reason(&mut violations, "check.note", &asked.note);
    }
    violations.into_result()?;
    // Who could not look has nothing to show.
    if kind != Some(Kind::CheckUnable) {
        desk.is_shown(|rule| &rule.check)?;
    }
    let step = kind.map(|kind| desk.noted(kind, &asked.note));
    Ok(step.into_iter().collect())
}

pub fn recheck(desk: &Desk<'_>, asked: &RecheckAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "recheck.note", &asked.note);
    let result = asked.result();
    violations.require(
        matches!(result, CheckResult::Passed | CheckResult::Failed),
        "recheck.result",
        "must be PASSED or FAILED",
    );
    violations.into_result()?;
    if !desk.standing.recheck_due {
        let why = "only what was settled on the spot and drawn is looked at again, and once";
        return Err(desk.forbidden(why));
    }
    if result == CheckResult::Passed {
        return Ok(vec![desk.noted(Kind::RecheckPassed, &asked.note)]);
    }
    Ok(vec![
        desk.noted(Kind::RecheckFailed, &asked.note),
        desk.event(Kind::FoundFalse, Detail::default()),
    ])
}
