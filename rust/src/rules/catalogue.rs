//! The catalogue of rules: what is said about a finding, how grave it is, why it matters and what to do.

use std::sync::OnceLock;

use serde::Deserialize;

const TEXT: &str = include_str!("../../rules/catalogue.toml");

/// One rule. The text `message` has a `{name}` for each of `facts`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// For example `PKL101`; never reused.
    pub code: String,
    /// For example `dangerous-execute`.
    pub name: String,
    /// `critical`, `warning`, `info` or `debug`.
    pub severity: String,
    /// What the rule is about, as a headline.
    pub title: String,
    /// What one finding says.
    pub message: String,
    /// The names that `message` needs.
    pub facts: Vec<String>,
    /// Why it matters.
    pub why: String,
    /// What to do about it.
    pub fix: String,
    /// Where to read more.
    pub references: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    rule: Vec<Rule>,
}

/// All rules, sorted by code; parsed at the first call.
pub fn catalogue() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    // The text is part of the program; a test parses it, so the fallback is never taken in a build that passed.
    RULES.get_or_init(|| toml::from_str::<Catalogue>(TEXT).map(|parsed| parsed.rule).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_parses_and_is_sorted_without_duplicates() {
        let rules = toml::from_str::<Catalogue>(TEXT).map(|parsed| parsed.rule);
        let rules = rules.unwrap_or_else(|error| unreachable!("{error}"));
        assert!(rules.is_sorted_by(|a, b| a.code < b.code), "codes ascend");
        let mut names: Vec<_> = rules.iter().map(|rule| rule.name.as_str()).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b), "names are unique");
    }

    #[test]
    fn every_rule_is_complete_and_well_named() {
        for rule in catalogue() {
            assert!(["critical", "warning", "info", "debug"].contains(&rule.severity.as_str()), "{}", rule.code);
            assert!(
                rule.name.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase() || byte.is_ascii_digit()),
                "{}",
                rule.name
            );
            for text in [&rule.title, &rule.message, &rule.why, &rule.fix] {
                assert!(!text.is_empty(), "{}", rule.code);
            }
            assert!(!rule.references.is_empty(), "{} says where to read more", rule.code);
            for fact in &rule.facts {
                assert!(rule.message.contains(&format!("{{{fact}}}")), "{} does not say {fact}", rule.code);
            }
            assert_eq!(rule.message.matches('{').count(), rule.facts.len(), "{}", rule.code);
        }
    }
}
