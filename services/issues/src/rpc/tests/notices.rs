//! Notices from the transaction that writes them to the receivers that hear of them.

mod delivering;
mod listing;
mod office;
mod receiver;
mod refusals;
mod webhooks;
