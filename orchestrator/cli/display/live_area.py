"""The lower lines of a terminal, drawn again and again, with what is told scrolling by above them."""

from rich.console import Console, RenderableType
from rich.live import Live

from orchestrator.logs import escaped


class LiveArea:
    """Drawn when asked for, without a thread; `close` leaves the terminal as it was, but for what was told."""

    def __init__(self, *, stderr: bool) -> None:
        self._console = Console(stderr=stderr)
        self._live = Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._live.start()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines, as they are now."""
        columns, lines = self._console.size
        return columns, lines

    def draw(self, picture: RenderableType) -> None:
        self._live.update(picture, refresh=True)

    def tell(self, text: str, style: str = "") -> None:
        """Lines that stay."""
        for line in text.split("\n"):
            self._console.print(escaped(line), style=style, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """May be called again."""
        self._live.stop()
