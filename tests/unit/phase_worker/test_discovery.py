"""The registry finds components by reading files, and says exactly what is wrong with one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from phase_worker.contract.errors import ComponentError
from phase_worker.declarations import COMPONENT_HOMES
from phase_worker.discovery import ComponentRegistry, get_component_registry, installed_plugins
from phase_worker.parameters import Float, Int
from tests.fakes.market import make_bars
from tests.fakes.plugin_files import GOOD, HEADER, plugin, registry_of

ROOT = Path(__file__).parents[3]


def test_daybreaks_own_components_are_found_by_type() -> None:
    registry = get_component_registry()
    names = {kind: [info.name for info in registry.get_components_by_type(kind)] for kind in COMPONENT_HOMES}
    assert {"backtest", "parameter_sweep", "train_test", "walk_forward"} <= set(names["workflow"])
    assert {"backtest", "market_data", "out_of_sample", "parameter_sweep", "selection"} <= set(names["topology"])
    assert {"fills", "portfolio_metrics", "signals"} <= set(names["extractor"])
    assert {"buy_and_hold", "momentum", "sma_cross"} <= set(names["strategy"])
    assert {"ema", "sma"} <= set(names["feature"])
    assert {"all_in", "fixed_cash", "fixed_shares"} <= set(names["sizer"])
    assert "csv" in names["bar_source"]
    assert all(found == sorted(found) for found in names.values())


def test_every_component_of_daybreaks_own_can_be_imported() -> None:
    registry = get_component_registry()
    for kind in COMPONENT_HOMES:
        for info in registry.get_components_by_type(kind):
            assert callable(info.factory), info.where


def test_a_users_file_brings_its_component_with_all_that_it_declares(tmp_path: Path) -> None:
    path = plugin(tmp_path, GOOD)
    found = registry_of(path).get("strategy", "steady")
    assert (found.type, found.name, found.doc) == ("strategy", "steady", "Always half long.")
    assert (found.file, found.where) == (path, f"{path}:8")
    assert found.parameters == {"window": Int(10, 1, 500, grid=(5, -10)), "width": Float(2.0, 0.0, 9.5)}
    assert found.metadata["constraints"] == ("window > 1",)
    assert found.factory(make_bars([1.0, 2.0]), window=2, width=1.0).tolist() == [0.5, 0.5]


def test_a_component_is_imported_once(tmp_path: Path) -> None:
    registry = registry_of(plugin(tmp_path, GOOD))
    assert registry.get("strategy", "steady").factory is registry.get("strategy", "steady").factory


def test_a_users_directory_is_searched_with_its_folders(tmp_path: Path) -> None:
    plugin(tmp_path, GOOD, "pack/one.py")
    plugin(tmp_path, GOOD.replace("steady", "other"), "pack/deep/two.py")
    registry = registry_of(tmp_path / "pack")
    assert {"steady", "other"} <= {info.name for info in registry.get_components_by_type("strategy")}


def test_a_class_can_be_a_component(tmp_path: Path) -> None:
    source = HEADER + '@extractor(name="mine")\nclass Mine:\n    """Selects."""\n'
    assert registry_of(plugin(tmp_path, source)).get("extractor", "mine").factory.__name__ == "Mine"


def test_one_name_may_be_used_for_components_of_two_types(tmp_path: Path) -> None:
    source = GOOD + '\n@feature(name="steady")\ndef constant(bars):\n    return bars.close\n'
    registry = registry_of(plugin(tmp_path, source))
    assert registry.get("strategy", "steady").attribute == "trade"
    assert registry.get("feature", "steady").attribute == "constant"


def test_a_decorator_leaves_what_it_declares_as_it_is(tmp_path: Path) -> None:
    source = GOOD + "\nassert trade.__name__ == 'trade'\nassert not hasattr(trade, 'params')\n"
    assert registry_of(plugin(tmp_path, source)).get("strategy", "steady").factory.__name__ == "trade"


def test_two_components_of_one_name_are_refused_and_both_places_are_named(tmp_path: Path) -> None:
    first, second = plugin(tmp_path, GOOD, "one.py"), plugin(tmp_path, GOOD, "two.py")
    with pytest.raises(ComponentError) as caught:
        registry_of(first, second)
    said = str(caught.value)
    assert said.startswith(f"{second}:8: ")
    assert f"strategy 'steady' is declared twice, the first time at {first}:8." in said


def test_two_components_of_one_name_in_one_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ComponentError, match=r"mine\.py:17: .*declared twice, the first time at .*mine\.py:8"):
        registry_of(plugin(tmp_path, GOOD + GOOD.removeprefix(HEADER)))


def test_a_component_with_the_name_of_one_of_daybreaks_own_is_refused(tmp_path: Path) -> None:
    path = plugin(tmp_path, GOOD.replace("steady", "sma_cross"))
    registry = registry_of(path)
    with pytest.raises(ComponentError) as caught:
        registry.get("strategy", "sma_cross")
    assert f"{path}:8" in str(caught.value)
    assert "sma_cross.py:" in str(caught.value)


def test_what_was_refused_once_is_refused_when_asked_again(tmp_path: Path) -> None:
    registry = registry_of(plugin(tmp_path, GOOD.replace("steady", "sma_cross")))
    for _ in range(2):
        with pytest.raises(ComponentError, match="declared twice"):
            registry.get("strategy", "momentum")


def test_one_file_given_twice_is_no_duplicate(tmp_path: Path) -> None:
    path = plugin(tmp_path, GOOD, "pack/one.py")
    assert registry_of(path, tmp_path / "pack").get("strategy", "steady").file == path


def test_an_unknown_name_is_refused_with_the_known_ones_and_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ComponentError) as caught:
        registry_of(plugin(tmp_path, GOOD)).get("strategy", "stedy")
    said = str(caught.value)
    assert "unknown strategy 'stedy'. Known: " in said
    assert "sma_cross" in said
    assert said.endswith("Did you mean 'steady'?")


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ComponentError, match="unknown component type 'strategies'.*Did you mean 'strategy'"):
        ComponentRegistry().get_components_by_type("strategies")


def test_a_plugin_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ComponentError, match=r"absent\.py: .*no such plugin file or directory"):
        registry_of(tmp_path / "absent.py")


def test_a_file_that_declares_nothing_brings_nothing(tmp_path: Path) -> None:
    registry = registry_of(plugin(tmp_path, "import strategy_of_mine_that_is_not_installed\n\ndef plain(): ...\n"))
    assert registry.get_components_by_type("strategy") == ComponentRegistry().get_components_by_type("strategy")


def test_looking_for_components_imports_none_of_them(tmp_path: Path) -> None:
    path = plugin(tmp_path, GOOD + "\nraise SystemExit('imported')\n")
    code = f"""
