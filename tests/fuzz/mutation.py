"""A mutator of bytes: takes files that say something, and damages them."""

import gzip
import io
import zipfile
from collections.abc import Sequence
from random import Random

import numpy as np

from tests.fakes.scripted_jobs import SPY_CSV
from tests.fakes.vendor_files import VENDORS, zipped, zstandard

_JOB = """\
workflow: walk_forward
strategy: {name: sma_cross, params: {fast: 5}, grid: {fast: [5, 10, 20], slow: [30, 50]}, constraints: ["fast < slow"]}
data: {file: SPY.csv, symbol: SPY, prices: raw}
windows: {train: 1008, test: 252, step: 252, anchored: false, purge: 0}
execution:
  cash: 1e5
  fill: next_open
  commission: {bps: 5, per_share: 0.005, minimum: 1}
risk: {sizing: all_in, params: {fraction: 0.5}, max_weight: 1.0, allow_short: true}
objective: sharpe_ratio
trace: {level: trades, bars: false}
resources: {memory: 512MiB, time: 10m}
extractors: [fills, signals]
phases:
  one: {topology: backtest}
  two: {topology: selection, depends_on: [one], config: {depth: null, list: [1, 2.5]}}
workflow_id: "night-1"
"""
_BOMB = "a: &a [x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)
)
_MERGES = "a: &a {x: 1}\n" + "".join(f"{b}: &{b} {{<<: [*{a}, *{a}]}}\n" for a, b in zip("abcde", "bcdef", strict=True))

TOKENS = {
    "job": (
        *(
            b"[",
            b"]",
            b"{",
            b"}",
            b": ",
            b"- ",
            b"? ",
            b", ",
            b"\n",
            b"\r",
            b"\t",
            b"  ",
            b"&a ",
            b"*a",
            b"<<: ",
            b"!!x ",
        ),
        *(b"'", b'"', b"\\", b"|\n", b">", b"#", b"---\n", b"...\n", b"%YAML 9.9\n", b"\0", b"\xff", b"\xef\xbb\xbf"),
        *(
            b"NO",
            b"null",
            b".inf",
            b"1e999",
            b"9" * 30,
            b"\xc2\x85",
            b"\xed\xa0\x80",
            b"\xf0\x9f\x98\x80",
            b"../",
            b"one",
        ),
    ),
    "csv": (
        *(
            b",",
            b"\n",
            b"\r\n",
            b"\r",
            b'"',
            b"\0",
            b"\xff",
            b"\xef\xbb\xbf",
            b"nan",
            b"inf",
            b"1_000",
            b"-",
            b"e",
            b".",
        ),
        *(
            b"0",
            b"1e999",
            b"2020-01-02",
            b"T00:00:00Z",
            b"+01:00",
            b";",
            b"\t",
            b" ",
            b"9" * 400,
            b"\xef\xbc\x91",
            b"\x0b",
        ),
    ),
    "zst": (b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18", b"\0", b"\xff", b"\xff\xff\xff\xff"),
    "zip": (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"\0", b"\xff\xff\xff\xff"),
    "gz": (b"\x1f\x8b\x08", b"\0", b"\xff", b"\x1f\x8b\x08\x1c\xff\xff\xff\xff\x00\x03", b"\xff\xff\xff\xff"),
    "parquet": (
        b"PAR1",
        b"PARE",
        b"\0",
        b"\xff",
        b"\x7f\xff\xff\xff",
        b"\x15\x00",
        b"\x19\xfc",
        b"\x80\x80\x80\x80\x10",
    ),
}
LARGEST_BYTES = {"job": 70_000, "csv": 600_000, "gz": 100_000, "zst": 100_000, "zip": 100_000, "parquet": 60_000}


def seeds(kind: str) -> list[bytes]:
    """Files of one kind to start from."""
    table = SPY_CSV.read_bytes()[:3_000].rpartition(b"\n")[0]
    minutes = b"time,open,high,low,close\n" + b"".join(b"%d,10,11,9,10\n" % (1_577_836_800 + 60 * n) for n in range(40))
    match kind:
        case "job":
            return [_JOB.encode(), _BOMB.encode(), _MERGES.encode(), b"workflow: backtest\ndata_file: SPY.csv\n"]
        case "csv":
            vendors = ["\n".join(vendor.lines(vendor.sound(40))).encode() for vendor in VENDORS.values()]
            return [table, minutes, b"\xef\xbb\xbf" + table.replace(b"\n", b"\r\n"), *vendors]
        case "gz":
            return [
                gzip.compress(table, mtime=0),
                gzip.compress(minutes, 0, mtime=0),
                gzip.compress(bytes(10**7), mtime=0),
            ]
        case "zst":
            return [zstandard(table), zstandard(minutes) + zstandard(b""), zstandard(bytes(10**7))]
        case "zip":
            methods = (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_LZMA)
            return [zipped(minutes, method) for method in methods]
    return [_parquet(codec, groups) for codec in ("none", "snappy", "zstd") for groups in (5, 1000)]


def _parquet(codec: str, group_size: int) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    price = np.linspace(100, 110, 20)
    times = np.datetime64("2020-01-01", "ms") + np.arange(20).astype("m8[D]")
    columns = {"timestamp": times, "open": price, "high": price + 1, "low": price - 1, "close": price}
    stream = io.BytesIO()
    parquet.write_table(pa.table(columns), stream, compression=codec, row_group_size=group_size)
    return stream.getvalue()


def mutated(kind: str, corpus: Sequence[bytes], random: Random) -> bytes:
    """One of the corpus, damaged in one place or several."""
    content = bytearray(random.choice(corpus))
    for _ in range(random.choice((1, 1, 1, 2, 3, 5, 10))):
        at = random.randrange(len(content) + 1)
        length = min(int(random.expovariate(0.1)), len(content) - at)
        match random.randrange(8):
            case 0:
                content[at : at + length] = b""
            case 1:
                content[at : at + length] = random.choice(TOKENS[kind])
            case 2:
                content[at:at] = random.choice(TOKENS[kind])
            case 3 if at < len(content):
                content[at] ^= 1 << random.randrange(8)
            case 4 if at < len(content):
                content[at] = random.randrange(256)
            case 5:
                piece = content[at : at + length] or random.choice(TOKENS[kind])
                content[at:at] = piece * random.choice((2, 10, 100, LARGEST_BYTES[kind] // len(piece)))
            case 6:
                other = random.choice(corpus)
                content[at:] = other[random.randrange(len(other) + 1) :]
            case 7 if random.random() < 0.2:
                del content[at:]
        del content[LARGEST_BYTES[kind] :]
    return bytes(content)
