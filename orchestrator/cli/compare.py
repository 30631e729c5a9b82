"""`daybreak compare RUN…`: shows runs side by side."""

import sys
from collections.abc import Iterator, Sequence
from fnmatch import filter as matching
from pathlib import Path

import orjson

from orchestrator.cli.command_parser import CommandParser
from orchestrator.comparison import compare_runs
from orchestrator.comparison_run import write_comparison
from orchestrator.comparison_table import comparison_table
from orchestrator.status import run_ids
from phase_worker.contract import ConfigError, write_atomically

_DESCRIPTION = """\
Show runs side by side: what differs in their jobs, their figures, and what speaks against comparing those.

RUN is a workflow_id, or a pattern such as 'night-*'. Without any, the two runs that were started last."""


def main(arguments: list[str]) -> int:
    """A run that failed is shown as failed."""
    options = _parser().parse_args(arguments)
    comparison = compare_runs(options.traces, list(dict.fromkeys(_named(options.traces, options.runs))))
    if options.json:
        document = orjson.dumps(comparison.document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        sys.stdout.buffer.write(document)
    else:
        print(comparison_table(comparison))
    if options.html:
        write_atomically(options.html, write_comparison(comparison, options.traces).read_bytes())
        print(f"\n{options.html}", file=sys.stderr)
    return 0


def _named(traces_dir: Path, names: Sequence[str]) -> Iterator[str]:
    """The workflow_ids that are meant."""
    runs = run_ids(traces_dir)
    if not runs:
        raise ConfigError(f"there are no runs in {traces_dir}")
    for name in names or runs[-2:]:
        found = sorted(matching(runs, name)) if set(name) & set("*?[") else [name]
        yield from found
        if not found:
            raise ConfigError(f"no run is called like '{name}' in {traces_dir}. `daybreak status` lists them.")


def _parser() -> CommandParser:
    parser = CommandParser(
        "compare", _DESCRIPTION, ["daybreak compare", "daybreak compare 'night-*' --html night.html"]
    )
    parser.add_argument("runs", nargs="*", metavar="RUN", help="a run, or a pattern of several")
    parser.add_traces()
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page, with the curves of equity")
    return parser


PARSERS = {"": _parser}
