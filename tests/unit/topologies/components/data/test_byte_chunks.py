"""Compressed files are read like plain ones, and neither damage nor a bomb gets through."""

import gzip
import random
import zipfile
from itertools import islice
from pathlib import Path

import pytest

from phase_worker.contract import DataError
from topologies.components.data.byte_chunks import CHUNK_BYTES, read_chunks
from topologies.components.data.csv_bars import read_csv

MIB = 1024**2


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1])
@pytest.mark.parametrize("name", ["data.csv", "data.csv.gz", "DATA.CSV.GZ"])
def test_chunks_make_up_the_file(tmp_path: Path, name: str, size: int) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(noise(size)) if name.lower().endswith(".gz") else noise(size))
    chunks = list(read_chunks(path))
    assert b"".join(chunks) == noise(size)
    assert [len(chunk) for chunk in chunks[:-1]] == [CHUNK_BYTES] * (len(chunks) - 1)


def test_a_compressed_csv_gives_the_same_bars(tmp_path: Path, spy_csv: Path) -> None:
    path = tmp_path / "SPY.csv.gz"
    # Two gzip members in one file, as parallel compressors write it.
    path.write_bytes(gzip.compress(spy_csv.read_bytes()[:100_000]) + gzip.compress(spy_csv.read_bytes()[100_000:]))
    assert read_csv(path).close.tolist() == read_csv(spy_csv).close.tolist()


@pytest.mark.parametrize("cut", [1, 5, 9, 10, 5_000, 19_000, -1, -5, -8, -9])
def test_a_truncated_gzip_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(noise(20_000))[:cut])
    with pytest.raises(DataError, match="truncated or corrupt") as caught:
        list(read_chunks(path))
    assert (caught.value.code, caught.value.where) == ("E-GZIP", str(path))


@pytest.mark.parametrize("content", [noise(20_000), b"2020-01-01,1,1,1,1\n" * 1_000], ids=["stored", "deflated"])
@pytest.mark.parametrize("place", [0, 2, 10, 60, -3, -7])
def test_a_damaged_gzip_file_is_refused(tmp_path: Path, content: bytes, place: int) -> None:
    damaged = bytearray(gzip.compress(content))
    damaged[place] ^= 0xFF
    path = tmp_path / "data.csv.gz"
    path.write_bytes(damaged)
    with pytest.raises(DataError, match="truncated or corrupt"):
        list(read_chunks(path))


def test_garbage_after_the_gzip_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(b"good") + b"garbage")
    with pytest.raises(DataError, match="truncated or corrupt"):
        list(read_chunks(path))


def test_a_decompression_bomb_is_given_up_early(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(bytes(64 * MIB)))
    chunks = read_chunks(path)
    assert sum(map(len, islice(chunks, 16 * MIB // CHUNK_BYTES))) == 16 * MIB
    with pytest.raises(DataError, match="decompress it yourself") as caught:
        next(chunks)
    assert (caught.value.code, caught.value.where) == ("E-BOMB", str(path))


def test_small_files_may_compress_well(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(bytes(8 * MIB)))
    assert sum(map(len, read_chunks(path))) == 8 * MIB


def test_a_file_that_is_not_there_is_the_operating_systems_error(tmp_path: Path) -> None:
    for name in ("data.csv", "data.csv.gz"):
        with pytest.raises(FileNotFoundError):
            list(read_chunks(tmp_path / name))


def zipped(folder: Path, *members: tuple[str, bytes]) -> Path:
    path = folder / "data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def test_a_zip_archive_of_one_file_is_that_file(tmp_path: Path) -> None:
    assert b"".join(read_chunks(zipped(tmp_path, ("bars.csv", noise(3 * CHUNK_BYTES))))) == noise(3 * CHUNK_BYTES)


@pytest.mark.parametrize(("names", "said"), [((), "found 0: nothing"), (("a.csv", "b.csv"), "found 2: a.csv, b.csv")])
def test_a_zip_archive_of_another_number_of_files_is_refused(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        list(read_chunks(zipped(tmp_path, *((name, b"bars") for name in names))))
    assert caught.value.code == "E-ZIP"


def test_a_zip_bomb_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="decompress it yourself"):
        list(read_chunks(zipped(tmp_path, ("bars.csv", bytes(64 * MIB)))))


@pytest.mark.parametrize("place", [0, 40, 10_000, -30])
def test_a_damaged_zip_archive_is_refused(tmp_path: Path, place: int) -> None:
    path = zipped(tmp_path, ("bars.csv", noise(20_000)))
    damaged = bytearray(path.read_bytes())
    damaged[place] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(DataError) as caught:
        list(read_chunks(path))
    assert caught.value.code == "E-ZIP"


def test_a_zstd_file_is_what_was_compressed(tmp_path: Path) -> None:
    zst = pytest.importorskip("backports.zstd")
    path = tmp_path / "data.csv.zst"
    path.write_bytes(zst.compress(noise(3 * CHUNK_BYTES)))
    assert b"".join(read_chunks(path)) == noise(3 * CHUNK_BYTES)
    path.write_bytes(zst.compress(noise(3 * CHUNK_BYTES))[:-100])
    with pytest.raises(DataError) as caught:
        list(read_chunks(path))
    assert caught.value.code == "E-ZST"
