"""The command `python -m phase_worker.tracing.sql`, which `daybreak sql` runs: queries the traces of many runs."""

import argparse
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import Any

import orjson

from phase_worker.contract.errors import ConfigError, DaybreakError
from phase_worker.tracing.database import TraceDatabase, TracedPhase
from phase_worker.tracing.run_files import find_runs, find_traces, phase_rows, run_row
from phase_worker.tracing.sql_tables import EVENT_TABLES, RUN_TABLES
from phase_worker.tracing.trace_reader import sealed_texts

_DONE, _NOT_INTACT, _USERS_MISTAKE = 0, 1, 2
_COPY_AS = {
    "csv": "format csv, header true",
    "json": "format json, array true",
    "jsonl": "format json",
    "parquet": "format parquet, compression zstd",
}
_FORMATS = ("table", *_COPY_AS, "arrow")
_EPILOG = """tables and their columns:
{}

examples:
  daybreak sql "select workflow_id, phase, sharpe_ratio from metrics order by sharpe_ratio desc limit 10"
  daybreak sql "from fills" --run WORKFLOW_ID -o fills.parquet
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the answer to stdout or to a file; 0 when done, 1 when a trace is not intact, 2 for the user's mistake."""
    options = _parser().parse_args(arguments)
    try:
        _answer(options)
    except OSError as error:
        print(f"error E-OUTPUT: the answer cannot be written: {error}", file=sys.stderr)
        return _USERS_MISTAKE
    except DaybreakError as error:
        print(error, file=sys.stderr)
        return _USERS_MISTAKE if isinstance(error, ConfigError) else _NOT_INTACT
    return _DONE


def _parser() -> argparse.ArgumentParser:
    tables = "\n".join(
        fill(", ".join(table.columns), 100, initial_indent=f"  {name:<12}", subsequent_indent=" " * 14)
        for name, table in (RUN_TABLES | EVENT_TABLES).items()
    )
    parser = argparse.ArgumentParser(
        prog="daybreak sql",
        description="Query the traces of all runs, or of some, with DuckDB's SQL.",
        epilog=_EPILOG.format(tables),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("query", metavar="QUERY", help="a SELECT; it sees the tables below and nothing else")
    parser.add_argument(
        "--traces", type=Path, default=Path("traces"), metavar="DIR", help="where the runs are (traces)"
    )
    parser.add_argument(
        "--run", action="append", default=[], metavar="WORKFLOW_ID", help="only of this run; repeatable"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the answer there")
    parser.add_argument(
        "--format", choices=_FORMATS, help="by default what the ending of FILE says, or a table for a terminal"
    )
    return parser


def _answer(options: argparse.Namespace) -> None:
    form = options.format or (options.output.suffix.removeprefix(".") if options.output else "table")
    if form not in _FORMATS or (form == "table" and options.output):
        raise ConfigError(
            f"no format {form!r}. Allowed in a file: {', '.join(_FORMATS[1:])}", where=str(options.output)
        )
    if form == "table":
        database = _database(options)
        with database.reporting():
            database.query(options.query).show(max_width=shutil.get_terminal_size((160, 0)).columns)
        return
    # Beside the output, which then is made by a rename: there is no half of an answer.
    with TemporaryDirectory(prefix=".daybreak-", dir=options.output and options.output.absolute().parent) as folder:
        written = Path(folder) / f"answer.{form}"
        database = _database(options, written)
        with database.reporting():
            _write(database.query(options.query), form, written)
        if options.output:
            written.rename(options.output)
        else:
            sys.stdout.flush()
            with written.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)


def _database(options: argparse.Namespace, output: Path | None = None) -> TraceDatabase:
    runs = find_runs(options.traces, options.run)
    phases = [
        TracedPhase(workflow_id, phase, partial(sealed_texts, path))
        for workflow_id, phase, path in find_traces(options.traces, runs)
    ]

    def run_lines() -> Iterator[bytes]:
        return (_line(run_row(run)) for run in runs)

    def phase_lines() -> Iterator[bytes]:
        return (_line(row) for run in runs for row in phase_rows(run))

    return TraceDatabase(phases, {"runs": run_lines, "phases": phase_lines}, output)


def _line(row: dict[str, Any]) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _write(answer: Any, form: str, file: Path) -> None:
    if form == "arrow":
        _write_arrow(answer, file)
    else:
        name = str(file).replace("'", "''")
        answer.query("answer", f"copy answer to '{name}' ({_COPY_AS[form]}, use_tmp_file false)")


def _write_arrow(answer: Any, file: Path) -> None:
    try:
        ipc = import_module("pyarrow.ipc")
    except ImportError:
        raise ConfigError("an Arrow file needs pyarrow, which is not installed: pip install pyarrow") from None
    batches = answer.to_arrow_reader()
    with ipc.new_file(str(file), batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends this process without a word
    sys.exit(main())
