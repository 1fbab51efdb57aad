//! What is known of a callable: dangerous with a reason, safe with exact rights, or unknown.

use super::names::{python3, without_alias};
use super::table::{find, has_prefix};

/// Callables and modules that a harmless model never names.
pub(crate) const DANGEROUS: &str = include_str!("../../rules/callables/dangerous.tsv");

/// Exact callables of honest models, one text a library.
pub(crate) const SAFE: &[(&str, &str)] = &[
    ("builtins", include_str!("../../rules/callables/safe/builtins.tsv")),
    ("catboost", include_str!("../../rules/callables/safe/catboost.tsv")),
    ("configuration", include_str!("../../rules/callables/safe/configuration.tsv")),
    ("diffusers", include_str!("../../rules/callables/safe/diffusers.tsv")),
    ("dill", include_str!("../../rules/callables/safe/dill.tsv")),
    ("estimators", include_str!("../../rules/callables/safe/estimators.tsv")),
    ("huggingface", include_str!("../../rules/callables/safe/huggingface.tsv")),
    ("joblib", include_str!("../../rules/callables/safe/joblib.tsv")),
    ("language", include_str!("../../rules/callables/safe/language.tsv")),
    ("lightgbm", include_str!("../../rules/callables/safe/lightgbm.tsv")),
    ("lightning", include_str!("../../rules/callables/safe/lightning.tsv")),
    ("numpy", include_str!("../../rules/callables/safe/numpy.tsv")),
    ("numpy_enumerated", include_str!("../../rules/callables/safe/numpy_enumerated.tsv")),
    ("numpy_functions", include_str!("../../rules/callables/safe/numpy_functions.tsv")),
    ("pandas", include_str!("../../rules/callables/safe/pandas.tsv")),
    ("pandas_enumerated", include_str!("../../rules/callables/safe/pandas_enumerated.tsv")),
    ("scipy", include_str!("../../rules/callables/safe/scipy.tsv")),
    ("scipy_enumerated", include_str!("../../rules/callables/safe/scipy_enumerated.tsv")),
    ("sklearn", include_str!("../../rules/callables/safe/sklearn.tsv")),
    ("timm", include_str!("../../rules/callables/safe/timm.tsv")),
    ("torch", include_str!("../../rules/callables/safe/torch.tsv")),
    ("torch_companions", include_str!("../../rules/callables/safe/torch_companions.tsv")),
    ("torch_enumerated", include_str!("../../rules/callables/safe/torch_enumerated.tsv")),
    ("torchvision", include_str!("../../rules/callables/safe/torchvision.tsv")),
    ("transformers", include_str!("../../rules/callables/safe/transformers.tsv")),
    ("ultralytics", include_str!("../../rules/callables/safe/ultralytics.tsv")),
    ("xgboost", include_str!("../../rules/callables/safe/xgboost.tsv")),
    ("yolov5", include_str!("../../rules/callables/safe/yolov5.tsv")),
];

/// What a dangerous callable does. Each has a rule of its own in the catalogue, which decides how grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Runs code or a program.
    Execute,
    /// Imports or resolves code by name.
    Import,
    /// Loads native code or touches raw memory.
    Native,
    /// Starts another loader.
    Deserialise,
    /// Writes, moves or deletes files.
    FileWrite,
    /// Arranges for code to run later.
    Deferred,
    /// Reaches or changes objects of the running program.
    Introspection,
    /// Opens a connection.
    Network,
    /// Reads files.
    FileRead,
    /// Blocks or exhausts the process.
    DenialOfService,
}

impl Action {
    /// The action of this name in the table.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "execute" => Self::Execute,
            "import" => Self::Import,
            "native" => Self::Native,
            "deserialise" => Self::Deserialise,
            "file-write" => Self::FileWrite,
            "deferred" => Self::Deferred,
            "introspection" => Self::Introspection,
            "network" => Self::Network,
            "file-read" => Self::FileRead,
            "denial-of-service" => Self::DenialOfService,
            _ => return None,
        })
    }

    /// The code of the rule that reports it.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Execute => "PKL101",
            Self::Import => "PKL102",
            Self::Native => "PKL103",
            Self::Deserialise => "PKL104",
            Self::FileWrite => "PKL105",
            Self::Deferred => "PKL106",
            Self::Introspection => "PKL107",
            Self::Network => "PKL111",
            Self::FileRead => "PKL112",
            Self::DenialOfService => "PKL113",
        }
    }
}

/// Under which condition a safe callable may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// It may only be named.
    Never,
    /// With any arguments that are themselves harmless.
    Any,
    /// When its arguments keep the named contract.
    Contract(&'static str),
}

/// What BUILD may be held to: `argument-template`, the state of a scipy distribution, whose `_parse_arg_template` is
/// executed when it is set; `plain-formula`, that of a statsmodels result, whose formula is evaluated.
#[cfg(test)]
pub(crate) const STATES: &[&str] = &["argument-template", "plain-formula"];

/// What honest pickles do with a safe callable, beyond naming it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // One for each right of the table.
pub struct Rights {
    /// Called by REDUCE, OBJ or INST.
    pub call: Call,
    /// Made by NEWOBJ or one of copyreg's functions, which run `__new__` alone: its `__init__` may do more than store.
    pub new: bool,
    /// State set on its instances by BUILD.
    pub build: bool,
    /// What that state has to keep to, where setting it does more than store.
    pub state: Option<&'static str>,
    /// Items added to its instances by APPEND(S) or ADDITEMS.
    pub append: bool,
    /// Items set on its instances by SETITEM(S).
    pub setitem: bool,
}

