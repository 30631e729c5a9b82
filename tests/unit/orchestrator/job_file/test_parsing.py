"""Reading an untrusted job file: every hazard ends in errors with their places, and harms nothing."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.job_file.errors import MAX_PROBLEMS, JobErrors, Report
from orchestrator.job_file.parsing import MAX_BYTES, parse_yaml, read_job_file
from orchestrator.job_file.tree import MAX_DEPTH


def problems_of(content: bytes | str) -> list[str]:
    """What reading says, one line per problem."""
    content = content.encode() if isinstance(content, str) else content
    report = Report()
    try:
        parse_yaml(content, "x.yaml", report)
        report.raise_any()
    except JobErrors as errors:
        return str(errors).splitlines()
    return []


def value_of(text: str) -> Any:
    report = Report()
    node = parse_yaml(text.encode(), "x.yaml", report)
    report.raise_any()
    return node.plain()


def file_problem(path: Path) -> str:
    with pytest.raises(JobErrors) as caught:
        read_job_file(path, Report())
    [problem] = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("", None),
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-12", -12),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("1e-4", 0.0001),
        ("-1.5E+2", -150.0),
        ("SPY", "SPY"),
        ("1GiB", "1GiB"),
        ("10m", "10m"),
        ("1.2.3", "1.2.3"),
        ("fast < slow", "fast < slow"),
        ("2024-01-02", "2024-01-02"),
        ("2024-01-02T10:00:00Z", "2024-01-02T10:00:00Z"),
        ('"NO"', "NO"),
        ("'010'", "010"),
        ('"2024-13-45"', "2024-13-45"),
        ("|\n NO\n", "NO\n"),
    ],
)
def test_scalars_are_those_of_json_and_all_else_is_text(text: str, value: Any) -> None:
    read = value_of(text)
    assert read == value
    assert type(read) is type(value)


AMBIGUOUS_WORDS = ["NO", "no", "off", "ON", "on", "yes", "y", "n", "True", "FALSE", "~", "NULL"]
AMBIGUOUS_NUMBERS = [
    "010",
    "0o17",
    "0x1F",
    "0b11",
    "22:22",
    "190:20:30.15",
    "1_000",
    "1_000.5",
    "+5",
    ".5",
    "5.",
    "-.5e3",
]


@pytest.mark.parametrize("text", AMBIGUOUS_WORDS + AMBIGUOUS_NUMBERS)
def test_what_readers_differ_about_must_be_quoted(text: str) -> None:
    [problem] = problems_of(f"a: 1\nb: [{text}]\n")
    assert problem.startswith(f"x.yaml:2:5: error E-AMBIGUOUS: '{text}' ")
    assert "quote it" in problem


@pytest.mark.parametrize("text", [".nan", ".NaN", ".inf", "-.Inf", "1e999"])
def test_numbers_are_finite(text: str) -> None:
    [problem] = problems_of(f"a: {text}")
    assert problem.startswith("x.yaml:1:4: error E-NONFINITE: ")


@pytest.mark.parametrize(
    "text", ["2024-13-45", "2024-02-30", "1" * 5000, "-9223372036854775809", '"a\\0b"', '"\\e[1m"']
)
def test_impossible_values_are_told_apart_from_crashes(text: str) -> None:
    [problem] = problems_of(f"a: {text}")
    assert problem.startswith("x.yaml:1:4: error E-VALUE: ")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("fast: 1\nslow: 2\nfast: 3\n", "x.yaml:3:1: error E-DUPKEY: duplicate key 'fast' (first at 1:1)"),
        ("a: {b: 1, 'b': 2}", "x.yaml:1:11: error E-DUPKEY: duplicate key 'b' (first at 1:5)"),
        ("a: &x 1", "x.yaml:1:4: error E-ALIAS: "),
        ("a: *x", "x.yaml:1:4: error E-ALIAS: "),
        ("<<: {a: 1}", "x.yaml:1:1: error E-MERGE: "),
        ("a: !!python/object/apply:os.system [x]", "x.yaml:1:4: error E-TAG: "),
        ("a: !!int 5", "x.yaml:1:4: error E-TAG: "),
        ("a: 1\n---\nb: 2\n", "x.yaml:2:1: error E-DOCUMENTS: "),
        ("a:\n\t- b\n", "x.yaml:2:1: error E-YAML: not YAML: found character "),
        ('a: "\\UFFFFFFFF"', "x.yaml:1:"),
        ("a: [1, 2\n", "x.yaml:2:1: error E-YAML: "),
        ("a: b: c", "x.yaml:1:5: error E-YAML: "),
        ("? [a, b]\n: 1\n", "x.yaml:1:3: error E-SCHEMA: a key must be text"),
        ('"\\e": 1\n', "x.yaml:1:1: error E-VALUE: "),
        (b"a: 1\nb: \xe9\n", "x.yaml:2:4: error E-ENCODING: byte 0xe9 is not UTF-8"),
        (b"\xff\xfea\x00", "x.yaml:1:1: error E-ENCODING: "),
        (b"a: 1\nbc: \x00\n", "x.yaml:2:5: error E-ENCODING: control character '\\x00'"),
        ("[" * 60_000, f"x.yaml:1:{MAX_DEPTH + 1}: error E-DEPTH: "),
        ("{a: " * 10_000, f"x.yaml:1:{4 * MAX_DEPTH + 1}: error E-DEPTH: "),
        ("- " * 30_000, f"x.yaml:1:{2 * MAX_DEPTH + 1}: error E-DEPTH: "),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_hostile_yaml_is_refused_at_its_place(content: bytes | str, expected: str) -> None:
    [problem] = problems_of(content)
    assert problem.startswith(expected)


def test_an_alias_bomb_is_not_expanded() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 20))
    assert all("error E-ALIAS: " in problem for problem in problems_of(bomb))
    assert len(problems_of(bomb)) == 20 + 2 * 19


def test_the_deepest_nesting_allowed_is_read() -> None:
    assert problems_of("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []


def test_all_problems_are_told_in_order_of_position() -> None:
    found = problems_of("a: NO\nb: .inf\na: 2024-13-45\nc: [1, *x\n")
    assert [problem.split(":")[1] + problem.split("error")[1].split(":")[0] for problem in found] == [
        "1 E-AMBIGUOUS",
        "2 E-NONFINITE",
        "3 E-DUPKEY",
        "3 E-VALUE",
        "4 E-ALIAS",
        "5 E-YAML",
    ]


def test_reading_stops_when_nobody_would_read_on() -> None:
    found = problems_of("a: [" + "NO, " * 5000 + "]")
    assert len(found) == MAX_PROBLEMS + 1
    assert "E-TOOMANY" in found[-1]


def test_columns_count_characters_and_a_byte_order_mark_is_none() -> None:
    [problem] = problems_of("\ufeffa: {é😀: NO}".encode())
    assert problem.startswith("x.yaml:1:9: error E-AMBIGUOUS: ")


def test_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text("workflow: backtest\n")
    assert read_job_file(tmp_path / "job.yaml", Report()).plain() == {"workflow": "backtest"}


def test_what_is_not_a_plain_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "real").write_text("a: 1")
    (tmp_path / "symlink").symlink_to("real")
    (tmp_path / "first").write_text("a: 1")
    (tmp_path / "hardlink").hardlink_to(tmp_path / "first")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for name in ("fifo", "folder", "symlink", "hardlink", "socket"):
            assert file_problem(tmp_path / name).startswith(f"{tmp_path / name}: error E-FILETYPE: ")
    assert "error E-FILETYPE: " in file_problem(Path("/dev/null"))


@pytest.mark.parametrize("name", ["missing.yaml", "n" * 300, "nul\0"])
def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path, name: str) -> None:
    assert "error E-NOFILE: " in file_problem(tmp_path / name)


def test_the_size_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * MAX_BYTES)
    assert read_job_file(path, Report()).value is None
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    assert "error E-TOOBIG: " in file_problem(path)


def test_a_name_of_a_file_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\n.yaml"
    path.write_text("a: NO")
    report = Report()
    read_job_file(path, report)
    [problem] = report.problems
    assert str(problem).isprintable()


@given(st.text(alphabet="ab:- \n\t[]{}&*!|>'\"%@#?,<0123456789._~eEx+\x00é\ud800", max_size=200))
def test_any_text_gives_a_tree_or_job_errors(text: str) -> None:
    problems_of(text.encode(errors="surrogatepass"))


@given(st.binary(max_size=200))
def test_any_bytes_give_a_tree_or_job_errors(content: bytes) -> None:
    problems_of(content)
