//! The folder as the file system has it: paths that stay inside, and what is done with them.

mod attributes;
mod beneath;
mod copy;
mod handles;
mod tree;

pub(super) use copy::{Copy, Staged};
pub(super) use tree::Tree;
