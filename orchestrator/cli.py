"""The command line: `daybreak run|check|status|trace|components`."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Literal

import click

EXIT_PHASE_FAILED = 1
EXIT_USER_MISTAKE = 2
EXIT_INTERRUPTED = 128 + signal.SIGINT
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_TRACES = click.option(
    "--traces", default="traces", show_default=True, type=click.Path(path_type=Path), help="The output directory."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="daybreak")
def cli() -> None:
    """Batch jobs for trading-strategy research: every phase its own process, every result read from a sealed trace."""


@cli.command()
@click.argument("job", required=False, type=click.Path(path_type=Path))
@_TRACES
@click.option("--slots", type=click.IntRange(min=1), help="Phases at a time.  [default: the processors]")
@click.option(
    "--start",
    type=click.Choice(["warm", "cold"]),
    default="warm",
    show_default=True,
    help="Phases as forks of a preloaded server, or each in an interpreter of its own.",
)
@click.option(
    "--workflow-id", help="The run's name; the same name again resumes it.  [default: from the job's content]"
)
@click.option("--set", "settings", multiple=True, metavar="KEY.PATH=VALUE", help="Change or add a setting of the job.")
@click.option("--json", "as_json", is_flag=True, help="Print the result document, and nothing else, on stdout.")
def run(
    job: Path | None,
    traces: Path,
    slots: int | None,
    start: Literal["warm", "cold"],
    workflow_id: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run JOB, a job file, and print its result.

    Without JOB the job is what --set says: daybreak run --set workflow=walk_forward --set strategy=momentum
    --set data_file=SPY.csv
    """
    from orchestrator.coordinator import Coordinator
    from orchestrator.results import to_json
    from orchestrator.text_report import progress_line, run_report

    for number in _ENDING_SIGNALS:
        signal.signal(number, _exit_on_signal)
    coordinator = Coordinator(
        traces, slots=slots, start=start, on_outcome=lambda outcome: click.echo(progress_line(outcome), err=True)
    )
    result = coordinator.execute_workflow(job or {}, workflow_id=workflow_id, overrides=_overrides(settings))
    if as_json:
        sys.stdout.buffer.write(to_json(result) + b"\n")
    else:
        click.echo(f"\n{run_report(result)}\n\nrun {result['workflow_id']}: {traces / result['workflow_id']}")
    sys.exit(0 if result["success"] else EXIT_PHASE_FAILED)


@cli.command()
@click.argument("jobs", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(jobs: tuple[Path, ...]) -> None:
    """Check job files without running them; all mistakes of all files are shown."""
    from orchestrator.job import parse_job
    from phase_worker.contract import ConfigError

    mistaken = False
    for job in jobs:
        try:
            parse_job(job)
        except ConfigError as error:
            mistaken = True
            click.echo(error, err=True)
        else:
            click.echo(f"{job}: ok")
    sys.exit(EXIT_USER_MISTAKE if mistaken else 0)


@cli.command()
@click.argument("workflow_id", required=False)
@_TRACES
def status(workflow_id: str | None, traces: Path) -> None:
    """Show the runs in the output directory, or the phases of one run."""
    from orchestrator.status import list_runs, show_run

    click.echo(show_run(traces, workflow_id) if workflow_id else list_runs(traces))


@cli.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def trace(arguments: tuple[str, ...]) -> None:
    """Look into a sealed trace: summary|events|chain|verify FILE."""
    from orchestrator.executors.cold_start import PACKAGES_ROOT

    # Another process: the orchestrator's own never reads an event.
    command = [sys.executable, "-P", "-m", "phase_worker.tracing", *arguments]
    os.execve(sys.executable, command, os.environ | {"PYTHONPATH": str(PACKAGES_ROOT)})


@cli.command()
@click.argument("component_type", metavar="[TYPE]", required=False)
def components(component_type: str | None) -> None:
    """List the components there are, of TYPE or of every type."""
    from phase_worker.discovery import COMPONENT_HOMES, get_component_registry

    registry = get_component_registry()
    for type_name in [component_type] if component_type else COMPONENT_HOMES:
        for info in registry.get_components_by_type(type_name):
            params = ", ".join(f"{name}={parameter.default}" for name, parameter in info.parameters.items())
            summary = info.doc.partition("\n")[0]
            click.echo(f"{type_name:<11} {info.name + (f'({params})' if params else ''):<44} {summary}".rstrip())


def main() -> None:
    """Run the command; a user's mistake is told without a traceback and exits with 2."""
    from phase_worker.contract import ConfigError, DaybreakError

    try:
        cli(prog_name="daybreak", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USER_MISTAKE)
    except click.Abort:
        sys.exit(EXIT_INTERRUPTED)
    except DaybreakError as error:
        click.echo(error, err=True)
        sys.exit(EXIT_USER_MISTAKE if isinstance(error, ConfigError) else EXIT_PHASE_FAILED)


def _overrides(settings: tuple[str, ...]) -> dict[str, str]:
    overrides = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"{setting!r} is not KEY.PATH=VALUE", param_hint="--set")
        overrides[key] = value
    return overrides


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    """Leave through the stack, so that the executor kills what is running; a second signal does not cut that short."""
    for other in _ENDING_SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)
