"""A real headless Chromium that opens a page; tests of pages skip where there is none."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Opened:
    """The page as the browser holds it once its scripts have run, and what it said of errors on the console."""

    document: str
    console: list[str]
    screenshot: bytes


def open_page(page: Path, folder: Path, *, width: int = 1200, dark: bool = False) -> Opened:
    """Open the file in a profile of its own below `folder`."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    picture = folder / "page.png"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    command += [f"--user-data-dir={folder / 'profile'}", f"--window-size={width},1600", "--virtual-time-budget=20000"]
    command += [f"--blink-settings=preferredColorScheme={0 if dark else 1}", f"--screenshot={picture}", "--dump-dom"]
    opened = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, check=True, timeout=120)
    console = [line for line in opened.stderr.splitlines() if "CONSOLE" in line]
    return Opened(opened.stdout, console, picture.read_bytes())
