//! Everything that is seen from outside, over the wire, against the real stack.

mod bad_input;
mod chicago;
mod exports;
mod foreign_client;
mod front_door;
mod fuzz;
mod goldens;
mod receiver;
mod review;
mod tidy;
