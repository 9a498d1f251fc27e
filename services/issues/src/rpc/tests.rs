//! The service behind its front layer, over a territory made up for the purpose. Each test reads as what a client does.

mod calendar;
mod categories;
mod categories_refused;
mod cut;
mod deadlines;
mod duties;
mod evidence;
mod house;
mod imports;
mod lists;
mod merges;
mod moves;
mod moves_refused;
mod nearby;
mod notices;
mod people;
mod rates;
mod refusals;
mod replicas;
mod reports;
mod review;
mod rounds;
mod suspensions;
mod territory;
mod watching;

use tidyward_kit::{
    Reason,
    caller::{Caller, Role},
};
use tonic_types::StatusExt;

/// Somebody in Chicago who works in the areas, or everywhere where none is named.
fn caller(subject: &str, role: Role, areas: &[&str]) -> Caller {
    Caller {
        subject: subject.to_owned(),
        district: Some("chicago".to_owned()),
        roles: vec![role],
        areas: areas.iter().map(|code| (*code).to_owned()).collect(),
    }
}

/// The reason that a status carries, for programs.
fn reason(status: &tonic::Status) -> Reason {
    tidyward_kit::Error::from(status.clone()).reason
}

/// What is wrong with a request by its status: each field, and in what words.
fn wrong(status: &tonic::Status) -> Vec<(String, String)> {
    assert_eq!(reason(status), Reason::FieldsInvalid, "{status}");
    let details = status.get_error_details();
    let told = details.bad_request().unwrap().field_violations.clone();
    told.into_iter()
        .map(|one| (one.field, one.description))
        .collect()
}

/// The fields alone.
fn wrong_fields(status: &tonic::Status) -> Vec<String> {
    wrong(status).into_iter().map(|one| one.0).collect()
}
