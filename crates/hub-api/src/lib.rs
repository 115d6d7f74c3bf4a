//! The contract of the Hub (requests, replies, events, error codes), its handlers, and the loopback host.
