"""Firefox by its own remote protocol (Marionette): no driver and no package is needed for it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.briefing.pdf import font_environment

NAMES = ("firefox-esr", "firefox")
STARTED_WITHIN = 90
#: Everything goes to a proxy that does not exist: a page that asks for anything fails.
_OFFLINE = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "",
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
}


def firefox() -> str | None:
    """Return the path of a Firefox, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Firefox:
    """One headless Firefox with a profile of its own."""

    def __init__(self, folder: Path, *, script: bool = True) -> None:
        program = firefox()
        assert program is not None
        profile = folder / ("profile" if script else "profile_without_script")
        profile.mkdir()
        port = _free_port()
        settings = {**_OFFLINE, "marionette.port": port, "javascript.enabled": script}
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in settings.items()]
        (profile / "user.js").write_text("\n".join(lines), "utf-8")
        self._log = (folder / "firefox.log").open("ab")
        self._process = subprocess.Popen(
            [
                program,
                "--headless",
                "--marionette",
                "--remote-allow-system-access",
                "--no-remote",
                "--profile",
                str(profile),
            ],
            env={**font_environment(folder), "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._count = 0
        self._socket = self._connected(port)
        self._answer()  # the server introduces itself
        self("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})

    def _connected(self, port: int) -> socket.socket:
        until = time.monotonic() + STARTED_WITHIN
        while time.monotonic() < until and self._process.poll() is None:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=120)
            except OSError:
                time.sleep(0.2)
        self.close()
        raise AssertionError("Firefox did not start")

    def __call__(self, command: str, values: Mapping[str, Any] | None = None) -> Any:
        """Send a command and return its result."""
        self._count += 1
        text = json.dumps([0, self._count, command, values or {}]).encode("utf-8")
        self._socket.sendall(f"{len(text)}:".encode("ascii") + text)
        _, _, problem, result = self._answer()
        assert problem is None, problem
        return result

    def _answer(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._received(1)
        return json.loads(self._received(int(length[:-1])))

    def _received(self, size: int) -> bytes:
        parts = b""
        while len(parts) < size:
            part = self._socket.recv(min(size - len(parts), 1 << 16))
            assert part, "Firefox went away"
            parts += part
        return parts

    def open(self, path: Path) -> None:
        """Open a file."""
        self("WebDriver:Navigate", {"url": path.resolve().as_uri()})

    def run(self, script: str, *args: Any) -> Any:
        """Return what a script gives, run beside the page so that its policy does not bind it."""
        values = {"script": script, "args": list(args), "sandbox": "system"}
        return self("WebDriver:ExecuteScript", values)["value"]

    def resize(self, width: int, height: int) -> None:
        """Give the window a size."""
        self("WebDriver:SetWindowRect", {"width": width, "height": height})

    def complaints(self) -> list[str]:
        """Return what pages complained about since the last call."""
        self("Marionette:SetContext", {"value": "chrome"})
        found = self.run(
            """const said = Services.console.getMessageArray()
            .filter(m => m instanceof Ci.nsIScriptError && m.sourceName.startsWith('file:'))
            .map(m => m.sourceName.split('/').pop() + ': ' + m.errorMessage);
            Services.console.reset(); return said;"""
        )
        self("Marionette:SetContext", {"value": "content"})
        return [str(said) for said in found]

    def picture(self, path: Path) -> Path:
        """Write what the window shows as PNG."""
        import base64

        shot = self("WebDriver:TakeScreenshot", {"full": False})["value"]
        path.write_bytes(base64.b64decode(shot))
        return path

    def close(self) -> None:
        """End this Firefox and wait for it."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)
        if hasattr(self, "_socket"):
            self._socket.close()
        self._log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
