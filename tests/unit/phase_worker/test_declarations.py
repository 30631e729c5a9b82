"""A declaration that cannot be read or imported is refused with its place and the reason."""

from pathlib import Path

import pytest

from phase_worker.contract.errors import ComponentError
from tests.fakes.plugin_files import GOOD, HEADER, plugin, registry_of


@pytest.mark.parametrize(
    ("arguments", "line", "problem"),
    [
        ("name=NAME", 3, "must be literals"),
        ("name='a' + 'b'", 3, "must be literals"),
        ("name=f'a'", 3, "must be literals"),
        ("name='a', params={'n': Int(default=DEFAULT, low=1, high=2)}", 3, "must be literals"),
        ("name='a', params={'n': Int(1)}", 3, "must be literals"),
        ("name='a', params={'n': int(1)}", 3, "must be literals"),
        ("name='a', params={'n': Int(1, 0, 2, step=1)}", 3, "must be literals"),
        ("name='a', params={n: Int(1, 0, 2) for n in 'ab'}", 3, "must be literals"),
        ("name='a', **MORE", 3, "keyword arguments only"),
        ("'a'", 3, "keyword arguments only"),
        ("", 3, "the name is missing"),
        ("name=3", 3, "the name is missing"),
    ],
)
def test_a_declaration_that_cannot_be_read_without_importing_is_refused_with_its_place(
    arguments: str, line: int, problem: str, tmp_path: Path
) -> None:
    path = plugin(tmp_path, f"{HEADER}\n@strategy({arguments})\ndef trade(bars):\n    return bars.close\n")
    with pytest.raises(ComponentError) as caught:
        registry_of(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert problem in str(caught.value)


def test_a_file_that_is_not_python_is_named_with_the_line(tmp_path: Path) -> None:
    path = plugin(tmp_path, HEADER + "\n@strategy(name='a')\ndef trade(bars:\n    return bars.close\n")
    with pytest.raises(ComponentError) as caught:
        registry_of(path)
    assert str(caught.value).startswith(f"{path}:4: ")
    assert "cannot be read as Python" in str(caught.value)


@pytest.mark.parametrize("nested", ["(" * 1000, "-" * 1_000_000 + "1", "x" + ".a" * 1_000_000])
def test_a_file_that_is_nested_too_deeply_is_named(nested: str, tmp_path: Path) -> None:
    path = plugin(tmp_path, f"{HEADER}\n{nested}\n")
    with pytest.raises(ComponentError, match="cannot be read as Python: .*(nest|recursion)") as caught:
        registry_of(path)
    assert str(caught.value).startswith(f"{path}:")


def test_a_file_that_fails_when_it_is_imported_is_named_with_the_reason(tmp_path: Path) -> None:
    path = plugin(tmp_path, GOOD + "\nimport there_is_no_such_module\n")
    info = registry_of(path).get("strategy", "steady")
    with pytest.raises(ComponentError) as caught:
        _ = info.factory
    assert str(caught.value).startswith(f"{path}: ")
    assert "importing it failed: ModuleNotFoundError: No module named 'there_is_no_such_module'" in str(caught.value)


def test_a_file_that_failed_to_import_fails_again_in_the_same_way(tmp_path: Path) -> None:
    info = registry_of(plugin(tmp_path, "raise OSError('disk')\n" + GOOD)).get("strategy", "steady")
    for _ in range(2):
        with pytest.raises(ComponentError, match="importing it failed: OSError: disk"):
            _ = info.factory
