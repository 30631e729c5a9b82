"""Files of user components, and registries that know them."""

from pathlib import Path

from phase_worker.discovery import ComponentRegistry

HEADER = "from phase_worker.discovery import Choice, Float, Int, extractor, feature, strategy\n"
GOOD = (
    HEADER
    + '''
@strategy(
    name="steady",
    params={"window": Int(10, 1, 500, grid=(5, -10)), "width": Float(default=2.0, low=0.0, high=9.5)},
    constraints=("window > 1",),
)
def trade(bars, *, window, width):
    """Always half long."""
    return bars.close * 0.0 + 0.5
'''
)


def plugin(folder: Path, source: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(source)
    return path


def registry_of(*plugins: Path) -> ComponentRegistry:
    registry = ComponentRegistry()
    for path in plugins:
        registry.add_plugin(path)
    return registry
