//! Runtime over supervised operating-system processes.
