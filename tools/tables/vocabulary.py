"""The words by which the review of a class tells harmless code from code with effects."""

from __future__ import annotations

import re

#: Bases outside the library whose construction and state are data.
DATA_BASES = frozenset(
    f"builtins.{name}"
    for name in (
        "object dict list tuple set frozenset str int float bytes bytearray complex bool slice BaseException Exception "
        "ValueError TypeError KeyError IndexError RuntimeError AttributeError NotImplementedError ImportError OSError "
        "IOError UserWarning Warning DeprecationWarning FutureWarning RuntimeWarning StopIteration ArithmeticError "
        "LookupError AssertionError FloatingPointError ZeroDivisionError KeyboardInterrupt PendingDeprecationWarning "
        "MemoryError NameError ConnectionError TimeoutError EnvironmentError"
    ).split()
) | frozenset(
    "abc.ABC abc.ABCMeta ?.ABC six.Iterator collections.OrderedDict collections.UserDict collections.UserList collections.Counter "
    "collections.defaultdict collections.deque collections.namedtuple typing.Generic typing.NamedTuple "
    "typing.Protocol typing.TypedDict typing.Mapping typing.MutableMapping typing.Sequence typing.Dict typing.List "
    "typing.Iterator typing.Iterable typing.OrderedDict typing.Sized typing.Callable typing.Hashable typing.Container "
    "typing.Tuple typing.Set typing.FrozenSet typing.DefaultDict typing.Collection typing.MutableSequence "
    "collections.MutableMapping collections.Mapping collections.Sequence collections.Iterable collections.Iterator "
    "collections.Callable collections.Set collections.MutableSequence collections.Hashable collections.Sized "
    "typing_extensions.TypedDict typing_extensions.Protocol typing_extensions.NamedTuple "
    "enum.Enum enum.IntEnum enum.Flag enum.IntFlag enum.StrEnum types.SimpleNamespace argparse.Namespace "
    "datetime.datetime datetime.date datetime.timedelta datetime.tzinfo decimal.Decimal fractions.Fraction "
    "numbers.Number numbers.Real numbers.Integral dataclasses.dataclass "
    "torch._C._TensorBase torch._C.TensorBase torch._C.Generator torch._C.Size "
    "numpy.ndarray numpy.ma.MaskedArray pandas.DataFrame pandas.Series".split()
)

#: Packages of abstract bases, all of which hold nothing.
DATA_BASE_PACKAGES = ("collections.abc.", "typing.", "typing_extensions.", "abc.", "numbers.")

ENUMERATIONS = frozenset({"enum.Enum", "enum.IntEnum", "enum.Flag", "enum.IntFlag", "enum.StrEnum"})
MAPPINGS = frozenset(
    {"builtins.dict", "collections.OrderedDict", "collections.UserDict", "collections.Counter", "collections.defaultdict"}
)
SEQUENCES = frozenset({"builtins.list", "collections.UserList", "collections.deque", "builtins.set"})

#: Builtin functions that run nothing of their arguments' choosing.
HARMLESS_BUILTINS = frozenset(
    "abs all any bool bytearray bytes callable chr complex dict divmod enumerate float format frozenset getattr hasattr "
    "hash hex id int isinstance issubclass iter len list max min next object ord pow print range repr reversed round "
    "set setattr slice sorted str sum super tuple type vars zip property staticmethod classmethod delattr bin oct "
    "ValueError TypeError KeyError IndexError RuntimeError AttributeError NotImplementedError ImportError "
    "AssertionError Exception DeprecationWarning UserWarning FutureWarning OverflowError StopIteration Warning "
    "ZeroDivisionError NameError LookupError OSError IOError ModuleNotFoundError unicode long basestring xrange".split()
)

#: What `map` may apply.
CONVERSIONS = frozenset({"int", "float", "str", "len", "bool", "tuple", "list", "None", "type", "id", "set", "dict"})

