"""Compressed text: any reader of zstd reads it whole, ours in parts, and nothing else than the text passes for it."""

import os
from pathlib import Path

import pytest

from phase_worker.contract.errors import InputTraceError
from phase_worker.contract.seal import Seal, read_seal, request_digest_of, verify_trace
from phase_worker.contract.trace_text import PlainText, open_text
from phase_worker.contract.zst import FRAME_BYTES, CompressedText, Compressor, zstd
from phase_worker.tracing.trace_file import TraceFile

RECORDS = [b'{"event_type":"TRACE_OPEN","payload":{"request_digest":"abc"}}\n', b'{"event_type":"NOTE","payload":{}}\n']
LARGE = os.urandom(FRAME_BYTES // 2).hex().encode() * 2 + b"\n"


def sealed(folder: Path, records: list[bytes], *, compressed: bool = True) -> tuple[Path, Seal]:
    final = folder / f"trace.{compressed}"
    file = TraceFile(folder / "partial", compressed=compressed)
    for record in records:
        file.write(record)
    return final, file.seal(len(records), final)


def test_the_seal_of_a_trace_is_the_same_compressed_or_not(tmp_path: Path) -> None:
    plain, seal = sealed(tmp_path, RECORDS, compressed=False)
    compressed, same = sealed(tmp_path, RECORDS)
    assert seal == same == read_seal(compressed) == verify_trace(compressed) == verify_trace(plain)
    assert request_digest_of(compressed) == "abc"


def test_any_reader_of_zstd_reads_the_text(tmp_path: Path) -> None:
    path, seal = sealed(tmp_path, [*RECORDS, LARGE])
    with zstd().open(path) as file:
        assert file.read() == b"".join([*RECORDS, LARGE]) + seal.to_line()


@pytest.mark.parametrize("offset", [0, 1, 100, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 60, 3_000_000])
@pytest.mark.parametrize("size_bytes", [0, 1, 150, FRAME_BYTES, 5_000_000])
def test_any_part_of_the_text_can_be_read(tmp_path: Path, offset: int, size_bytes: int) -> None:
    path, _ = sealed(tmp_path, [*RECORDS, LARGE, LARGE])
    plain = PlainText(sealed(tmp_path, [*RECORDS, LARGE, LARGE], compressed=False)[0])
    text = open_text(path)
    assert isinstance(text, CompressedText)
    assert text.read(offset, size_bytes) == plain.read(offset, size_bytes)
    assert b"".join(text.chunks(size_bytes)) == b"".join(plain.chunks(size_bytes))


def test_a_trace_cut_off_anywhere_has_no_seal_and_says_what_is_left(tmp_path: Path) -> None:
    path, _ = sealed(tmp_path, RECORDS)
    content = path.read_bytes()
    ends = [0]
    while content.startswith(b"\x28\xb5\x2f\xfd", ends[-1]):
        ends.append(ends[-1] + zstd().get_frame_size(content[ends[-1] :]))
    texts = [0, *(len(b"".join(RECORDS[: n + 1])) for n in range(2))]
    texts.append(texts[-1] + len(read_seal(path).to_line()))
    for size in range(len(content)):
        path.write_bytes(content[:size])
        with pytest.raises(InputTraceError) as caught:
            verify_trace(path)
        left = max(text for end, text in zip(ends, texts, strict=True) if end <= size)
        assert caught.value.code == "E-UNSEALED"
        if size >= 4:
            assert f"the table of its frames is cut off or changed. Its last good offset is {left}." in str(
                caught.value
            )


def test_no_byte_of_a_compressed_trace_can_change_its_text(tmp_path: Path) -> None:
    path, seal = sealed(tmp_path, RECORDS)
    content = bytearray(path.read_bytes())
    for position, byte in enumerate(content):
        for other in {byte ^ 1, byte ^ 32, byte ^ 255, 0} - {byte}:
            content[position] = other
            path.write_bytes(content)
            try:
                assert verify_trace(path) == seal
                assert b"".join(open_text(path).chunks(seal.size_bytes)) == b"".join(RECORDS)
            except InputTraceError:
                pass
        content[position] = byte


def test_a_damaged_frame_is_told_with_what_can_be_read_before_it(tmp_path: Path) -> None:
    path, _ = sealed(tmp_path, [*RECORDS, LARGE])
    content = bytearray(path.read_bytes())
    content[300_000] ^= 1
    path.write_bytes(content)
    good = len(b"".join(RECORDS))
    with pytest.raises(InputTraceError, match=f"changed after it was sealed. Its first {good} uncompressed bytes") as e:
        verify_trace(path)
    assert str(e.value).startswith(f"{path}: error E-TRACE: ")


@pytest.mark.parametrize("more", [b"\n", b"x", RECORDS[0], b"\0" * 9])
def test_nothing_can_follow_the_table(tmp_path: Path, more: bytes) -> None:
    path, _ = sealed(tmp_path, RECORDS)
    path.write_bytes(path.read_bytes() + more)
    with pytest.raises(InputTraceError, match="is not sealed"):
        read_seal(path)


def test_a_file_compressed_by_another_program_has_no_table(tmp_path: Path) -> None:
    path, _ = sealed(tmp_path, RECORDS, compressed=False)
    path.write_bytes(zstd().compress(path.read_bytes()))
    with pytest.raises(InputTraceError, match="the table of its frames is cut off or changed"):
        read_seal(path)


def test_a_frame_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.write_bytes(zstd().compress(b"\n" * 50 * FRAME_BYTES))
    assert open_text(path).size_bytes == 0


def test_no_frame_is_larger_than_what_is_read_at_once() -> None:
    noise = os.urandom(3 * FRAME_BYTES + 1)
    frames = list(Compressor().frames(noise))
    assert len(frames) == 4
    assert max(map(len, frames)) <= FRAME_BYTES + (FRAME_BYTES >> 7)
