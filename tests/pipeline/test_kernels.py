"""A forked kernel and a cold one run the same cells to the same outputs; hazards lead to cold."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import nbformat
import pytest

from analysis.briefing import execute as execution
from analysis.briefing.kernels import client as client_module
from analysis.briefing.kernels import shared_server, why_cold
from analysis.briefing.kernels.client import ForkServer, RefusedError, fingerprint
from analysis.errors import ExecutionError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forked kernels are for Linux")

CASES = {
    "value": "1 + 1",
    "parameters": "(area, type(area).__name__)",
    "nothing": "x = 3",
    "printed": "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')",
    "interleaved": (
        "for i in range(30):\n    print(i, flush=True)\n    print(-i, file=sys.stderr, flush=True)"
    ),
    "display": "from IPython.display import HTML, Markdown, display\ndisplay(HTML('<b>学位</b>'))",
    "update display": (
        "handle = display(Markdown('before'), display_id='one')\nhandle.update(Markdown('after'))"
    ),
    "error": "def inner():\n    return {}['missing']\ninner()",
    "own error": "from analysis.errors import ParameterError\nraise ParameterError('no')",
    "syntax error": "this is not python",
    "system exit": "import sys\nsys.exit(3)",
    "input is refused": "input('who? ')",
    "warning": "import warnings\nwarnings.warn('once', UserWarning)\nwarnings.warn('once')",
    "warning shown again": "warnings.warn('once', UserWarning)",
    "deprecation": "warnings.warn('old', DeprecationWarning)",
    "pandas": "import pandas as pd\npd.DataFrame({'a': range(3), '名': list('学位县')})",
    "pandas settings": (
        "[pd.get_option(f'display.{k}') for k in ('width', 'max_columns', 'max_rows')]"
    ),
    "wide table as text": "print(pd.DataFrame({f'column{i}': [1.0 / (i + 1)] for i in range(40)}))",
    "numpy": "import numpy as np\nnp.arange(2000) / 3",
    "seeded": "np.random.default_rng(7).normal(size=3)",
    "regression": (
        "import statsmodels.api as sm\n"
        "sm.OLS(np.arange(9.0), sm.add_constant(np.arange(9) ** 1.1)).fit().params"
    ),
    "figure inline": "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2, 3])",
    "backend": "import matplotlib\nmatplotlib.get_backend()",
    "seaborn": "import seaborn as sns\nsns.__version__",
    "fonts": (
        "from analysis.figures import style\nfrom io import BytesIO\n"
        "figure, axes = style.axes()\n_ = axes[0].set_title('学位缺口')\nbuffer = BytesIO()\n"
        "figure.savefig(buffer, format='svg', metadata={'Date': None})\nlen(buffer.getvalue())"
    ),
    "parquet": (
        "import io\nraw = io.BytesIO()\npd.DataFrame({'a': [1, None]}).to_parquet(raw)\n"
        "pd.read_parquet(io.BytesIO(raw.getvalue()))"
    ),
    "polars to statsmodels": (
        "import polars as pl\nfrom statsmodels.tools import data\n"
        "[t.__name__ for t in data._POLARS_TYPES], pl.DataFrame({'a': [1, 2]}).shape"
    ),
    "environment": (
        "import os\nsorted(k for k in os.environ if k not in ('JPY_PARENT_PID', 'PWD', '_'))"
    ),
    "folder": "os.getcwd() == os.environ['XUEWEI_ROOT']",
    "time zone": "import time\ntime.tzname",
    "arguments": "[a.rsplit('/', 1)[-1] for a in sys.argv]",
    "path": "sys.path",
    "main module": "__name__, sys.modules['__main__'].__name__",
    "signals": (
        "import signal\n[str(signal.getsignal(s)) for s in (signal.SIGTERM, signal.SIGCHLD, "
        "signal.SIGPIPE, signal.SIGUSR1)]"
    ),
    "process group": "os.getpgrp() == os.getpid() == os.getsid(0)",
    "standard input": "os.read(0, 1)",
    "threads of ours": (
        "import threading\nseen = []\nt = threading.Thread(target=lambda: seen.append(1))\n"
        "t.start()\nt.join()\nseen"
    ),
    "background thread prints": (
        "t = threading.Thread(target=lambda: print('from behind'))\nt.start()\nt.join()"
    ),
    "subprocess": "import subprocess\nsubprocess.run(['echo', 'x'], capture_output=True).stdout",
    "shell magic": "!echo from the shell",
    "cell magic": "%%capture caught\nprint('hidden')",
    "captured": "caught.stdout",
    "line magic": "%pwd\n%who str",
    "multiprocessing fork": (
        "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    result = pool.map(abs, [-1, -2, -3])\nresult"
    ),
    "multiprocessing spawn": (
        "with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "    result = pool.map(abs, [-4])\nresult"
    ),
    "asynchronous": "import asyncio\nawait asyncio.sleep(0.01, result='waited')",
    "logging": "import logging\nlogging.getLogger('some').warning('careful')",
    "big output": "print('学' * 300_000)",
    "pickle of main": (
        "import pickle\nclass Thing:\n    pass\ntype(pickle.loads(pickle.dumps(Thing()))) is Thing"
    ),
    "temporary file": (
        "import tempfile\nwith tempfile.TemporaryDirectory() as d:\n    found = os.path.isdir(d)\n"
        "found"
    ),
    "locale": "import locale\nlocale.getlocale(), sys.getfilesystemencoding(), sys.stdout.encoding",
    "garbage collector": "import gc\ngc.isenabled(), gc.get_threshold()",
    "history": "In[-1][:9], len(Out) > 3",
    "last": "'end'",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "data" / "raw").mkdir(parents=True)
    return folder


def settle(patch: pytest.MonkeyPatch, switch: str) -> None:
    """Ask for warm kernels (empty) or cold ones (0), with one thread each."""
    patch.setenv("XUEWEI_WARM", switch)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        patch.setenv(name, "1")


@pytest.fixture
def warm(monkeypatch):
    settle(monkeypatch, "")


def is_running(pid: int) -> bool:
    """Tell whether a process is there and is more than an entry nobody has read yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int, seconds: float = 5.0) -> bool:
    """Wait for a process to be gone."""
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


