"""The report of a real run, opened in a real browser that has no network."""

import re
from pathlib import Path

import pytest

from tests.fakes.browser import DARK, Browser
from tests.fakes.command_line import daybreak
from tests.fakes.scripted_jobs import write_walk_forward

pytestmark = pytest.mark.slow

CHARTS = [
    "equity-chart",
    "drawdown-chart",
    "windows-chart",
    "parameters-chart",
    "chosen-0-chart",
    "trades-chart",
    "phases-chart",
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return Browser(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def report(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a walk-forward of three windows."""
    folder = tmp_path_factory.mktemp("run")
    finished = daybreak(folder, "run", write_walk_forward(folder, windows=3, report=True))
    assert finished.returncode == 0, finished.stderr
    return folder / finished.stdout.splitlines()[-1].removeprefix("report: ")


def changed(report: Path, name: str, old: str, new: str) -> Path:
    """A copy of the page in which something is different."""
    text = report.read_text()
    assert old in text
    copy = report.with_name(name)
    copy.write_text(text.replace(old, new, 1))
    return copy


def charts_of(document: str) -> dict[str, str]:
    """What stands in the place of each chart, by its name."""
    parts = re.split(r'<div class="chart" data-spec="([^"]*)"', document)[1:]
    return {name: part.split("<figcaption>")[0] for name, part in zip(parts[::2], parts[1::2], strict=True)}


def test_every_chart_becomes_interactive_and_nothing_is_complained_of(browser: Browser, report: Path) -> None:
    opened = browser.open(report)
    assert opened.console == []
    charts = charts_of(opened.document)
    assert set(CHARTS) <= set(charts)
    for name, chart in charts.items():
        assert chart.startswith(' data-drawn="yes">'), name
        assert 'class="vega-embed' in chart, name
        assert 'role="img"' not in chart, name
        assert re.search(r'class="mark-(line|area|rect|symbol) role-mark', chart), name


def test_without_scripts_every_chart_is_a_picture_with_a_name(browser: Browser, report: Path) -> None:
    silent = changed(report, "silent.html", "script-src &#x27;sha256-", "script-src &#x27;none&#x27; &#x27;sha512-")
    charts = charts_of(browser.open(silent).document)
    assert set(CHARTS) <= set(charts)
    for name, chart in charts.items():
        assert chart.startswith("><svg"), name
        assert re.search(r'role="img"><title>[^<]+</title><desc>[^<]+</desc>', chart), name
        assert re.search(r'class="mark-(line|area|rect|symbol) role-mark', chart), name


def test_the_page_forbids_what_does_not_belong_to_it(browser: Browser, report: Path) -> None:
    foreign = '<script>document.title = "taken";</script><img src="https://example.org/x.png">'
    opened = browser.open(changed(report, "foreign.html", "</main>", f"{foreign}</main>"))
    assert "<title>taken" not in opened.document
    assert len(opened.console) == 2
    assert all("Content Security Policy" in line for line in opened.console)


def test_it_is_dark_where_dark_is_preferred(browser: Browser, report: Path) -> None:
    assert browser.picture(report) != browser.picture(report, DARK)
