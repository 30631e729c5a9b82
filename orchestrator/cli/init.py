"""`daybreak init DIR`: makes a folder with a job, a strategy and its test to start from."""

import shutil
from pathlib import Path

from orchestrator.cli.command_parser import CommandParser
from orchestrator.executors.environment import PACKAGES_ROOT
from orchestrator.job_file.template import commented_job
from phase_worker.contract import ConfigError

_TEMPLATES = Path(__file__).with_name("new_folder")
# Where an installed package has the example's data, and where a checkout has it.
_EXAMPLE_DATA = (_TEMPLATES / "SPY.csv", PACKAGES_ROOT / "jobs" / "examples" / "data" / "SPY.csv")


def main(arguments: list[str]) -> int:
    """What was made can be run as it is."""
    options = _parser().parse_args(arguments)
    folder: Path = options.folder
    data = options.data or next(file for file in _EXAMPLE_DATA if file.exists())
    if not data.is_file():
        raise ConfigError("there is no such data file. Allowed: a CSV or Parquet file.", where=str(data))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ConfigError("this folder is not empty: give a new one.", where=str(folder), code="E-EXISTS")
        _fill(folder, data)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise ConfigError(f"the folder cannot be made: {error}", where=str(folder)) from None
    print(f"made {folder}: job.yaml, my_strategy.py, test_my_strategy.py, README.md, data/{data.name}")
    print(f"next:  cd {folder} && daybreak run job.yaml")
    return 0


def _fill(folder: Path, data: Path) -> None:
    (folder / "data").mkdir()
    shutil.copyfile(data, folder / "data" / data.name)
    for template in _TEMPLATES.glob("*.txt"):
        (folder / template.stem).write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
    settings = {
        "workflow": "backtest",
        "strategy": {"name": "my_strategy"},
        "data": {"file": f"data/{data.name}"},
        "execution": {"commission": {"bps": 5}},
        "plugins": ["my_strategy.py"],
    }
    (folder / "job.yaml").write_text(commented_job(settings), encoding="utf-8")


def _parser() -> CommandParser:
    parser = CommandParser(
        "init",
        "Make the folder DIR with a job file that explains every key, a strategy, and its test.",
        ["daybreak init research", "daybreak init research --data prices.csv"],
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder that is made, or is empty")
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="your market data, which is copied (by default SPY, daily, 1998-2021)"
    )
    return parser


PARSERS = {"": _parser}
