"""What the pages of the documentation say works: every block is run in its order, in a directory of the user's own.

The title of a block says what it is:

- a file's name: the file has this content (whatever language it is in);
- `needs jq`: it is run where that is;
- `needs …`: it cannot run here, or must not; its commands exist and take these options;
- `exits with N`: it is run, and its last line ends so;
- none: `sh` and `python` are run. `text` is what the block before it prints, `…` for anything.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.command_line import ROOT, daybreak
from tests.fakes.user_shell import install_daybreak, shell

PAGES = sorted((ROOT / "docs").glob("*.md"))
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
SCHEDULER = ROOT / "tests" / "fakes" / "scheduler_programs.py"


@dataclass(frozen=True)
class Block:
    language: str
    title: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    source = page.read_text()
    found = [Block(m[1], m[2] or "", m[3], source.count("\n", 0, m.start()) + 1) for m in FENCE.finditer(source)]
    assert 2 * len(found) == len(re.findall(r"^\s*```", source, re.MULTILINE)), "a fence that this test does not read"
    return found


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """What a user has after `make run`: the examples, and `daybreak` on the PATH; and a scheduler that runs jobs."""
    shutil.copytree(ROOT / "jobs" / "examples", tmp_path / "jobs" / "examples")
    (tmp_path / "jobs").chmod(0o755)
    install_daybreak(tmp_path)
    for name in ("sbatch", "squeue", "scancel", "sacct"):
        (tmp_path / "bin" / name).write_text(f"#!{sys.executable}\n{SCHEDULER.read_text()}")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, desk: Path) -> None:
    printed = ""
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        if "." in block.title:
            (desk / block.title).parent.mkdir(parents=True, exist_ok=True)
            (desk / block.title).write_text(block.text)
        elif block.title.startswith("needs ") and not (block.title == "needs jq" and shutil.which("jq")):
            assert_commands_exist(block.text, where)
        elif block.language == "text":
            assert_printed(block.text, printed, where)
        else:
            printed = run(desk, block, where)


def run(desk: Path, block: Block, where: str) -> str:
    """What the block prints, which ends as its title says."""
    assert block.language in {"sh", "python"}, f"{where}: a block of {block.language} needs a title"
    (desk / "snippet.py").write_text(block.text)
    script = block.text if block.language == "sh" else "python snippet.py"
    finished = shell(desk, f"exec 2>&1\n{script}", FAKE_SCHEDULER=str(desk))
    expected = int(block.title.removeprefix("exits with ")) if block.title.startswith("exits") else 0
    assert finished.returncode == expected, f"{where}: exit code {finished.returncode}\n{finished.stdout}"
    return finished.stdout


def assert_printed(text: str, printed: str, where: str) -> None:
    """Blanks do not count, since columns are as wide as what stands in them."""
    lines = [re.escape(line).replace("…", ".*") for line in without_blanks(text)]
    pattern = "".join("(?:.*\n)*?" if line == ".*" else f"{line}\n" for line in lines)
    shown = "".join(f"{line}\n" for line in without_blanks(printed))
    assert re.fullmatch(pattern, shown), f"{where}: what is shown there is not what is printed:\n{shown}"


def without_blanks(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def assert_commands_exist(script: str, where: str) -> None:
    """Those of `daybreak` and of `make`; and all of it is shell."""
    subprocess.run(["sh", "-n", "-c", script], check=True)
    for words in commands(script):
        if words[0] == "make":
            assert (
                subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, check=False).returncode
                == 0
            )
        elif words[0] == "daybreak":
            named = [word for word in words[1:3] if word.isalpha() and word.islower()]
            told = daybreak(ROOT, *named, "--help")
            told = told if told.returncode == 0 else daybreak(ROOT, named[0], "--help")
            unknown = [word for word in words if word.startswith("-") and word not in told.stdout]
            assert told.returncode == 0, f"{where}: {words}: {told.stderr}"
            assert not unknown, f"{where}: {words}: {unknown} is none of its options:\n{told.stdout}"


def commands(script: str) -> Iterator[list[str]]:
    """The words of each command, its comment, redirections and what other program starts it left out."""
    for line in script.splitlines():
        found = re.search(r"\b(daybreak|make) [^#>|&]*", line.partition(" #")[0])
        if found:
            yield found[0].strip(" \"'").split()


def test_output_that_is_not_as_shown_is_found() -> None:
    printed = "a 1\n\nb 2\nc   3\n"
    for right in ("a  1\n…\nc 3\n", "a 1\nb …\nc 3", "…\nc 3", "…"):
        assert_printed(right, printed, "here")
    for wrong in ("a 1\nc 3\n", "…\nb 2\n…\na 1\n…", "a 2\n…", "a 1\n"):
        with pytest.raises(AssertionError):
            assert_printed(wrong, printed, "here")


def test_an_option_or_a_command_that_there_is_not_is_found() -> None:
    assert_commands_exist("daybreak serve --slots 2 >> log &\nmake run  # a comment\n", "here")
    for wrong in ("daybreak serve --slotz 2", "daybreak surve", "make nothing", "if daybreak run"):
        with pytest.raises((AssertionError, subprocess.CalledProcessError)):
            assert_commands_exist(wrong, "here")
