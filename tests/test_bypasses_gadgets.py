"""Published gadgets that scanners missed: each is named, and as grave as what it does."""

from __future__ import annotations

import pytest

import modelaudit
from assembly import call, named, stream, text

#: Advisory, and the callable that the scanner of that time let pass; all of them run code or make others run it.
EXECUTES = {
    # https://github.com/mmaitre314/picklescan/security/advisories and its tests
    "CVE-2025-1716": "pip.main",
    "CVE-2025-10157, GHSA-f7qq-56ww-84cr": "asyncio.unix_events._UnixSubprocessTransport._start",
    "picklescan malicious22": "numpy.testing._private.utils.runstring",
    "picklescan malicious21": "timeit.timeit",
    "GHSA-4r9r-ch6f-vxmx": "torch.utils.bottleneck.__main__.run_cprofile",
    "GHSA-4whj-rm5r-c2v8": "torch.utils.bottleneck.__main__.run_autograd_prof",
    "GHSA-86cj-95qr-2p4f": "torch._dynamo.guards.GuardBuilder.get",
    "GHSA-f4x7-rfwp-v3xw": "torch.fx.experimental.symbolic_shapes.ShapeEnv.evaluate_guards_expression",
    "GHSA-f745-w6jp-hpxx": "torch.utils.collect_env.run",
    "GHSA-jhph-76pp-mggw": "torch.utils.collect_env.run_and_read_all",
    "GHSA-h3qp-7fh3-f8h4": "torch.utils.data.datapipes.utils.decoder.basichandlers",
    "GHSA-vr7h-p6mm-wpmh": "torch.jit.unsupported_tensor_ops.execWrapper",
    "GHSA-vv6j-3g6g-2pvj": "torch.utils._config_module.ConfigModule.load_config",
    "GHSA-5qwp-399c-mjwf": "trace.Trace.run",
    "GHSA-g344-hcph-8vgg": "trace.Trace.runctx",
    "GHSA-x696-vm39-cp64": "profile.Profile.run",
    "GHSA-6vqj-c2q5-j97w": "profile.Profile.runctx",
    "GHSA-f54q-57x4-jg88": "lib2to3.pgen2.grammar.Grammar.loads",
    "GHSA-p9w7-82w4-7q8m": "lib2to3.pgen2.pgen.ParserGenerator.make_label",
    "GHSA-3vg9-h568-4w9m": "idlelib.debugobj.ObjectTreeItem.SetText",
    "GHSA-6w4w-5w54-rjvr": "idlelib.autocomplete.AutoComplete.get_entity",
    "GHSA-7cq8-mj8x-j263": "idlelib.autocomplete.AutoComplete.fetch_completions",
    "GHSA-8r4j-24qv-fmq9": "idlelib.calltip.Calltip.fetch_tip",
    "GHSA-9xph-j2h6-g47v": "idlelib.calltip.get_entity",
    "GHSA-m869-42cg-3xwr": "idlelib.run.Executive.runcode",
    "GHSA-j343-8v2j-ff7w": "idlelib.pyshell.ModifiedInterpreter.runcommand",
    "GHSA-3gf5-cxq9-w223": "idlelib.pyshell.ModifiedInterpreter.runcode",
    "GHSA-cj3c-v495-4xqh": "code.InteractiveInterpreter.runcode",
    "GHSA-xp4f-hrf8-rxw7": "ensurepip._run_pip",
    "GHSA-fqq6-7vqf-w3fg": "doctest.debug_script",
    "GHSA-9w88-8rmg-7g2p": "cProfile.runctx",
    "GHSA-49gj-c84q-6qm9": "cProfile.run",
    "GHSA-q77w-mwjj-7mqx": "asyncio.unix_events._UnixSubprocessTransport._start",
    "GHSA-m273-6v24-x4m4": "distutils.file_util.write_file",
    "GHSA-4675-36f9-wf6r": "ctypes.CDLL",
    "GHSA-84r2-jw7c-4r5q": "operator.methodcaller",
    "GHSA-84r2-jw7c-4r5q, second half": "pydoc.locate",
    "GHSA-vqmv-47xg-9wpr": "pty.spawn",
    "GHSA-r8g5-cgf2-4m4m": "numpy.f2py.crackfortran.getlincoef",
    "picklescan profile": "profile.run",
    "GHSA-vvpj-8cmc-gx39": "pkgutil.resolve_name",
    "GHSA-g38g-8gr9-h9xp, uuid": "uuid._get_command_stdout",
    "GHSA-g38g-8gr9-h9xp, _osx_support": "_osx_support._read_output",
    "GHSA-g38g-8gr9-h9xp, _aix_support": "_aix_support._read_cmd_output",
    "GHSA-g38g-8gr9-h9xp, imaplib": "imaplib.IMAP4_stream",
    "GHSA-g38g-8gr9-h9xp, _pyrepl": "_pyrepl.pager.pipe_pager",
    "GHSA-g38g-8gr9-h9xp, test": "test.support.script_helper.assert_python_ok",
    "picklescan io_FileIO": "_io.FileIO",
    "picklescan logging_FileHandler": "logging.FileHandler",
    "picklescan types_CodeType": "types.CodeType",
    "picklescan codecache": "torch._inductor.codecache.compile_file",
    "picklescan cloudpickle_codeinjection": "cloudpickle.cloudpickle._make_function",
    "picklescan issue 66": "importlib.import_module",
    "picklescan aiohttp and its like": "bdb.Bdb.run",
    # https://github.com/trailofbits/fickling/security/advisories
    "GHSA-r7v6-mfhq-g3m2": "pty.spawn",
    "GHSA-565g-hwwr-4pp3": "marshal.loads",
    "GHSA-565g-hwwr-4pp3, second half": "types.FunctionType",
    "GHSA-wfq2-52f7-7qvj": "runpy.run_path",
    "GHSA-q5qq-mvfm-j35x, importlib": "importlib.import_module",
    "GHSA-q5qq-mvfm-j35x, code": "code.InteractiveInterpreter",
    "GHSA-q5qq-mvfm-j35x, multiprocessing": "multiprocessing.util.spawnv_passfds",
    "GHSA-p523-jq9w-64x9": "cProfile.run",
    "GHSA-5hvc-6wx8-mvv4": "pydoc.locate",
    "fickling, _posixsubprocess": "_posixsubprocess.fork_exec",
    "fickling, site": "site.execsitecustomize",
    "fickling, atexit": "atexit.register",
    "fickling, gc": "gc.get_objects",
    "fickling, platform": "platform._syscmd_ver",
    "fickling, subinterpreters": "_xxsubinterpreters.run_string",
    "fickling, subinterpreters of newer Pythons": "_interpreters.exec",
    # https://github.com/protectai/modelscan/issues/338 and proofs of concept named there
    "modelscan, logging.config": "logging.config.dictConfig",
    "modelscan, fileConfig": "logging.config.fileConfig",
    "modelscan, codecs": "codecs.open",
    "modelscan, mlflow": "mlflow.projects.backend.local._run_entry_point",
    "modelscan, getattr_static": "inspect.getattr_static",
    "modelscan 338 section 11": "transformers.models.auto.auto_factory.getattribute_from_module",
    "modelscan, pathlib": "pathlib.Path.write_text",
    "modelscan, SourceFileLoader": "importlib.machinery.SourceFileLoader",
    "joblib, check_subprocess_call": "joblib.testing.check_subprocess_call",
    "modelaudit, joblib.load": "joblib.load",
    "CVE-2022-45907": "torch.jit.annotations.parse_type_line",
    "CVE-2024-5480": "torch.distributed.rpc.internal.PythonUDF",
    "CVE-2024-48063": "torch.distributed.nn.api.remote_module.RemoteModule",
    "CVE-2025-1550, named by a pickle": "keras.utils.get_file",
    "CVE-2025-9906, named by a pickle": "keras.config.enable_unsafe_deserialization",
    "onnx.save_model": "onnx.save_model",
    "numpy.memmap": "numpy.memmap",
}