#: Functions read by a person: what they call is given by the library or registered by the program, not by a file.
REVIEWED = frozenset(
    {
        "torch._tensor:Tensor.__setstate__",  # rebuilds a tensor of the first release from its storage
        "torch.overrides:handle_torch_function",  # dispatches to the classes of its arguments
        "torch.tensor:Tensor.__setstate__",
        "torch.nn.modules.module:Module.__setattr__",  # calls registration hooks of the program
        "torch.nn.modules.module:Module.register_buffer",
        "torch.nn.modules.module:Module.register_module",
        "torch.nn.modules.module:Module.register_parameter",
        "torch.nn.modules.module:Module.add_module",
        "torch.nn.modules.module:Module._register_load_state_dict_pre_hook",
        "torch.nn.modules.module:_WrappedHook.__init__",
        "torch.nn.modules.rnn:RNNBase.__setstate__",  # looks its own weights up
        "torch.nn.modules.rnn:RNNBase.flatten_parameters",
        "torch.nn.utils.rnn:PackedSequence.__new__",
        "torch.nn.parameter:Parameter.__new__",
        "torch.nn.parameter:Buffer.__new__",
        "torch.optim.optimizer:Optimizer._hook_for_profile",  # wraps the step of its own class
        "torch.optim.optimizer:Optimizer._patch_step_function",
        "torch.optim.optimizer:Optimizer.profile_hook_step",
    }
)

#: Callables outside the library that do nothing but compute.
HARMLESS_OUTSIDE = re.compile(
    r"(math|cmath|operator|itertools|numbers|collections|abc|enum|typing|typing_extensions|dataclasses|warnings|string"
    r"|textwrap|datetime|decimal|fractions|uuid|bisect|heapq|re|struct|statistics|copy|keyword|inspect\.(signature|"
    r"isclass|isfunction|ismethod|getfullargspec)|functools\.(wraps|partial|lru_cache|total_ordering)|logging\."
    r"(getLogger|get_logger)|random\.(Random|random|randint|uniform|sample|choice)|weakref\.(ref|proxy)"
    r"|threading\.(R?Lock)|time\.(time|perf_counter|monotonic)|contextlib\.(suppress|nullcontext)"
    r"|os\.path\.(join|basename|dirname|splitext|sep|normpath)|pathlib\.(Path|PurePath|PosixPath)"
    r"|torch\.(Tensor|Size|device|dtype|is_tensor|finfo|iinfo|get_default_dtype|no_grad|Generator|jit\.(is_tracing|"
    r"is_scripting|_overload_method|unused|ignore|export)|([a-z]+_)?(empty|zeros|ones|full|rand|randn|eye)(_like)?|tensor"
    r"|arange|linspace|randint|randperm|as_tensor|cat|stack|meshgrid|outer|exp|log|sqrt|pow|sin|cos|where|flip|cumsum|"
    r"cumprod|prod|sum|abs|floor|ceil|round|clamp|triu|tril|diag|norm|max|min|mean|std|var|from_numpy|nn\.\w+|nn\."
    r"(init|functional|utils\.rnn|parameter|quantized)\.\w+|optim\.\w+|quantization\.\w+|distributions\.\w+|"
    r"(Float|Long|Int|Bool|Byte|Half|Double)Tensor|_C\._log_api_usage_once|is_complex|is_floating_point|zeros|"
    r"polar|complex|sigmoid|tanh|softmax|logspace|repeat_interleave|unsqueeze|squeeze|reshape|hann_window|"
    r"hamming_window|blackman_window|bartlett_window|kaiser_window|nn\.init\.\w+|_tensor\.Tensor\._make_(wrapper_)?subclass|Tensor\._make_(wrapper_)?subclass|"
    r"_C\._is_torch_function_enabled|_C\.DisableTorchFunction\w*|_ops\.ops\.quantized\.\w+_prepack\w*|"
    r"_empty\w*_quantized|quantize_per_\w+|"
    r"_VF\.\w+|_C\._nn\.\w+|_C\._get_tracing_state|_C\._has_torch_function\w*|overrides\.\w+|ops\.\w+\.\w+|compiler\.is_compiling"
    r"|cuda\.(is_available|device_count|current_device)|is_grad_enabled|promote_types|is_autocast_enabled|is_inference)"
    r"|numpy\.(array|asarray|zeros|ones|empty|full|arange|linspace|eye|sqrt|log|log2|log10|exp|prod|sum|ceil|floor|"
    r"concatenate|stack|isscalar|iterable|dtype|float32|float64|int32|int64|cumsum|cumprod|unique|any|all|max|min|"
    r"atleast_1d|atleast_2d|isnan|isfinite|random\.RandomState|random\.default_rng|argsort|sort|abs|sin|cos|power|"
    r"asanyarray|ascontiguousarray|issubdtype|isinf|outer|dot|diag|mean|std|tile|repeat|reshape|ndim|shape|where|errstate)"
    r"|six\.\w+)(\..*)?"
)

