//! Archives assembled byte by byte.
