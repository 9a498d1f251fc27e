//! The service behind its front layer, over a territory made up for the purpose. Each test reads as what a client does.

mod calendar;
mod categories;
mod duties;
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
mod territory;

/// The reason that a status carries, for programs.
fn reason(status: &tonic::Status) -> tidyward_kit::Reason {
    tidyward_kit::Error::from(status.clone()).reason
}
