//! Every distinct callable of a file, once: how it is judged, where it first stands, how often and how it is used.

use rustc_hash::FxHashMap;

use super::value::MAX_ID;
use crate::finding::Finding;
use crate::limits::Limits;
use crate::rules::{Call, Rights, Verdict, danger_of_call, judge};

/// What may be done with names that a container defines itself: its loader resolves them in the container and makes
/// objects of them that hold data.
const OWN: Rights = Rights { call: Call::Any, new: true, build: true, state: None, append: false, setitem: false };

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) offset: u64,
    pub(crate) opcode: &'static str,
}

/// How a global is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Use {
    /// Only named.
    Referenced,
    /// `__new__` of a class: NEWOBJ, `NEWOBJ_EX`, `copyreg._reconstructor`.
    Constructed,
    /// Called: REDUCE, INST, OBJ.
    Called,
}

impl Use {
    fn name(self) -> &'static str {
        match self {
            Self::Referenced => "referenced",
            Self::Constructed => "constructed",
            Self::Called => "called",
        }
    }
}

/// One distinct (module, name).
#[derive(Debug)]
pub(crate) struct Global {
    pub(crate) module: String,
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    first: Site,
    count: u64,
    usage: Use,
    calls: u64,
    first_call: Option<(Site, String)>,
}

impl Global {
    /// The name as the file writes it.
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }

    pub(crate) fn is_suspicious(&self) -> bool {
        !matches!(self.verdict, Verdict::Safe(_))
    }

    fn findings(&self, into: &mut Vec<Finding>) {
        let rule = match self.verdict {
            Verdict::Safe(_) => return,
            Verdict::Dangerous { action, .. } => action.rule(),
            Verdict::WalksOut => "PKL122",
            Verdict::Unknown => match self.usage {
                Use::Called => "PKL121",
                Use::Constructed => "PKL123",
                Use::Referenced => "PKL124",
            },
        };
        let mut finding = self.located(Finding::new(rule, self.first.offset).fact("callable", self.path()), self.first);
        finding = finding.detail("count", self.count).detail("use", self.usage.name()).detail("calls", self.calls);
        if let Verdict::Dangerous { reason, .. } = self.verdict {
            finding = finding.detail("reason", reason);
        }
        let Some((site, source)) = &self.first_call else {
            into.push(finding);
            return;
        };
        into.push(finding.detail("call", source.clone()));
        // An unknown callable is said once, with how it is used; a bad one also where it runs.
        if self.verdict != Verdict::Unknown {
            let call = Finding::new("PKL131", site.offset).fact("opcode", site.opcode);
            into.push(self.located(call, *site).detail("count", self.calls));
        }
    }

    fn located(&self, finding: Finding, site: Site) -> Finding {
        finding
            .detail("module", self.module.clone())
            .detail("function", self.name.clone())
            .detail("position", site.offset)
            .detail("opcode", site.opcode)
    }
}

/// All globals of a file, numbered in order of appearance.
#[derive(Debug, Default)]
pub(crate) struct Globals {
    list: Vec<Global>,
    suspicious: bool,
    numbers: FxHashMap<(String, String), u32>,
    /// The module whose names, and those of all modules below it, the container of the pickle defines; empty if none.
    own: String,
}

impl Globals {
    /// No globals yet, and a module that belongs to the container.
    pub(crate) fn within(own: &str) -> Self {
        Self { own: own.to_owned(), ..Self::default() }
    }

    fn is_own(&self, module: &str) -> bool {
        let below = module.strip_prefix(self.own.as_str());
        !self.own.is_empty() && below.is_some_and(|below| below.is_empty() || below.starts_with('.'))
    }

    /// The number of a global that stands at `site`; `None` when there are more than the limit, of which dangerous ones
    /// get a share of their own.
    pub(crate) fn refer(&mut self, module: &str, name: &str, site: Site, limits: &Limits) -> Option<u32> {
        let key = (module.to_owned(), name.to_owned());
        if let Some(number) = self.numbers.get(&key) {
            if let Some(global) = self.list.get_mut(*number as usize) {
                global.count += 1;
            }
            return Some(*number);
        }
        let verdict = if self.is_own(module) { Verdict::Safe(OWN) } else { judge(module, name) };
        let is_bad = matches!(verdict, Verdict::Dangerous { .. } | Verdict::WalksOut);
        let limit = if is_bad { 2 * limits.globals } else { limits.globals };
        if self.list.len() >= limit.min(MAX_ID as usize) {
            return None;
        }
        let number = u32::try_from(self.list.len()).ok()?;
        self.suspicious |= !matches!(verdict, Verdict::Safe(_));
        self.list.push(Global {
            module: key.0.clone(),
            name: key.1.clone(),
            verdict,
            first: site,
            count: 1,
            usage: Use::Referenced,
            calls: 0,
            first_call: None,
        });
        self.numbers.insert(key, number);
        Some(number)
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Global> {
        self.list.get(number as usize)
    }

    /// Whether some callable is not known to be safe: its calls will be written out.
    #[inline]
    pub(crate) fn has_suspicious(&self) -> bool {
        self.suspicious
    }

    /// Whether any callable satisfies the predicate on its module and name.
    pub(crate) fn any(&self, predicate: impl Fn(&str, &str) -> bool) -> bool {
        self.list.iter().any(|global| predicate(&global.module, &global.name))
    }

    /// Holds a callable that may only be named, and is called, against what it does then.
    pub(crate) fn condemn(&mut self, number: u32, usage: Use) {
        let Some(global) = self.list.get_mut(number as usize) else { return };
        let Verdict::Safe(Rights { call: Call::Never, new, .. }) = global.verdict else { return };
        let is_constructed = new && usage == Use::Constructed;
        if let Some(verdict) = danger_of_call(&global.module, &global.name).filter(|_| !is_constructed) {
            global.verdict = verdict;
            self.suspicious = true;
        }
    }

    /// Notes a call; `render` writes it as source and is asked at the first one of a suspicious callable only.
    pub(crate) fn note_call(&mut self, number: u32, usage: Use, site: Site, render: impl FnOnce(&Self) -> String) {
        let needs_source = self.get(number).is_some_and(|global| global.is_suspicious() && global.first_call.is_none());
        let source = if needs_source { Some(render(self)) } else { None };
        let Some(global) = self.list.get_mut(number as usize) else { return };
        global.calls += 1;
        global.usage = global.usage.max(usage);
        if let Some(source) = source {
            global.first_call = Some((site, source));
        }
    }

    /// One finding for each callable that is not safe, and one for its first call.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for global in &self.list {
            global.findings(&mut findings);
        }
        findings
    }
}
