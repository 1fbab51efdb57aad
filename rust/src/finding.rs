//! One thing to report, with what its rule needs to say it: the currency of every scanner of the core.

/// A value in the facts or details of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Text taken from the file, as it stands there.
    Text(String),
    /// A count, size or offset.
    Number(u64),
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Fact {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// One thing to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The code of its rule in the catalogue.
    pub rule: &'static str,
    /// Where in the source it was first seen.
    pub offset: u64,
    /// What the message of the rule needs.
    pub facts: Vec<(&'static str, Fact)>,
    /// More for those who look closer.
    pub details: Vec<(&'static str, Fact)>,
}

impl Finding {
    pub(crate) fn new(rule: &'static str, offset: u64) -> Self {
        Self { rule, offset, facts: Vec::new(), details: Vec::new() }
    }

    #[must_use]
    pub(crate) fn fact(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    #[must_use]
    pub(crate) fn detail(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.details.push((name, value.into()));
        self
    }
}