/// What the tables say of one callable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// In the table of dangerous callables, or below a dangerous module.
    Dangerous {
        /// What it does.
        action: Action,
        /// Why it is in the table.
        reason: &'static str,
    },
    /// An exact entry of the safe tables.
    Safe(Rights),
    /// A dotted or special name that leaves a module by its attributes.
    WalksOut,
    /// In no table.
    Unknown,
}

/// Judges a global as it stands in the pickle: `module` and qualified `name`, Python 2 names included.
pub fn judge(module: &str, name: &str) -> Verdict {
    let (module, name) = python3(module, name);
    let (module, name) = (module.as_ref(), name.as_ref());
    if let Some(rights) = safe(module, name) {
        return Verdict::Safe(rights);
    }
    let path = format!("{module}.{name}");
    if let Some(verdict) = dangerous(&without_alias(&path)).or_else(|| dangerous(&path)) {
        return verdict;
    }
    // A walk through attributes: `f2py.os.system` below a harmless module ends at `os.system`.
    let mut walk = name;
    while let Some((_, further)) = walk.split_once('.') {
        if let Some(verdict) = dangerous(&without_alias(walk)).or_else(|| dangerous(&without_alias(further))) {
            return verdict;
        }
        walk = further;
    }
    if leaves_module(module, name) { Verdict::WalksOut } else { Verdict::Unknown }
}

/// What the dangerous table says of a callable that may be named, such as a class that opens a file when it is called.
pub fn danger_of_call(module: &str, name: &str) -> Option<Verdict> {
    dangerous(&canonical(module, name))
}

/// The path under which a global is known: Python 3 names, aliases replaced, module and name joined by a dot.
pub fn canonical(module: &str, name: &str) -> String {
    let (module, name) = python3(module, name);
    without_alias(&format!("{module}.{name}")).into_owned()
}

fn safe(module: &str, name: &str) -> Option<Rights> {
    let key = format!("{module}:{name}");
    let fields = SAFE.iter().find_map(|(_, text)| find(text, &key))?;
    parse_rights(fields.split('\t').next().unwrap_or_default())
}

/// Reads the rights column: `refer`, then `new`, `call` or `call(contract)`, `build` or
/// `build(contract)`, `append`, `setitem`. What may be
/// called with any arguments may be made without its `__init__` too; a contract covers both, unless `new` stands there.
pub(crate) fn parse_rights(column: &'static str) -> Option<Rights> {
    let mut words = column.split(' ');
    if words.next() != Some("refer") {
        return None;
    }
    let mut rights = Rights { call: Call::Never, new: false, build: false, state: None, append: false, setitem: false };
    for word in words {
        match word {
            "call" => (rights.call, rights.new) = (Call::Any, true),
            "new" => rights.new = true,
            "build" => rights.build = true,
            "append" => rights.append = true,
            "setitem" => rights.setitem = true,
            _ => {
                let (right, contract) = word.strip_suffix(')')?.split_once('(')?;
                match right {
                    "call" => rights.call = Call::Contract(contract),
                    "build" => (rights.build, rights.state) = (true, Some(contract)),
                    _ => return None,
                }
            }
        }
    }
    Some(rights)
}

fn dangerous(path: &str) -> Option<Verdict> {
    // A module named as such, by an attribute of another one, is as dangerous as what lies in it.
    if let Some(fields) = find(DANGEROUS, path).or_else(|| find(DANGEROUS, &format!("{path}.*"))) {
        return parse_dangerous(fields);
    }
    let mut prefix = path;
    while let Some((shorter, _)) = prefix.rsplit_once('.') {
        let hit = find(DANGEROUS, &format!("{shorter}.*")).or_else(|| find(DANGEROUS, shorter));
        if let Some(fields) = hit {
            return parse_dangerous(fields);
        }
        prefix = shorter;
    }
    None
}

/// Reads the action and reason columns.
pub(crate) fn parse_dangerous(fields: &'static str) -> Option<Verdict> {
    let (action, reason) = fields.split_once('\t')?;
    Some(Verdict::Dangerous { action: Action::from_name(action)?, reason })
}

/// Modules whose bare name, as an attribute of another module, is a way out of that module.
const REACHABLE_MODULES: &[&str] = &[
    "builtins",
    "code",
    "codecs",
    "ctypes",
    "importlib",
    "inspect",
    "io",
    "marshal",
    "nt",
    "os",
    "pickle",
    "platform",
    "posix",
    "pty",
    "runpy",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
];

fn leaves_module(module: &str, name: &str) -> bool {
    let is_special = |part: &str| part.len() > 4 && part.starts_with("__") && part.ends_with("__");
    if name.split('.').any(is_special) {
        return true;
    }
    let known = knows_module(module);
    let Some((first, _)) = name.split_once('.') else {
        return known && REACHABLE_MODULES.contains(&name);
    };
    // A listed class, or a nested one, which starts with a capital (PEP 8); anything else is an attribute of the module
    // that was walked into.
    known
        && safe(module, first).is_none()
        && !first.trim_start_matches('_').starts_with(|letter: char| letter.is_ascii_uppercase())
}

fn knows_module(module: &str) -> bool {
    let prefix = format!("{module}:");
    SAFE.iter().any(|(_, text)| has_prefix(text, &prefix))
}

#[cfg(test)]
mod tests;