#: Methods that change or read nothing but the object they are called on, whatever it is.
HARMLESS_METHODS = frozenset(
    "__contains__ __getitem__ __init__ __len__ __new__ __setattr__ __setitem__ __setstate__ __post_init__ __getattr__ "
    "__getattribute__ __init_subclass__ __class_getitem__ _init_weights abs add add_ add_module all any append arange "
    "argsort as_dict astype bernoulli_ bfloat16 bool byte capitalize casefold center chunk clamp clamp_ clear clone conj "
    "contiguous copy copy_ cos count cpu cumprod cumsum data_ptr debug decode deepcopy detach detach_ device diff dim "
    "discard div div_ double element_size encode endswith eq error exp expand expand_as expandtabs extend extendleft "
    "exponential_ fill fill_ find fix flatten flip float format from_iterable get get_buffer get_device get_parameter "
    "get_submodule getrandbits group groupby groups half has_key index index_add index_fill_ info insert int intersection "
    "isalnum isalpha isdigit isidentifier isinstance islower isnumeric isspace issubset issuperset istitle isupper "
    "is_complex is_contiguous is_floating_point item items itemsize iteritems iterkeys itervalues join keys kwargs_ "
    "le ljust log log_normal_ long lower lstrip lt masked_fill masked_fill_ match max mean min mkdtemp_ mul mul_ "
    "named_children named_modules named_parameters ndimension ne neg nelement new new_empty new_full new_ones new_tensor "
    "new_zeros nonzero norm normal_ numel numpy parameters partition permute pop popitem popleft pow prod random_ ravel "
    "register_buffer register_module register_parameter reciprocal remove repeat repeat_interleave replace "
    "requires_grad_ reset reset_parameters reshape resize_ resize_as_ reverse rfind rindex rjust rotate round rpartition "
    "rsplit rstrip seed search setdefault set_ shape shuffle sin size sort split splitlines sqrt square squeeze stack "
    "startswith storage std stride strip sub sub_ sum swapcase symmetric_difference t title to tolist transpose "
    "translate tril tril_ triu triu_ type type_as unfold uniform_ union unique unsqueeze upper values view view_as "
    "viewitems viewkeys viewvalues warn warning warn_once warning_once weakref zero_ zfill zeros difference "
    "difference_update intersection_update update parts_ setflags children modules buffers sub_module isoformat "
    "timestamp strftime total_seconds bit_length hex is_integer as_integer_ratio trunc_normal_ kaiming_uniform_ "
    "kaiming_normal_ xavier_uniform_ xavier_normal_ constant_ ones_ zeros_ orthogonal_ eye_ dirac_ sparse_ is_meta "
    "nn_ rand uniform normal randint choice permutation random_sample standard_normal integers permute_ span start end".split()
)

#: Last names of callables with effects, wherever they come from.
EFFECTS = re.compile(
    r"^(open|exec|eval|execfile|compile|__import__|import_module|input|breakpoint|system|popen|Popen|run|check_call|"
    r"check_output|spawn\w*|fork|kill|unlink|rmtree|rmdir|makedirs|mkdir|chmod|rename|symlink|urlopen|urlretrieve|"
    r"request|urlread|download\w*|_download\w*|fetch\w*|_?load\w*|unpickle|loads|_?save\w*|dump|dumps|to_csv|to_pickle|"
    r"from_pretrained|from_file|fromfile|tofile|memmap|read_\w+|readlines|readline|write\w*|hf_hub_download|snapshot_download|"
    r"cached_path|cached_file|push_to_hub|get_file|CDLL|cdll|dlopen|exit|_exit|connect|bind|listen|NamedTemporaryFile|"
    r"TemporaryDirectory|mkdtemp|mkstemp|remove_file|shell|init_process_group|get_obj|get_class|locate|"
    r"import_from_string|attrgetter|methodcaller|resolve_name|SummaryWriter|create_model|instantiate|get_module_class|"
    r"register_opener|set_start_method|start_server|start|starts)$"
)

#: Modules whose use is an effect, except where HARMLESS_OUTSIDE names something in them.
EFFECT_MODULES = frozenset(
    "os subprocess sys shutil socket urllib urllib2 requests http ftplib importlib ctypes pickle cPickle marshal shelve "
    "tempfile glob multiprocessing signal pty runpy pkgutil imp code codeop builtins io zipfile tarfile gzip bz2 lzma "
    "huggingface_hub boto3 fsspec gdown wget webbrowser smtplib sqlite3 dill cloudpickle joblib yaml ssl select asyncio "
    "concurrent threading atexit gc inspect".split()
)
