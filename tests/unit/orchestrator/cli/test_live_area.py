"""The lower lines of a terminal are drawn whole, and what is told above them cannot play with the terminal."""

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from orchestrator.cli.display.live_area import LiveArea
from orchestrator.cli.display.live_run import LiveRun


class Interrupted:
    """A picture in whose middle the user types Ctrl-C."""

    def __init__(self, told: list[str]) -> None:
        self._told = told

    def __rich_console__(self, *_: object) -> Iterator[str]:
        # to this thread alone: one that a library left behind in the tests' process would not wait; the CLI has none
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        self._told.append("drawn")
        yield "drawn"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    monkeypatch.setenv("FORCE_COLOR", "1")  # draws where there is no terminal
    monkeypatch.setenv("TERM", "xterm")
    told: list[str] = []
    before = signal.signal(signal.SIGINT, lambda *_: told.append("interrupted"))
    yield told
    signal.signal(signal.SIGINT, before)


def test_an_interruption_takes_effect_when_the_picture_is_whole(told: list[str]) -> None:
    area = LiveArea(stderr=True)
    area.draw(Interrupted(told))
    assert told[0] == "drawn"
    assert told[-1] == "interrupted"
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    area.close()
    area.close()


def test_control_characters_of_a_message_are_shown_not_obeyed(capfd: pytest.CaptureFixture[str]) -> None:
    area = LiveArea(stderr=False)
    area.tell("a file called \x1b[2J\x07[bold]", "red")
    area.close()
    shown = capfd.readouterr().out
    assert "a file called \\x1b[2J\\x07[bold]" in shown


def test_a_run_of_which_nothing_runs_is_not_drawn(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    live = LiveRun(slots=1)
    time.sleep(0.45)
    live.refresh()
    live.close()
    assert capfd.readouterr().err == ""