#: What honest files name and never call.
NAMED_BY_HONEST_FILES = {"numpy.memmap"}

#: Gadgets that read, connect or take endless time, and run nothing.
READS = {
    "picklescan pull request 40": "ssl.get_server_certificate",
    "fickling, linecache": "linecache.getline",
    "fickling, difflib": "difflib.SequenceMatcher",
    "modelscan, http.client": "http.client.HTTPSConnection",
    "modelscan, xmlrpc": "xmlrpc.client.ServerProxy",
    "modelscan, pandas": "pandas.read_csv",
    "picklescan, urlopen": "urllib.request.urlopen",
    "picklescan, requests": "requests.get",
    "picklescan, aiohttp": "aiohttp.ClientSession",
    "numpy.DataSource": "numpy.DataSource",
}

ALL = [(name, path, "critical") for name, path in EXECUTES.items()] + [
    (name, path, "warning") for name, path in READS.items()
]


def spellings(path: str) -> list[tuple[str, str]]:
    """Module and qualified name in all ways that loading resolves: the class may be part of either."""
    module, name = path.rsplit(".", 1)
    found = [(module, name)]
    while module.rpartition(".")[2][:1].isupper() or module.rpartition(".")[2].startswith("_Unix"):
        module, _, owner = module.rpartition(".")
        found.append((module, f"{owner}.{found[-1][1]}"))
    return found[-2:]


@pytest.mark.parametrize(("name", "path", "severity"), ALL, ids=[f"{name}: {path}" for name, path, _ in ALL])
def test_a_published_gadget_is_named(name: str, path: str, severity: str) -> None:
    for module, qualified in spellings(path):
        reference = [] if path in NAMED_BY_HONEST_FILES else [stream(named(module, qualified))]
        for data in (
            *reference,
            stream(call(module, qualified, text("id"))),
            f"(S'id'\ni{module}\n{qualified}\n.".encode(),
            f"c{module}\n{qualified}\n(S'id'\ntR.".encode(),
        ):
            issues = modelaudit.scan_bytes(data, "model.bin").issues
            found = {
                (str(issue.details.get("module")), issue.severity) for issue in issues if "function" in issue.details
            }
            assert (module, severity) in found, name
            assert all(issue.severity == "warning" for issue in issues if issue.rule == "PKL131")


def test_names_beside_the_published_ones_are_not_taken_for_them() -> None:
    for _, path, _ in ALL:
        module, name = path.rsplit(".", 1)
        issues = modelaudit.scan_bytes(stream(named(f"my_{module.replace('.', '_')}", f"{name}_more")), "m.pkl").issues
        assert [issue.rule for issue in issues] == ["PKL124"], path
