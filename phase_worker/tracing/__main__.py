"""The command `python -m phase_worker.tracing`, which `daybreak trace` runs: looks into one trace."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from phase_worker.contract.errors import ConfigError, DaybreakError, InputTraceError
from phase_worker.contract.seal import verify_trace
from phase_worker.tracing.chain_tree import chain_tree
from phase_worker.tracing.query import TraceQuery
from phase_worker.tracing.run_files import find_runs
from phase_worker.tracing.selection import Selection
from phase_worker.tracing.timeline import timeline
from phase_worker.tracing.trace_reader import open_trace

_DONE, _NOT_INTACT, _USERS_MISTAKE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what is asked for to stdout; 0 when done, 1 when the trace is not intact, 2 for the user's mistake."""
    options = _parser().parse_args(arguments)
    try:
        for line in options.run(options):
            sys.stdout.buffer.write(line + b"\n")
    except DaybreakError as error:
        if options.json:
            sys.stdout.buffer.write(_json({"ok": False, "error": {"code": error.code, "message": str(error)}}) + b"\n")
        else:
            print(error, file=sys.stderr)
        return _NOT_INTACT if isinstance(error, InputTraceError) else _USERS_MISTAKE
    return _DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="daybreak trace", description="Look into a trace.")
    parser.set_defaults(json=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Any, purpose: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=purpose, description=purpose)
        command.set_defaults(run=run)
        command.add_argument("file", type=_trace_file, metavar="FILE")
        return command

    summary = add("summary", _summary, "Count what is in the trace, and say where it comes from.")
    events = add("events", _events, "Print the records, as they are in the trace.")
    events.add_argument("--type", action="append", metavar="TYPE", help="only of this type; may be given repeatedly")
    events.add_argument("--source", metavar="SOURCE", help="only from this source")
    events.add_argument("--limit", type=_count, metavar="N", help="only the first N")
    chain = add("chain", _chain, "Draw an event with its causes and effects as a tree.")
    chain.add_argument("event_id", type=_count, metavar="EVENT_ID")
    verify = add("verify", _verify, "Compare the whole trace with its seal.")
    purpose = "Lay the phases of a run out in time, for ui.perfetto.dev or chrome://tracing."
    layout = commands.add_parser("timeline", help=purpose, description=purpose)
    layout.set_defaults(run=_timeline)
    layout.add_argument("workflow_id", metavar="WORKFLOW_ID")
    layout.add_argument("--traces", type=Path, default=Path("traces"), metavar="DIR", help="where runs are (traces)")
    layout.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it there, not to stdout")
    for command in (summary, events, chain):
        command.add_argument("--partial", action="store_true", help="take the complete lines of an unsealed trace")
    for command in (summary, verify):
        command.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def _trace_file(text: str) -> Path:
    path = Path(text)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise argparse.ArgumentTypeError(f"{text!r} is not a file that can be read")
    return path


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _summary(options: argparse.Namespace) -> Iterator[bytes]:
    summary = TraceQuery(options.file, allow_partial=options.partial).get_summary()
    if options.json:
        yield _json(summary)
        return
    (trace,) = summary["traces"]
    seal = trace["seal"]
    yield from _table(
        {
            "trace": trace["trace"],
            "topology": trace["topology"] or "not known",
            "request": trace["request_digest"] or "not known",
            "seal": f"{seal['status']}, {seal['size_bytes']:,} bytes, sha256 {seal['sha256']}" if seal else "none",
            "time": f"{summary['first_timestamp']} … {summary['last_timestamp']}",
            "events": f"{summary['events']:,}",
        }
    )
    for title in ("event_types", "sources"):
        yield b""
        yield from _table({title.replace("_", " "): "events"} | {k: f"{n:,}" for k, n in summary[title].items()}, ">12")


def _table(rows: dict[str, str], align: str = "") -> Iterator[bytes]:
    width = max(map(len, rows))
    for name, value in rows.items():
        yield f"{name:{width}}  {value:{align}}".encode()


def _events(options: argparse.Namespace) -> Iterator[bytes]:
    selection = Selection(event_type=options.type, source_id=options.source)
    trace = open_trace(options.file, allow_partial=options.partial)
    return islice((line for records in selection.records(trace) for line in records.lines()), options.limit)


def _chain(options: argparse.Namespace) -> Iterator[bytes]:
    chain = TraceQuery(options.file, allow_partial=options.partial).get_event_chain(options.event_id)
    return (line.encode() for line in chain_tree(chain))


def _verify(options: argparse.Namespace) -> Iterator[bytes]:
    seal = verify_trace(options.file)
    if options.json:
        yield _json({"ok": True, "trace": str(options.file), **asdict(seal)})
    else:
        yield f"ok: {seal.events} events, sha256 {seal.sha256}".encode()


def _timeline(options: argparse.Namespace) -> Iterator[bytes]:
    (run,) = find_runs(options.traces, [options.workflow_id])
    document = orjson.dumps(timeline(run))
    if options.output:
        _write(options.output, document + b"\n")
    else:
        yield document


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"it cannot be written: {error.strerror}", where=str(file)) from None


def _json(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends this process without a word
    sys.exit(main())