import sys
from pathlib import Path
from phase_worker.declarations import COMPONENT_HOMES
from phase_worker.discovery import get_component_registry
registry = get_component_registry([Path({str(path)!r})])
found = [info for kind in COMPONENT_HOMES for info in registry.get_components_by_type(kind)]
assert len(found) > 20, found
assert "steady" in [info.name for info in found]
homes = tuple(home + "." for home in COMPONENT_HOMES.values())
print(sorted(name for name in sys.modules if name == "numpy" or name.startswith(homes)))
"""
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "[]\n"), ran.stderr


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, target: str, files: dict[str, str]) -> None:
    """An installed distribution that names `target` under the entry point group."""
    for name, source in files.items():
        plugin(folder, source, name)
    described = folder / "elsewhere-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(f"[daybreak.plugins]\nmine = {target}\n")
    monkeypatch.syspath_prepend(folder)


@pytest.mark.parametrize(
    ("target", "file"),
    [
        ("elsewhere", "elsewhere.py"),
        ("elsewhere", "elsewhere/__init__.py"),
        ("elsewhere", "elsewhere/strategies/steady.py"),
        ("elsewhere.strategies", "elsewhere/strategies.py"),
        ("elsewhere.strategies", "elsewhere/strategies/steady.py"),
        ("elsewhere.strategies:trade", "elsewhere/strategies.py"),
    ],
)
def test_an_installed_package_brings_components_by_its_entry_point(
    target: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = {"elsewhere/__init__.py": "raise SystemExit('imported')"} if "/" in file else {}
    install(tmp_path, monkeypatch, target, failing | {file: GOOD})
    assert registry_of(*installed_plugins()).get("strategy", "steady").file == tmp_path / file


def test_an_entry_point_to_a_module_that_is_not_installed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, "nowhere.to_be_found", {})
    with pytest.raises(ComponentError, match=r"entry point 'mine' names module 'nowhere\.to_be_found'"):
        installed_plugins()


def test_the_registry_of_all_that_is_installed_is_made_once_and_that_of_given_plugins_anew(tmp_path: Path) -> None:
    path = plugin(tmp_path, GOOD)
    assert get_component_registry() is get_component_registry()
    assert get_component_registry([path]) is not get_component_registry([path])
    assert get_component_registry([]) is not get_component_registry()
    assert get_component_registry([path]).get("strategy", "steady").file == path
    with pytest.raises(ComponentError, match="unknown strategy 'steady'"):
        get_component_registry().get("strategy", "steady")


def test_a_strategy_of_a_plugin_works_on_arrays_like_any_other(tmp_path: Path) -> None:
    factory = registry_of(plugin(tmp_path, GOOD)).get("strategy", "steady").factory
    assert np.array_equal(factory(make_bars([1.0] * 4), window=3, width=1.0), np.full(4, 0.5))
