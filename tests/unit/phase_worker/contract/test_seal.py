"""The seal: what it says, and that nothing else than the sealed bytes passes for a trace."""

import hashlib
from pathlib import Path

import pytest

from phase_worker.contract.errors import InputTraceError
from phase_worker.contract.exit_code import ExitCode
from phase_worker.contract.seal import SEAL_PREFIX, Seal, read_seal, request_digest_of, verify_trace

RECORDS = b'{"event_type":"TRACE_OPEN","payload":{"request_digest":"abc"}}\n{"event_type":"NOTE","payload":{}}\n'
SWAPPED = b"".join(reversed(RECORDS.splitlines(keepends=True)))


def seal_of(records: bytes) -> Seal:
    return Seal(records.count(b"\n"), hashlib.sha256(records).hexdigest(), "completed", len(records))


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(RECORDS + seal_of(RECORDS).to_line())
    return path


def test_a_sealed_trace_gives_its_seal(trace: Path) -> None:
    assert read_seal(trace) == verify_trace(trace) == seal_of(RECORDS)


def test_a_seal_is_a_line_that_a_reader_knows_by_its_start() -> None:
    line = Seal(2, "ab", "completed", 100).to_line()
    assert line == b'{"event_type":"SEAL","events":2,"sha256":"ab","status":"completed","size_bytes":100}\n'
    assert line.startswith(SEAL_PREFIX)


def test_no_byte_of_a_trace_can_be_another_one(trace: Path) -> None:
    content = bytearray(trace.read_bytes())
    passed = []
    for position, byte in enumerate(content):
        for other in {byte ^ 1, byte ^ 32, ord("0"), ord(" "), ord("\n")} - {byte}:
            content[position] = other
            trace.write_bytes(content)
            try:
                verify_trace(trace)
                passed.append((position, chr(byte), chr(other)))
            except InputTraceError:
                pass
        content[position] = byte
    assert passed == []


def test_a_trace_cut_off_anywhere_has_no_seal(trace: Path) -> None:
    content = trace.read_bytes()
    for size in range(len(content)):
        trace.write_bytes(content[:size])
        with pytest.raises(InputTraceError) as caught:
            read_seal(trace)
        assert caught.value.code == "E-UNSEALED"
        last_good = content.rfind(b"\n", 0, size) + 1
        assert f"last good offset is {last_good}." in str(caught.value)


@pytest.mark.parametrize("more", [b"\n", b"x", RECORDS, b'{"event_type":"SEAL"}\n', seal_of(RECORDS).to_line()])
def test_nothing_can_follow_the_seal(trace: Path, more: bytes) -> None:
    trace.write_bytes(trace.read_bytes() + more)
    with pytest.raises(InputTraceError):
        read_seal(trace)


@pytest.mark.parametrize(
    "records", [RECORDS[:-1] + b" \n", SWAPPED, RECORDS.replace(b"NOTE", b"FILL"), RECORDS * 2, b""]
)
def test_a_seal_does_not_fit_other_records(trace: Path, records: bytes) -> None:
    trace.write_bytes(records + seal_of(RECORDS).to_line())
    with pytest.raises(InputTraceError, match="changed after it was sealed"):
        verify_trace(trace)


def test_a_seal_must_count_the_records(trace: Path) -> None:
    seal = seal_of(RECORDS)
    trace.write_bytes(RECORDS + Seal(seal.events + 1, seal.sha256, seal.status, seal.size_bytes).to_line())
    with pytest.raises(InputTraceError, match="3 events"):
        verify_trace(trace)


@pytest.mark.parametrize(
    "line", [b'{"event_type":"SEAL",}', b'{"event_type":"SEAL","events":1}', b'{"event_type":"SEAL","events":', b"[]"]
)
def test_a_last_line_that_is_no_valid_seal_leaves_the_trace_unsealed(trace: Path, line: bytes) -> None:
    trace.write_bytes(RECORDS + line + b"\n")
    with pytest.raises(InputTraceError) as caught:
        read_seal(trace)
    assert caught.value.code == "E-UNSEALED"


def test_the_last_good_offset_is_found_far_before_the_end(trace: Path) -> None:
    trace.write_bytes(RECORDS + b"x" * 2_500_000)
    with pytest.raises(InputTraceError, match=f"last good offset is {len(RECORDS)}\\."):
        read_seal(trace)


def test_a_missing_trace_is_an_error_with_its_path_and_exit_code(tmp_path: Path) -> None:
    with pytest.raises(InputTraceError, match="no such trace") as caught:
        read_seal(tmp_path / "none.jsonl")
    assert str(caught.value).startswith(f"{tmp_path}/none.jsonl: error E-TRACE: ")
    assert caught.value.exit_code is ExitCode.INPUT


def test_a_trace_of_many_chunks_is_verified_whole(trace: Path) -> None:
    records = RECORDS + b'{"event_type":"NOTE","payload":"%s"}\n' % (b"x" * 3_000_000)
    trace.write_bytes(records + seal_of(records).to_line())
    assert verify_trace(trace).events == 3
    changed = bytearray(trace.read_bytes())
    changed[2_900_000] = ord("y")
    trace.write_bytes(changed)
    with pytest.raises(InputTraceError):
        verify_trace(trace)


def test_a_trace_names_the_request_that_it_answers(trace: Path) -> None:
    assert request_digest_of(trace) == "abc"


@pytest.mark.parametrize("first_line", [b"", b"{}\n", b"not JSON\n", b'{"payload":[]}\n', b"[]\n"])
def test_a_trace_that_names_no_request_is_refused(trace: Path, first_line: bytes) -> None:
    trace.write_bytes(first_line)
    with pytest.raises(InputTraceError, match="names no request"):
        request_digest_of(trace)
