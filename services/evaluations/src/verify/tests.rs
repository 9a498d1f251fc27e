//! What is true of a bundle under attack: any byte changed, any byte missing, and lies that are signed in good order.

use std::sync::LazyLock;

use ed25519_dalek::SigningKey;
use tidyward_rules::{
    builtin::BUILTIN,
    host::{Host, HostSettings},
    points::ABSENT,
    score::Scores,
};

use super::*;
use crate::facts::{FactColumn, FactRow};

static COMPILER: LazyLock<Compiler> = LazyLock::new(|| {
    let host = Host::new(HostSettings::default()).unwrap();
    Compiler::new(host, tidyward_rules::compile::program_of_tests(), None)
});

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// Three grids under `case-rates`: one perfect, one middling, one without a case.
fn facts() -> PeriodFacts {
    let row = |code: &str| FactRow {
        code: code.into(),
        level: 3,
        peer_group: String::new(),
        parent: None,
    };
    let column = |name: &str, values: [i64; 3]| FactColumn {
        name: name.into(),
        values: values.to_vec(),
    };
    PeriodFacts {
        period: "2013-q3".into(),
        rows: vec![row("G1"), row("G2"), row("G3")],
        columns: vec![
            column("issues.backlog_closed", [0, 1, 0]),
            column("issues.backlog_start", [0, 2, 0]),
            column("issues.closed", [8, 5, 0]),
            column("issues.due", [8, 8, 0]),
            column("issues.due_suspended", [0, 0, 0]),
            column("issues.handled_on_time", [8, 4, 0]),
        ],
    }
}

/// A bundle as the server makes it, from the rule's own scores.
fn honest() -> Bundle {
    let component = BUILTIN
        .iter()
        .find(|rule| rule.id == "case-rates")
        .unwrap()
        .bytes
        .to_vec();
    let candidate = gate::inspect(&component, &GateLimits::default(), &|_| true).unwrap();
    let (facts, manifest) = (facts(), candidate.manifest.clone());
    let rule = COMPILER.compile(OWN, &candidate).unwrap();
    let reading = Reading::of(&manifest, facts, None).unwrap();
    let (facts, inputs) = (&reading.facts, reading.inputs(&manifest, 0..3));
    let given: Scores = rule
        .score(&[], &inputs, &RunSettings::default(), &|_| {})
        .unwrap();
    let ranked = scores::ranked(&manifest, facts, &given).unwrap();
    let (fact_bytes, score_bytes) = (facts.encode(), ranked.encode(manifest.criteria.len()));
    let sha256 = |bytes: &[u8]| -> [u8; 32] { Sha256::digest(bytes).into() };
    let groups = ranked
        .rows
        .iter()
        .map(|row| (row.standing.ranked, row.standing.list as u8));
    Bundle {
        district: "demo".into(),
        period: "2013-q3".into(),
        revision: 1,
        trial: false,
        rule: manifest.id.clone(),
        version: manifest.version.to_string(),
        interface: INTERFACE.into(),
        parameters: Vec::new(),
        digests: crate::bundle::Digests {
            component: candidate.digest,
            manifest: sha256(manifest.source.as_bytes()),
            parameters: sha256(&bundle::parameter_bytes(&[])),
            facts: sha256(&fact_bytes),
            rounds: None,
            scores: sha256(&score_bytes),
        },
        engine: "an engine".into(),
        engine_configuration: "a machine".into(),
        fuel: RunSettings::default().fuel,
        chunk_rows: 4_096,
        fuel_used: given.fuel.clone(),
        component,
        facts: fact_bytes,
        rounds: None,
        scores: score_bytes,
        groups: groups.collect(),
    }
}

