//! Everything that is seen from outside, over the wire, against the real stack.

mod tidy;
