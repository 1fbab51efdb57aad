//! Why bytes could not be delivered. Malformed content is never an error: it is evidence with a stop reason.

use std::fmt;
use std::io;

/// Why a read ended without bytes.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused the read.
    Io(io::Error),
    /// The compressed data is broken at this many decoded bytes.
    Codec {
        /// The name of the codec, as `codec::Codec::name` gives it.
        codec: &'static str,
        /// How many bytes had been decoded before the break.
        decoded: u64,
    },
    /// The decoded data goes beyond its budget.
    Budget {
        /// The name of the codec.
        codec: &'static str,
        /// The budget in bytes.
        limit: u64,
    },
    /// The time is over, and decoding ended.
    Late,
}

/// The result of everything that reads bytes.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Codec { codec, decoded } => write!(f, "{codec} data is broken after {decoded} decoded bytes"),
            Self::Budget { codec, limit } => write!(f, "{codec} data expands beyond {limit} bytes"),
            Self::Late => f.write_str("the time limit was reached"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Codec { .. } | Self::Budget { .. } | Self::Late => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
