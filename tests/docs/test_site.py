"""The documentation builds, strictly and for itself, and its references leave nothing out."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.cli import COMMANDS
from orchestrator.job_file.kinds import Field, Section, Table
from orchestrator.job_file.schema import JOB
from phase_worker.discovery import COMPONENT_HOMES, ComponentRegistry
from tests.fakes.command_line import ROOT, environment

PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as HTML."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr + built.stdout
    return folder


def text_of(page: Path) -> str:
    return re.sub(r"<[^>]+>", "", page.read_text())


def keys(field: Field) -> Iterator[str]:
    """Those of a mapping that have a value, and of the mappings in it."""
    inner = field.item if isinstance(field, Table) else field
    for name, deeper in inner.fields.items() if isinstance(inner, Section) else ():
        nested = list(keys(deeper))
        yield from nested or [name]


def test_every_key_of_a_job_is_in_its_reference(site: Path) -> None:
    page = (site / "job-file.html").read_text()
    names = list(keys(JOB))
    assert {"workflow", "minimum", "depends_on"} <= set(names)
    for name in names:
        assert re.search(rf"<code>([\w.]+\.)?{name}</code>", page), name


def test_every_component_is_in_its_reference(site: Path) -> None:
    page = (site / "components.html").read_text()
    registry = ComponentRegistry()
    for component_type in COMPONENT_HOMES:
        for info in registry.get_components_by_type(component_type):
            assert f"<code>{info.name}</code>" in page, info.where
            for parameter in info.parameters:
                assert f"<code>{parameter}</code> = " in page, info.where


def test_every_command_and_its_actions_are_in_the_reference(site: Path) -> None:
    page = text_of(site / "commands.html")
    actions = ("trace chain", "queue purge", "cluster resubmit")
    for words in (*COMMANDS, *actions):
        assert f"usage: daybreak {words} [-h]" in page, words


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert not re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="?(?:https?:)?//[^">]*', page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_opens_with_one_sentence_that_says_what_it_is_for(page: Path) -> None:
    title, blank, opening, *_ = page.read_text().splitlines()
    assert title.startswith("# ")
    assert not blank
    assert opening.endswith(".")
    assert len(opening) < 200