#[test]
fn an_honest_bundle_is_accepted_and_says_what_it_is() {
    let bytes = honest().seal(&key());
    let verified = verify(&COMPILER, &bytes, None).unwrap();
    assert_eq!(
        (verified.district.as_str(), verified.period.as_str()),
        ("demo", "2013-q3")
    );
    assert!(
        verified.rule.starts_with("case-rates@"),
        "{}",
        verified.rule
    );
    assert_eq!(
        verified.tally,
        Tally {
            scored: 2,
            absent: 1,
            failed: 0
        }
    );
    assert_eq!(verified.areas, 3);
    assert!(
        verify(
            &COMPILER,
            &bytes,
            Some(&verified.key_fingerprint.to_uppercase())
        )
        .is_ok()
    );
    let error = verify(&COMPILER, &bytes, Some(&"0".repeat(64))).unwrap_err();
    assert!(matches!(error, VerifyError::OtherKey(_)), "{error}");
}

/// The same file without most of the rule, so that each of its bytes can be tried.
fn small() -> Bundle {
    let mut bundle = honest();
    bundle.component.truncate(40);
    bundle
}

#[test]
fn any_single_changed_byte_is_refused() {
    let bytes = small().seal(&key());
    let mut changed = bytes.clone();
    for place in 0..bytes.len() {
        changed[place] ^= 1;
        assert!(Bundle::open(&changed).is_err(), "byte {place}");
        changed[place] = bytes[place];
    }
    // Every bit of what is not merely signed: magic, format, key and signature.
    for place in (0..12).chain(bytes.len() - 96..bytes.len()) {
        for bit in 0..8 {
            changed[place] ^= 1 << bit;
            assert!(
                verify(&COMPILER, &changed, None).is_err(),
                "byte {place} bit {bit}"
            );
            changed[place] = bytes[place];
        }
    }
}

#[test]
fn any_cut_and_any_addition_is_refused() {
    let bytes = small().seal(&key());
    for end in 0..bytes.len() {
        assert!(Bundle::open(&bytes[..end]).is_err(), "cut to {end}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(verify(&COMPILER, &longer, None).is_err());
    let mut doubled = bytes.clone();
    doubled.insert(20, bytes[20]);
    assert!(verify(&COMPILER, &doubled, None).is_err());
}

#[test]
fn a_signed_lie_is_found_and_the_first_difference_named() {
    let resigned = |change: &dyn Fn(&mut Bundle)| {
        let mut bundle = honest();
        change(&mut bundle);
        verify(&COMPILER, &bundle.seal(&key()), None).unwrap_err()
    };
    let score = resigned(&|bundle| {
        let mut scores = RankedScores::decode(&bundle.scores, 2).unwrap();
        scores.rows[1].total += 1;
        bundle.scores = scores.encode(2);
        bundle.digests.scores = Sha256::digest(&bundle.scores).into();
    });
    let words = score.to_string();
    assert!(matches!(score, VerifyError::Differs(_)), "{words}");
    assert!(
        words.starts_with("area G2: the bundle says the total "),
        "{words}"
    );

    let list = resigned(&|bundle| bundle.groups[0].1 = 2);
    assert_eq!(
        list.to_string(),
        "area G1: the bundle says the list black, and recomputing gives neither"
    );

    let facts = resigned(&|bundle| {
        bundle.facts = {
            let mut facts = facts();
            facts.columns[2].values[0] = 7;
            facts.encode()
        }
    });
    assert!(matches!(facts, VerifyError::Inconsistent(_)), "{facts}");

    let version = resigned(&|bundle| bundle.version = "9.9.9".into());
    assert!(
        version.to_string().contains("the record says `9.9.9`"),
        "{version}"
    );

    let fuel = resigned(&|bundle| bundle.fuel = u64::MAX);
    assert!(matches!(fuel, VerifyError::Inconsistent(_)), "{fuel}");
}

#[test]
fn an_absent_score_stays_absent() {
    let scores = RankedScores::decode(&honest().scores, 2).unwrap();
    assert_eq!(
        (scores.rows[2].total, scores.rows[2].standing.place),
        (ABSENT, None)
    );
}
