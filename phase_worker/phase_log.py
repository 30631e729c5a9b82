"""How a phase process writes its log, which is its stderr."""

import importlib.util
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType

from phase_worker.contract.files import write_all
from phase_worker.contract.log_lines import FORMAT, TIME_FORMAT, log_line

_STDERR = 2


def write_line(level: str, message: str) -> None:
    """Log a line of the kernel's own, without `logging`."""
    write_text(f"{log_line(level, 'phase_worker', message)}\n")


def write_text(text: str) -> None:
    """Add `text` to the log as it is; where that cannot be written, the phase is worth more than its log."""
    with suppress(OSError):
        write_all(_STDERR, text.encode(errors="backslashreplace"))


def set_up_logging() -> None:
    """Have `logging` write to the log, from INFO on, whoever imports it whenever.

    Most phases log nothing, and its import takes a cold phase 6 to 12 ms: so it is set up when it is imported.
    """
    if logging := sys.modules.get("logging"):
        _configure(logging)
    else:
        sys.meta_path.insert(0, _LoggingImport())


def _configure(logging: ModuleType) -> None:
    formatter = logging.Formatter(FORMAT, TIME_FORMAT)
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


class _LoggingImport:
    """Finds the module `logging` as it is, and sees to it that it is configured once loaded."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.loader is not None  # it is in the standard library
        load = spec.loader.exec_module

        def load_and_configure(module: ModuleType) -> None:
            load(module)
            _configure(module)

        spec.loader.exec_module = load_and_configure  # type: ignore[method-assign]
        return spec
