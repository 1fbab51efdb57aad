//! Every cap of the core in one place, each with the reason for its number.

/// Caps on what one pickle may cost. `Limits::default()` holds the numbers the product uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Distinct (module, name) pairs of one file. The largest honest models name a few hundred.
    pub globals: usize,
    /// Bytes of a module or attribute name. The longest honest name measured has 120.
    pub name: usize,
    /// Memo entries kept outside the sequence (explicit PUT far from the last index), 16 bytes and a map slot each.
    pub sparse_memo: usize,
    /// Bytes that packed chunks of the stack or of the memo may occupy, each. Honest data packs to almost nothing.
    pub packed: usize,
    /// Runs of open MARKs. Honest nesting is limited by Python's recursion limit (1,000 by default).
    pub mark_runs: usize,
    /// Findings of one file that are not about a distinct callable.
    pub events: usize,
    /// Nested byte strings handed back for scanning.
    pub nested: usize,
    /// Tensors and storages kept for weight analysis and storage checks.
    pub tensors: usize,
    /// Bytes of a constant that is decoded (base64, hex, zlib) to see what a loader would get.
    pub computed: usize,
    /// Pickles that are open inside each other (joblib's object arrays).
    pub open_streams: usize,
    /// Streams in one file, whole or broken. The largest honest ones are logs with a pickle a record.
    pub streams: u64,
    /// Memo entries whose text is looked up in a second pass.
    pub watched: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            globals: 100_000,
            name: 4_096,
            sparse_memo: 1 << 20,
            packed: 32 << 20,
            mark_runs: 1 << 20,
            events: 1_000,
            nested: 1_000,
            tensors: 1 << 16,
            computed: 16 << 20,
            open_streams: 64,
            streams: 1 << 20,
            watched: 1 << 16,
        }
    }
}
