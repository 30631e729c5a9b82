"""The lower lines of a terminal, drawn again and again, with what is told scrolling by above them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.live import Live

from orchestrator.ending_signals import ENDING_SIGNALS
from orchestrator.logs import escaped


class LiveArea:
    """Drawn when asked for, without a thread; `close` leaves the terminal as it was, but for what was told."""

    def __init__(self, *, stderr: bool) -> None:
        self._console = Console(stderr=stderr)
        self._live = Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        with _whole():
            self._live.start()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines, as they are now."""
        columns, lines = self._console.size
        return columns, lines

    def draw(self, picture: RenderableType) -> None:
        with _whole():
            self._live.update(picture, refresh=True)

    def tell(self, text: str, style: str = "") -> None:
        """Lines that stay."""
        with _whole():
            for line in text.split("\n"):
                self._console.print(escaped(line), style=style, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """May be called again."""
        with _whole():
            self._live.stop()


@contextmanager
def _whole() -> Iterator[None]:
    """A signal that comes meanwhile takes effect behind it: half a picture could not be taken away again."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
