"""The words by which the review of a class tells harmless code from code with effects."""

from __future__ import annotations

import re

from tables.lists import words

#: Bases outside the library whose construction and state are data.
DATA_BASES = frozenset(
    f"builtins.{name}"
    for name in words(
        """
    ArithmeticError AssertionError AttributeError BaseException ConnectionError DeprecationWarning EnvironmentError
    Exception FloatingPointError FutureWarning IOError ImportError IndexError KeyError KeyboardInterrupt LookupError
    MemoryError NameError NotImplementedError OSError PendingDeprecationWarning RuntimeError RuntimeWarning
    StopIteration TimeoutError TypeError UserWarning ValueError Warning ZeroDivisionError bool bytearray bytes
    complex dict float frozenset int list object set slice str tuple
    """
    )
) | frozenset(
    words(
        """
    ?.ABC abc.ABC abc.ABCMeta argparse.Namespace collections.Callable collections.Counter collections.Hashable
    collections.Iterable collections.Iterator collections.Mapping collections.MutableMapping
    collections.MutableSequence collections.OrderedDict collections.Sequence collections.Set collections.Sized
    collections.UserDict collections.UserList collections.defaultdict collections.deque collections.namedtuple
    dataclasses.dataclass datetime.date datetime.datetime datetime.timedelta datetime.tzinfo decimal.Decimal
    enum.Enum enum.Flag enum.IntEnum enum.IntFlag enum.StrEnum fractions.Fraction numbers.Integral numbers.Number
    numbers.Real numpy._core.multiarray.ndarray numpy.core.multiarray.ndarray numpy.ma.MaskedArray numpy.ndarray
    pandas.DataFrame pandas.Series six.Iterator torch._C.Generator torch._C.Size torch._C.TensorBase
    torch._C._TensorBase types.SimpleNamespace typing.Callable typing.Collection typing.Container typing.DefaultDict
    typing.Dict typing.FrozenSet typing.Generic typing.Hashable typing.Iterable typing.Iterator typing.List
    typing.Mapping typing.MutableMapping typing.MutableSequence typing.NamedTuple typing.OrderedDict typing.Protocol
    typing.Sequence typing.Set typing.Sized typing.Tuple typing.TypedDict typing_extensions.NamedTuple
    typing_extensions.Protocol typing_extensions.TypedDict
    """
    )
)


#: Packages of abstract bases, all of which hold nothing.
DATA_BASE_PACKAGES = ("collections.abc.", "typing.", "typing_extensions.", "abc.", "numbers.")

ENUMERATIONS = frozenset(words("enum.Enum enum.Flag enum.IntEnum enum.IntFlag enum.StrEnum"))

MAPPINGS = frozenset(
    words("builtins.dict collections.Counter collections.OrderedDict collections.UserDict collections.defaultdict")
)

SEQUENCES = frozenset(words("builtins.list builtins.set collections.UserList collections.deque"))


#: Builtin functions that run nothing of their arguments' choosing.
HARMLESS_BUILTINS = frozenset(
    words(
        """
    AssertionError AttributeError DeprecationWarning Exception FutureWarning IOError ImportError IndexError KeyError
    LookupError ModuleNotFoundError NameError NotImplementedError OSError OverflowError RuntimeError StopIteration
    TypeError UserWarning ValueError Warning ZeroDivisionError abs all any basestring bin bool bytearray bytes
    callable chr classmethod complex delattr dict divmod enumerate float format frozenset getattr hasattr hash hex
    id int isinstance issubclass iter len list long max min next object oct ord pow print property range repr
    reversed round set setattr slice sorted staticmethod str sum super tuple type unicode vars xrange zip
    """
    )
)


#: What `map` may apply.
CONVERSIONS = frozenset({"int", "float", "str", "len", "bool", "tuple", "list", "None", "type", "id", "set", "dict"})

#: Functions read by a person: what they call is given by the library or registered by the program, not by a file.
REVIEWED = frozenset(
    {
        "sklearn.gaussian_process.kernels:Kernel.get_params",  # asks its own class
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
    r"|os\.(environ\.get|getenv|fspath|cpu_count)|sys\.(getsizeof|intern|getrefcount)|os\.path\.(join|basename|dirname|splitext|sep|normpath)|pathlib\.(Path|PurePath|PosixPath)"
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
    r"|scipy\.interpolate\.interp1d|six\.\w+)(\..*)?"
)

#: Methods that change or read nothing but the object they are called on, whatever it is.
HARMLESS_METHODS = frozenset(
    words(
        """
    __class_getitem__ __contains__ __getattr__ __getattribute__ __getitem__ __init__ __init_subclass__ __len__
    __new__ __post_init__ __setattr__ __setitem__ __setstate__ _init_weights abs add add_ add_module all any append
    arange argsort as_dict as_integer_ratio astype bernoulli_ bfloat16 bit_length bool buffers byte capitalize
    casefold center children choice chunk clamp clamp_ clear clone conj constant_ contiguous copy copy_ cos count
    cpu cumprod cumsum data_ptr debug decode deepcopy detach detach_ device diff difference difference_update dim
    dirac_ discard div div_ double element_size encode end endswith eq error exp expand expand_as expandtabs
    exponential_ extend extendleft eye_ fill fill_ find fix flatten flip float format from_iterable get get_buffer
    get_device get_parameter get_submodule getrandbits group groupby groups half has_key hex index index_add
    index_fill_ info insert int integers intersection intersection_update is_complex is_contiguous is_floating_point
    is_integer is_meta isalnum isalpha isdigit isidentifier isinstance islower isnumeric isoformat isspace issubset
    issuperset istitle isupper item items itemsize iteritems iterkeys itervalues join kaiming_normal_
    kaiming_uniform_ keys kwargs_ le ljust log log_normal_ long lower lstrip lt masked_fill masked_fill_ match max
    mean min mkdtemp_ modules mul mul_ named_children named_modules named_parameters ndimension ne neg nelement new
    new_empty new_full new_ones new_tensor new_zeros nn_ nonzero norm normal normal_ numel numpy ones_ orthogonal_
    parameters partition parts_ permutation permute permute_ pop popitem popleft pow prod rand randint random_
    random_sample ravel reciprocal register_buffer register_module register_parameter remove repeat
    repeat_interleave replace requires_grad_ reset reset_parameters reshape resize_ resize_as_ reverse rfind rindex
    rjust removeprefix removesuffix rotate round rpartition rsplit rstrip search seed set_ setdefault setflags shape
    shuffle sin size sort
    span sparse_ split splitlines sqrt square squeeze stack standard_normal startswith std storage strftime
    stride strip sub sub_ sub_module sum swapcase symmetric_difference t timestamp title to tolist total_seconds
    translate transpose tril tril_ triu triu_ trunc_normal_ type type_as unfold uniform uniform_ union unique
    unsqueeze update upper values view view_as viewitems viewkeys viewvalues warn warn_once warning warning_once
    weakref xavier_normal_ xavier_uniform_ zero_ zeros zeros_ zfill
    """
    )
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
    words(
        """
    asyncio atexit boto3 builtins bz2 cPickle cloudpickle code codeop concurrent ctypes dill fsspec ftplib gc gdown
    glob gzip http huggingface_hub imp importlib inspect io joblib lzma marshal multiprocessing os pickle pkgutil
    pty requests runpy select shelve shutil signal smtplib socket sqlite3 ssl subprocess sys tarfile tempfile
    threading urllib urllib2 webbrowser wget yaml zipfile
    """
    )
)
