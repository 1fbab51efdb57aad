"""Names that matter in Jinja templates: what leads out of the data, and what honest templates call."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Attributes that Python objects have and from which one walks to classes, modules and functions. From the data model
#: of the language reference and `jinja2.sandbox`.
_DUNDERS = _words("""
abstractmethods aenter aexit aiter all anext annotations annotate await base bases basicsize bool build_class builtins
cached call cause class class_getitem classcell closure code coerce context contains copy debug deepcopy defaults del
delattr delete delitem delslice dict dictoffset dir doc enter exit file firstlineno flags format format_map func get
getattr getattribute getinitargs getitem getnewargs getnewargs_ex getslice getstate globals hash html html_format import
index init init_subclass initializing instancecheck itemsize iter kwdefaults len length_hint loader main members missing
mod module mro mro_entries mul name new next notes objclass orig_bases package path prepare qualname reduce reduce_ex
repr reversed self self_class set set_name setattr setitem setslice setstate signature sizeof slots spec
static_attributes str subclasscheck subclasses subclasshook suppress_context text_signature thisclass traceback
type_params unicode version weakref weakrefoffset wrapped add radd rmod rmul
""")

#: Those that tell something of an object but lead nowhere; the others are worth a guess where a name is known in part.
_LEAVES = _words("doc name qualname len str repr hash bool version notes debug format html text_signature")

#: Attributes without the underscores that do the same, and parts of Jinja's own objects.
_INTERNALS = _words(
    """
    gi_frame gi_code gi_yieldfrom cr_frame cr_code cr_await cr_origin ag_frame ag_code ag_await f_globals f_locals
    f_builtins f_code f_back f_trace tb_frame tb_next co_code co_consts co_names func_globals func_code func_closure
    func_defaults func_dict func_doc im_class im_func im_self _load_form_data _Environment__context _get_default_module
    """
)

_EXACT = frozenset(f"__{name}__" for name in _DUNDERS) | _INTERNALS
_GUESSED = tuple(sorted(f"__{name}__" for name in _DUNDERS - _LEAVES))

#: A name that the compiler made of a private one, such as `_TemplateReference__context`.
_MANGLED = re.compile(r"_[A-Za-z]\w*__\w+")

#: In a text of which parts are unknown, what stands for one of those.
UNKNOWN = "\0"

#: Letters of a name that have to be known for a guess.
_KNOWN = 3


def internal(name: str) -> bool:
    """Return whether an attribute of this name leads from any value to the inside of Python."""
    return name in _EXACT or _MANGLED.fullmatch(name) is not None


def could_be_internal(pattern: str) -> bool:
    """Return whether a name of which parts are unknown is, as far as it is known, one that leads inside."""
    letters = pattern.replace(UNKNOWN, "")
    if len(letters.strip("_")) < _KNOWN:
        return "__" in letters
    searched = re.compile(".*".join(map(re.escape, re.split(f"{UNKNOWN}+", pattern))))
    return any(searched.fullmatch(name) for name in _GUESSED)


def private(name: str) -> bool:
    """Return whether a sandbox refuses the attribute, although nothing is known about it."""
    return name.startswith("_") and len(name) > 1


#: Functions that every renderer has: Jinja's own, those of the transformers library and of gettext.
FUNCTIONS = _words(
    "range dict lipsum cycler joiner namespace raise_exception strftime_now caller super loop "
    "_ gettext ngettext pgettext npgettext"
)

#: Objects of Jinja that are no data: honest templates call them, but ask them for nothing beyond these attributes.
OBJECTS: dict[str, frozenset[str]] = {
    name: frozenset() for name in _words("range dict lipsum cycler joiner namespace caller self super")
}
OBJECTS["loop"] = _words(
    "index index0 revindex revindex0 first last length depth depth0 previtem nextitem changed cycle"
)

#: What Flask puts into templates; elsewhere these are names of ordinary data.
APPLICATION = _words("request config session g app current_app url_for get_flashed_messages")

#: Methods of Flask's configuration that run a file or import a module.
RUNNERS = frozenset(("from_pyfile", "from_object", "from_envvar", "from_file"))

#: Methods of strings, lists, dicts, numbers, dates and Jinja's cyclers that do nothing but compute.
METHODS = _words(
    """
    capitalize casefold center count encode decode endswith expandtabs find format format_map index isalnum isalpha
    isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip
    partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith
    strip swapcase title translate upper zfill maketrans hex
    append extend insert remove pop clear copy reverse sort items keys values get update setdefault popitem fromkeys
    current add discard union intersection difference symmetric_difference issubset issuperset
    is_integer bit_length as_integer_ratio conjugate strftime isoformat date time timestamp weekday isoweekday
    next reset cycle changed unescape striptags
    """
)

#: Filters of Jinja, and those that renderers of chat templates add. The first line takes the name of an attribute.
FILTERS = _words(
    """
    attr map selectattr rejectattr groupby sort sum unique min max join
    abs batch capitalize center count d default dictsort e escape filesizeformat first float forceescape format indent
    int items last length list lower pprint random reject replace reverse round safe select slice string striptags title
    tojson trim truncate upper urlencode urlize wordcount wordwrap xmlattr from_json fromjson to_json
    """
)
TESTS = _words(
    """
    boolean callable defined divisibleby eq equalto escaped even false filter float ge greaterthan gt in integer
    iterable le lessthan lower lt mapping ne none number odd sameas sequence string test true undefined upper
    == != < <= > >= array object
    """
)
