//! Everything that is seen from outside, over the wire, against the real stack.

mod bad_input;
mod cast;
mod chicago;
mod foreign_client;
mod front_door;
mod goldens;
mod honest;
mod review;
mod story;
mod tidy;
