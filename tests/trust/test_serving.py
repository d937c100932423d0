"""What is served is served to this machine, with a token, from the project's notebooks only."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.servers import started

PROJECT = Path(__file__).resolve().parents[2]
CONFIGURATION = PROJECT / "docs" / "serving" / "jupyterhub_config.py"


class Section(SimpleNamespace):
    """A part of a configuration: whatever is set is kept."""


class Configuration(dict):
    """Stands in for the object JupyterHub gives to a configuration file."""

    def __getattr__(self, name):
        return self.setdefault(name, Section())


def read_configuration(monkeypatch, root):
    monkeypatch.setenv("XUEWEI_HUB_ROOT", str(root))
    found = Configuration()
    code = compile(CONFIGURATION.read_text("utf-8"), str(CONFIGURATION), "exec")
    exec(code, {"get_config": lambda: found})
    return found


def test_hub_example_lets_nobody_in_who_is_not_named_and_listens_here_only(monkeypatch, tmp_path):
    c = read_configuration(monkeypatch, tmp_path)

    assert c.JupyterHub.bind_url.startswith("http://127.0.0.1:")
    assert c.JupyterHub.hub_ip == "127.0.0.1"
    assert c.Authenticator.allow_all is False
    assert c.Authenticator.allowed_users == {"planner"}
    assert not c.Authenticator.admin_users
    assert c.Spawner.notebook_dir == f"{tmp_path}/{{username}}"
    assert c.Spawner.environment["XUEWEI_ROOT"] == f"{tmp_path}/{{username}}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_it_listens(port):
    # Jupyter writes its address just before it begins to listen
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"nothing listens on port {port}")


@contextlib.contextmanager
def served(command, folder, **values):
    """Start a Jupyter server; give its port and token, and whatever it wrote until then."""
    address = r"http://127\.0\.0\.1:(\d+)/\S*?token=(\w+)"
    with started(command, folder, values, address, 120) as (found, said):
        wait_until_it_listens(int(found[1]))
        yield int(found[1]), found[2], said


def status(port, path, token="", data=None, method=None):
    headers = {"Authorization": f"token {token}"} if token else {}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/{path}", data=data, headers=headers, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.url, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.url, b""
    except (urllib.error.URLError, ConnectionError) as error:
        return 0, str(error), b""


def is_refused(answer):
    code, url, _ = answer
    return code in (401, 403) or "/login?" in url


def other_addresses():
    with contextlib.suppress(OSError):
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        return {a[4][0] for a in found} - {"127.0.0.1", "127.0.1.1"}
    return set()


def check_server(port, token, folder):
    """Look at a running server from outside."""
    (folder / "secret.txt").write_text("outside")
    for path in ("lab", "api/contents", "api/kernels", "files/"):
        assert is_refused(status(port, path)), path
        assert is_refused(status(port, path, "0" * len(token))), path
    # where terminals are switched off there is no such page at all
    terminals = status(port, "api/terminals")
    assert is_refused(terminals) or terminals[0] == 404
    code, _, body = status(port, "api/contents", token)
    assert code == 200
    assert "10_indicators.ipynb" in {entry["name"] for entry in json.loads(body)["content"]}
    for path in ("api/contents/../secret.txt", "files/../secret.txt", "files/%2e%2e/secret.txt"):
        assert status(port, path, token)[0] in (400, 403, 404), path
    for address in other_addresses():
        with socket.socket() as probe:
            probe.settimeout(2)
            assert probe.connect_ex((address, port)) != 0, address


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    notebook = PROJECT / "notebooks" / "10_indicators.ipynb"
    (tmp_path / "notebooks" / notebook.name).write_bytes(notebook.read_bytes())
    return tmp_path


@pytest.mark.slow
def test_lab_asks_for_its_token_bounds_uploads_and_shows_the_notebooks_only(folder):
    port = free_port()
    command = [sys.executable, "-m", "analysis", "lab", f"--port={port}", "--no-browser"]
    if os.geteuid() == 0:  # only a test runs as root
        command = [sys.executable, "-c", AS_ROOT, *command[3:]]

    with served(command, folder, XUEWEI_ROOT=str(folder)) as (found, token, _):
        assert found == port
        check_server(port, token, folder)
        large = b'{"content": "' + b"x" * (101 * 1024**2) + b'"}'
        code, *_ = status(port, "api/contents/large.txt", token, large, "PUT")
        assert code in (0, 400, 413)
        assert not (folder / "notebooks" / "large.txt").exists()


#: The command as a user runs it, with the word that Jupyter wants from root.
AS_ROOT = """
import subprocess, sys
from analysis import cli
real = subprocess.run
subprocess.run = lambda command, **more: real([*command, "--allow-root"], **more)
cli.main()
"""


@pytest.mark.slow
def test_settings_of_the_hub_example_hold_in_the_server_it_starts(folder, monkeypatch):
    # the hub's own command is jupyterhub-singleuser: JupyterLab with these arguments behind a login
    c = read_configuration(monkeypatch, folder)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={free_port()}", f"--ServerApp.root_dir={folder / 'notebooks'}"]
    command += [*c.Spawner.args, *(["--allow-root"] if os.geteuid() == 0 else [])]

    with served(command, folder) as (port, token, said):
        check_server(port, token, folder)
        assert status(port, "api/terminals", token)[0] == 404
        assert "nrecognized" not in said
        assert status(port, "api/contents/.hidden", token)[0] == 404
