//! State that is evaluated when it is set: the template of scipy's distributions, the formula of statsmodels' results.
//!
//! Source: scipy, `stats/_distn_infrastructure.py`: `rv_generic.__setstate__` updates the instance and then calls
//! `exec(self._parse_arg_template)`.

use super::ring::Ring;
use super::text::Contents;
use super::value::{ALIASED, Tag, Value};

/// The longest template that is read: distributions have a few parameters with short names.
const LONGEST: usize = 4_096;

/// Whether a state is in sight and what its class evaluates in it is harmless, as the contract of this name has it.
pub(crate) fn keeps_state(
    contract: &str,
    state: Value,
    is_aliased: bool,
    ring: &Ring,
    contents: &Contents<'_>,
) -> bool {
    let (evaluated, is_harmless): (&str, fn(&str) -> bool) = match contract {
        "argument-template" => ("_parse_arg_template", is_scipys),
        "plain-formula" => ("formula", is_plain_formula),
        _ => return false,
    };
    let is_own_dict = state.tag() == Tag::DICT && state.id() & ALIASED == 0 && !is_aliased;
    let Some(entries) = ring.of(state).filter(|_| is_own_dict) else { return false };
    entries.chunks_exact(2).all(|pair| {
        let [key, value] = pair else { return false };
        match contents.text(*key, LONGEST) {
            Some(name) if name == evaluated => contents.text(*value, LONGEST).is_some_and(|text| is_harmless(&text)),
            Some(_) => true,
            None => false,
        }
    })
}

/// Names of columns and the operators between them: nothing that patsy would call. Source: statsmodels, `base/data.py`:
/// `ModelData.__setstate__` has a formula evaluated, whose terms are Python expressions.
fn is_plain_formula(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric() || b" ~+-*:^|\n".contains(&byte))
}

/// Whether the text is what scipy makes for some parameters: with a scale, or without one for discrete distributions.
fn is_scipys(text: &str) -> bool {
    [("loc=0, scale=1", "loc, scale"), ("loc=0", "loc, 1")].into_iter().any(|(defaults, names)| {
        let start = "\ndef _parse_args(self, ";
        let end = format!(" {defaults}):\n");
        let shapes = text.strip_prefix(start).and_then(|rest| Some(rest.split_once(&end)?.0));
        shapes.is_some_and(|shapes| are_parameters(shapes) && text == written(shapes, defaults, names))
    })
}

/// `a, b, `, or nothing.
fn are_parameters(shapes: &str) -> bool {
    let is_name = |name: &str| {
        !name.starts_with(|first: char| first.is_ascii_digit())
            && !name.is_empty()
            && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
    };
    shapes.is_empty() || shapes.strip_suffix(", ").is_some_and(|names| names.split(", ").all(is_name))
}

fn written(shapes: &str, defaults: &str, names: &str) -> String {
    format!(
        "\ndef _parse_args(self, {shapes} {defaults}):\n    return ({shapes}), {names}\n\
         \ndef _parse_args_rvs(self, {shapes} {defaults}, size=None):\n    \
         return self._argcheck_rvs({shapes} {names}, size=size)\n\
         \ndef _parse_args_stats(self, {shapes} {defaults}, moments='mv'):\n    return ({shapes}), {names}, moments\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_call_nothing() {
        assert!(is_plain_formula("y ~ x1 + x2:x_3 - 1"));
        for calling in ["y ~ np.log(x)", "y ~ __import__('os')", "y ~ Q(\"x\")", "y ~ x[0]"] {
            assert!(!is_plain_formula(calling), "{calling}");
        }
    }

    #[test]
    fn only_scipys_own_template_is_accepted() {
        for shapes in ["", "a, ", "a, b, ", "_x1, "] {
            assert!(is_scipys(&written(shapes, "loc=0, scale=1", "loc, scale")), "{shapes}");
            assert!(is_scipys(&written(shapes, "loc=0", "loc, 1")), "{shapes}");
        }
        let honest = written("a, ", "loc=0, scale=1", "loc, scale");
        for hostile in [
            format!("{honest}import os\n"),
            honest.replace("a, ", "a=__import__('os').system('id'), "),
            honest.replace("moments='mv'", "moments=print()"),
            written("a, b", "loc=0", "loc, 1"),
            written("a\n, ", "loc=0", "loc, 1"),
            String::new(),
        ] {
            assert!(!is_scipys(&hostile), "{hostile}");
        }
    }
}
