"""A real Chromium without a window and without a network, for pages that are to be opened in it."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",
    "--virtual-time-budget=10000",
    "--enable-logging=stderr",
)
_TIMEOUT_S = 120
DARK = "--blink-settings=preferredColorScheme=0"


@dataclass(frozen=True)
class Opened:
    """`document` is the page as it stands in the end, `console` what the browser complained of."""

    document: str
    console: list[str]


class Browser:
    """Opens each page in a profile of its own, in `folder`."""

    def __init__(self, folder: Path) -> None:
        found = next((path for name in _NAMES if (path := shutil.which(name))), None)
        if found is None:
            pytest.skip("there is no Chromium: `make test-pages` installs it, as root, where there is apt-get")
        self._program = found
        self._folder = folder

    def open(self, page: Path, *options: str) -> Opened:
        """What became of the page."""
        finished = self._run(page, "--dump-dom", *options)
        return Opened(finished.stdout, [line for line in finished.stderr.splitlines() if ":CONSOLE" in line])

    def picture(self, page: Path, *options: str) -> bytes:
        """The page as a PNG."""
        path = self._folder / "page.png"
        self._run(page, f"--screenshot={path}", "--window-size=1280,1000", *options)
        return path.read_bytes()

    def _run(self, page: Path, *options: str) -> "subprocess.CompletedProcess[str]":
        profile = f"--user-data-dir={self._folder / 'profile'}"
        command = [self._program, *_OPTIONS, profile, *options, page.as_uri()]
        return subprocess.run(
            command,
            env=os.environ | {"HOME": str(self._folder)},
            capture_output=True,
            text=True,
            check=True,
            timeout=_TIMEOUT_S,
        )
