//! Everything that is seen from outside, over the wire, against the real stack.

mod bad_input;
mod chicago;
mod foreign_client;
mod front_door;
mod goldens;
mod review;
mod story;
mod tidy;