def book_of(*cells: str) -> nbformat.NotebookNode:
    book = nbformat.v4.new_notebook()
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "x", "language": "python"}
    first = nbformat.v4.new_code_cell('area: str = "nothing"', id="p")
    first.metadata["tags"] = ["parameters"]
    book.cells = [first, *(nbformat.v4.new_code_cell(c, id=f"c{i}") for i, c in enumerate(cells))]
    return book


def run_cells(folder: Path, root: Path, cells: list[str], *, go_on: bool = True, seconds: int = 60):
    """Run cells through papermill's engine; errors are outputs like any other if ``go_on``."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "case.ipynb"
    book = book_of(*cells)
    if go_on:
        for cell in book.cells:
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "raises-exception"]
    nbformat.write(book, source)
    target = folder / "notebooks" / "case.ipynb"
    done, said = None, ""
    try:
        done = execution.execute(source, target, {"area": "县"}, root=root, cell_seconds=seconds)
    except ExecutionError as error:
        said = str(error)
        target = folder / "failed" / "case.ipynb"
    found = nbformat.read(target, as_version=4) if target.exists() else None
    return done, said, found


@pytest.fixture(scope="module")
def pair(root, tmp_path_factory):
    """The same cells in a cold and in a warm kernel."""
    books = {}
    folder = tmp_path_factory.mktemp("pair")
    for name, switch in (("cold", "0"), ("warm", "")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XUEWEI_WARM", switch)
            done, said, book = run_cells(folder / name, root, list(CASES.values()))
        # raises-exception keeps going; papermill still reports the first error at the end
        assert done is None
        assert said.startswith("case, cell In")
        cells = [c for c in book.cells if c.cell_type == "code" and c.get("id", "")[0] == "c"]
        books[name] = dict(zip(CASES, cells, strict=True))
    return books


def whole_streams(outputs):
    """Join neighbouring pieces of one stream: where a kernel flushes is a matter of time."""
    joined = []
    for output in outputs:
        before = joined[-1] if joined else {}
        if output["output_type"] == "stream" and before.get("name") == output["name"]:
            joined[-1] = {**before, "text": before["text"] + output["text"]}
        else:
            joined.append(dict(output))
    return joined


@pytest.mark.parametrize("case", CASES)
def test_cold_and_warm_kernels_give_the_same_cell(pair, case):
    cold, warm = pair["cold"][case], pair["warm"][case]

    assert whole_streams(warm.outputs) == whole_streams(cold.outputs)
    assert warm.execution_count == cold.execution_count
    assert warm.metadata == cold.metadata


def test_the_cases_say_something(pair):
    silent = [name for name, cell in pair["cold"].items() if not cell.outputs]

    assert set(silent) <= {"nothing", "cell magic", "deprecation"}
    assert "SystemExit" in str(pair["warm"]["system exit"].outputs)
    assert "StdinNotImplementedError" in str(pair["warm"]["input is refused"].outputs)
    assert "image/png" in pair["warm"]["figure inline"].outputs[-1]["data"]


ENDINGS = {
    "kill -9": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "kernel died"),
    "segmentation fault": ("import ctypes\nctypes.string_at(0)", "kernel died"),
    "exit at once": ("import os\nos._exit(7)", "kernel died"),
    "too long": ("import time\ntime.sleep(60)", "longer than 2 seconds"),
    "too long and deaf": (
        (
            "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)"
        ),
        "longer than 2 seconds",
    ),
    "out of memory": (
        (
            "import resource\nresource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))\n"
            "x = bytearray(8 << 30)"
        ),
        "MemoryError",
    ),
}


@pytest.fixture(scope="module")
def ended(root, tmp_path_factory):
    """Give what became of a kernel that ends badly; each is tried once, warm and cold."""

    @cache
    def become(case: str, switch: str) -> tuple[object, str]:
        with pytest.MonkeyPatch.context() as patch:
            settle(patch, switch)
            folder = tmp_path_factory.mktemp("ended")
            cells = ["1", ENDINGS[case][0]]
            return run_cells(folder, root, cells, go_on=False, seconds=2)[:2]

    return become


@pytest.mark.parametrize("case", ENDINGS)
def test_a_kernel_that_ends_badly_is_one_clear_paragraph(ended, case):
    done, said = ended(case, "")

    assert done is None
    assert ENDINGS[case][1] in said
    assert said.startswith("case")
    assert "\n" not in said


@pytest.mark.slow
@pytest.mark.parametrize("case", ENDINGS)
def test_a_cold_kernel_ends_badly_in_the_same_words(ended, case):
    assert ended(case, "0")[1] == ended(case, "")[1]


def test_two_warm_kernels_draw_different_random_numbers(warm, root, tmp_path):
    source = "import random\nimport numpy as np\n(random.random(), float(np.random.random()))"

    texts = []
    for number in range(2):
        done, said, book = run_cells(tmp_path / str(number), root, [source], go_on=False)
        assert (done.kernel, done.reason, said) == ("warm", "", "")
        texts.append(book.cells[-1].outputs[0]["data"]["text/plain"])

    first, second = ([float(x) for x in text.strip("()").split(",")] for text in texts)
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_a_time_zone_set_after_the_server_started_holds_in_the_kernel(
    warm, monkeypatch, root, tmp_path
):
    run_cells(tmp_path / "before", root, ["1"], go_on=False)
    monkeypatch.setenv("TZ", "Asia/Shanghai")

    done, _, book = run_cells(tmp_path, root, ["import time\ntime.strftime('%z')"], go_on=False)

    assert (done.kernel, done.reason) == ("warm", "")
    assert book.cells[-1].outputs[0]["data"]["text/plain"] == "'+0800'"


def test_no_kernel_is_left_behind(warm, root, tmp_path):
    source = "import os, subprocess\nsubprocess.Popen(['sleep', '300']).pid, os.getpid()"

    _, _, book = run_cells(tmp_path, root, [source], go_on=False)
    text = book.cells[-1].outputs[0]["data"]["text/plain"]
    child, kernel = (int(x) for x in text.strip("()").split(","))

    assert gone(kernel)
    subprocess.run(["kill", str(child)], check=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"XUEWEI_WARM": "0"}, "XUEWEI_WARM=0"),
        ({"OMP_NUM_THREADS": "4"}, "OMP_NUM_THREADS=4"),
    ],
)
def test_doubt_leads_to_a_cold_kernel_and_the_log_says_why(
    warm, monkeypatch, root, tmp_path, caplog, change, words
):
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    with caplog.at_level(logging.INFO, logger="analysis.briefing.kernels"):
        done, _, _ = run_cells(tmp_path, root, ["1"], go_on=False)

    assert done.kernel == "cold"
    assert words in done.reason
    assert words in caplog.text


def test_a_variable_that_libraries_read_on_import_leads_to_a_cold_kernel(
    warm, monkeypatch, root, tmp_path
):
    run_cells(tmp_path / "first", root, ["1"], go_on=False)
    monkeypatch.setenv("PANDAS_COPY_ON_WRITE", "warn")

    done, _, _ = run_cells(tmp_path / "second", root, ["1"], go_on=False)

    assert (done.kernel, done.reason) == ("cold", "other environment: PANDAS_COPY_ON_WRITE")


def test_other_platforms_start_cold(monkeypatch):
    monkeypatch.setattr(client_module.sys, "platform", "darwin")

    assert "not safe on darwin" in why_cold({})
    assert why_cold({"XUEWEI_WARM": "1"}) == ""


def servers_environment(tmp_path: Path) -> dict[str, str]:
    return {**execution.kernel_environment(tmp_path), "PYTHONPATH": str(tmp_path)}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
            "alive",
        ),
        ("kept = open(__file__)", "files are open"),
        ("import zmq\nzmq.Context.instance()", "messaging context|threads are alive"),
        ("raise RuntimeError('broken')", "could not import"),
    ],
)
def test_a_server_that_must_not_be_forked_refuses(tmp_path, source, words):
    import re

    (tmp_path / "hazard.py").write_text(source)
    environment = servers_environment(tmp_path)
    server = ForkServer(environment, ["hazard"])
    try:
        reason = server.why_not(environment)
        assert re.search(words, reason)
        with pytest.raises(RefusedError):
            server.fork([], environment, str(tmp_path))
    finally:
        server.close()


def test_a_thread_that_starts_later_is_refused_at_the_fork(tmp_path):
    # the module waits for a file, then starts a thread: the server was ready before that
    (tmp_path / "later.py").write_text(
        "import signal, threading, time\n"
        "signal.signal(signal.SIGUSR1, lambda *_: threading.Thread("
        "target=time.sleep, args=(60,), daemon=True).start())\n"
    )
    environment = servers_environment(tmp_path)
    server = ForkServer(environment, ["later"])
    try:
        assert server.why_not(environment) == ""
        os.kill(server.pid, signal.SIGUSR1)
        time.sleep(0.3)
        with pytest.raises(RefusedError, match="threads are alive"):
            server.fork([], environment, str(tmp_path))
    finally:
        server.close()


def test_a_server_that_has_died_is_replaced(warm, root, tmp_path):
    run_cells(tmp_path / "a", root, ["1"], go_on=False)
    server = shared_server(execution.kernel_environment(root))
    os.kill(server.pid, signal.SIGKILL)
    while server.alive():
        time.sleep(0.01)

    done, said, _ = run_cells(tmp_path / "b", root, ["1"], go_on=False)

    assert (done.kernel, done.reason, said) == ("warm", "", "")


def test_a_changed_package_is_loaded_anew(warm, monkeypatch, root):
    environment = execution.kernel_environment(root)
    before = shared_server(environment)
    stamp = client_module.package_stamp()
    monkeypatch.setattr(client_module, "package_stamp", lambda: (*stamp, ("new.py", 1, 1)))

    after = shared_server(environment)

    assert after is not before
    assert not before.alive()
    after.close()


def test_kernels_end_with_their_server(warm, tmp_path):
    (tmp_path / "nothing.py").write_text("")
    environment = servers_environment(tmp_path)
    server = ForkServer(environment, ["ipykernel.kernelapp", "nothing"])
    assert server.why_not(environment) == ""
    connection = tmp_path / "k.json"
    kernel = server.fork(["-f", str(connection)], environment, str(tmp_path))
    with kernel.listening as pipe:
        pipe.read(1)

    server.close()

    assert kernel.wait(timeout=5) == -signal.SIGKILL
    assert gone(kernel.pid)


def test_the_private_socket_is_for_its_owner_only(warm, root):
    server = shared_server(execution.kernel_environment(root))
    folder = Path(server._socket).parent

    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_fingerprint_leaves_out_what_is_put_back():
    assert fingerprint({"TZ": "UTC", "XUEWEI_ROOT": "/x", "LANG": "C"}) == {"LANG": "C"}


def test_every_module_a_kernel_may_need_can_be_loaded_before_the_fork():
    """A module that imports polars when imported would leave its room out, or stop the server."""
    code = (
        "import importlib, sys\n"
        "sys.modules['polars'] = None\n"
        "from analysis.briefing.kernels.client import modules_to_load\n"
        "failed = []\n"
        "for name in modules_to_load():\n"
        "    try:\n"
        "        importlib.import_module(name)\n"
        "    except ImportError as error:\n"
        "        failed.append(f'{name}: {error}')\n"
        "print(failed, 'nbformat' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-Xfrozen_modules=off", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[] False"


def test_reading_notebooks_compiles_no_grammars_and_leaves_them_to_others():
    code = (
        "import sys, analysis.briefing, nbformat, nbformat.validator\n"
        "print('rfc3987_syntax' in sys.modules, 'jsonschema' in sys.modules)\n"
        "import rfc3987_syntax\n"
        "print('rfc3987_syntax' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "True", "True"]
