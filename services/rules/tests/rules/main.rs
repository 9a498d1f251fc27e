//! The rules crate from outside: real components through the real gate and the real host.

mod build;

mod gate;

mod limits;

mod hostile;

mod golden;

mod issues;

mod properties;

mod trial;

mod kept;

mod compiling;

mod edges;

mod strangers;
