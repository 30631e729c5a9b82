"""What the doctor finds, and what it says of what it does not like."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.doctor.finding import Verdict, amount
from orchestrator.doctor.machine import limits, machine, umask
from orchestrator.doctor.software import packages, software
from orchestrator.doctor.storage import file_system, storage
from orchestrator.doctor.trial_run import trial_run

HERE = Path("/here")


@contextmanager
def limited(limit: int, soft: int) -> Iterator[None]:
    before, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(limit, (before, hard))


def test_a_package_that_is_missing_is_bad_but_one_of_an_extra_is_only_named() -> None:
    wanted = [
        "orjson>=3.9",
        "not-there-at-all>=1",
        "not-there-either>=1; extra == 'fine'",
        "nor-this; python_version < '3.2' and extra == 'fine'",
        "a-tool==1.*; extra == 'dev'",
    ]
    needed, missing, extra = packages(wanted)
    assert (needed.topic, needed.verdict) == ("orjson", Verdict.OK)
    assert (missing.verdict, missing.advice) == (Verdict.BAD, "say `pip install not-there-at-all`")
    assert (extra.topic, extra.verdict) == ("not-there-either (extra fine)", Verdict.OK)
    assert extra.found == "not there; pip install 'daybreak[fine]'"


def test_this_machine_is_well_enough_to_run_these_tests(tmp_path: Path) -> None:
    findings = [*software(), *machine(), *storage("traces", tmp_path), *storage("queue", tmp_path, queue=True)]
    assert [finding for finding in findings if finding.verdict is Verdict.BAD] == []
    assert {"python", "processors", "memory", "limits", "traces: fsync", "queue: moves without replacing"} <= {
        finding.topic for finding in findings
    }
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "for_traces", "for_a_queue"),
    [("ext4", Verdict.OK, Verdict.OK), ("tmpfs", Verdict.WARN, Verdict.WARN), ("nfs4", Verdict.WARN, Verdict.BAD)],
)
def test_a_file_system_is_judged_by_what_is_to_be_on_it(kind: str, for_traces: Verdict, for_a_queue: Verdict) -> None:
    assert file_system("traces", HERE, kind, queue=False).verdict is for_traces
    assert file_system("queue", HERE, kind, queue=True).verdict is for_a_queue


def test_a_directory_that_is_not_there_yet_is_judged_by_the_one_above_it(tmp_path: Path) -> None:
    findings = list(storage("traces", tmp_path / "not" / "yet"))
    assert findings[0].topic == f"traces: {tmp_path}"
    assert {finding.verdict for finding in findings[1:]} <= {Verdict.OK, Verdict.WARN}


def test_a_directory_that_cannot_be_written_to_is_bad() -> None:
    assert [finding.topic for finding in storage("traces", Path("/proc")) if finding.verdict is Verdict.BAD][
        -1
    ] == "traces: writing"


def test_a_queue_that_others_may_write_to_is_bad(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    (mode,) = [finding for finding in storage("queue", tmp_path, queue=True) if finding.topic == "queue: mode"]
    assert (mode.verdict, mode.advice) == (Verdict.BAD, f"others could run jobs as you: say `chmod go-w {tmp_path}`")


def test_low_limits_are_told() -> None:
    with limited(resource.RLIMIT_NOFILE, 100):
        assert next(limits()).verdict is Verdict.BAD
    with limited(resource.RLIMIT_FSIZE, 1 << 30):
        (size,) = [finding for finding in limits() if finding.topic == "RLIMIT_FSIZE"]
        assert (size.verdict, size.found) == (Verdict.WARN, "1.0 GiB")


@pytest.mark.parametrize(
    ("mask", "verdict"), [(0o022, Verdict.OK), (0o077, Verdict.OK), (0o002, Verdict.WARN), (0, Verdict.WARN)]
)
def test_a_umask_that_lets_others_write_is_told(mask: int, verdict: Verdict) -> None:
    assert umask(mask).verdict is verdict


def test_a_trial_run_shows_that_phases_start() -> None:
    (finding,) = trial_run()
    assert finding.verdict is not Verdict.BAD, finding
    assert finding.found.startswith("2 phases in ") or finding.verdict is Verdict.WARN


def test_amounts_have_units() -> None:
    assert (amount(512 << 20), amount(3 << 29)) == ("512 MiB", "1.5 GiB")
