"""Timestamps of bars as nanoseconds since 1970 UTC: one text, or a whole column of texts of one shape."""

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from phase_worker.contract import DataError
from topologies.bars import IntArray

_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?"
_ZONE = r"(?P<zone>Z|[+-]\d\d:\d\d)?"
_CALENDARS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[ T]{_CLOCK}{_ZONE})?",  # ISO 8601
        rf"(?P<year>\d{{4}})\.(?P<month>\d\d)\.(?P<day>\d\d)(?: {_CLOCK})?",  # MetaTrader
        rf"(?P<day>\d\d)\.(?P<month>\d\d)\.(?P<year>\d{{4}})(?: {_CLOCK})?",  # Dukascopy
        rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)(?: {_CLOCK})?",  # Lean
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d) (?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)",  # HistData
    )
)
_PARTS = ("year", "month", "day", "hour", "minute", "second", "fraction")
_EPOCH = re.compile(r"\d{9,16}", re.ASCII)
_SECOND_NS = 10**9
_DAY_NS = 86_400 * _SECOND_NS
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_FIRST_YEAR, _LAST_YEAR = 1678, 2261  # what int64 nanoseconds hold in full
_RANGES = ((_FIRST_YEAR, _LAST_YEAR), (1, 12), (1, 31), (0, 23), (0, 59), (0, 59), (0, _SECOND_NS - 1))
# From 1973 to 2261: the units of these years cannot be mistaken for each other.
_FIRST_S, _END_S = 10**8, 9_214_646_400
_EPOCH_UNITS = {"epoch seconds": _SECOND_NS, "epoch milliseconds": 10**6, "epoch microseconds": 10**3}

_ALLOWED = (
    "expected 2020-01-31, 2020-01-31 09:30:00 (T, fractions, Z and +hh:mm are known), 20200131, 2020.01.31 or "
    "31.01.2020, each with or without a time, or whole epoch seconds, ms or µs"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the timestamps of a column have in common when they differ in nothing but their digits.

    `literal` is the text with '0' for every digit that varies, and a NUL that says that the text ends there, in all w
    bytes; `largest`, as long, has the byte 9 where a digit varies and 0 elsewhere.
    `spans` are where the digits are: those of year to fraction or, when there is a `unit_ns`, of one count of units.
    """

    zone: str
    literal: bytes
    largest: bytes
    spans: list[tuple[int, int]]
    offset_ns: int = 0
    unit_ns: int = 0


def parse_timestamp(text: str) -> tuple[int, str]:
    """Nanoseconds since 1970 UTC, and the zone as written: '' (taken for UTC), '+00:00', 'epoch seconds' and so on.

    Raises DataError (E-TS).
    """
    if _EPOCH.fullmatch(text) and (unit_ns := epoch_unit_ns(int(text))):
        return int(text) * unit_ns, _epoch_zone(unit_ns)
    match = _calendar_match(text)
    if not match:
        raise DataError(f"{text[:60]!r} is no timestamp: {_ALLOWED}", code="E-TS")
    parts = match.groupdict()
    year, month, day, hour, minute, second = (int(parts.get(name) or 0) for name in _PARTS[:-1])
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError as error:
        raise DataError(f"{text!r} is no timestamp: {error}", code="E-TS") from None
    zone = _zone(parts.get("zone"))
    if not (_FIRST_YEAR <= year <= _LAST_YEAR and hour < 24 and minute < 60 and second < 60 and _is_offset(zone)):
        raise DataError(f"{text!r} is out of range: years {_FIRST_YEAR} to {_LAST_YEAR}, 23:59:59", code="E-TS")
    time_ns = ((days * 24 + hour) * 60 + minute) * 60 * _SECOND_NS + second * _SECOND_NS
    return time_ns + int((parts.get("fraction") or "0").ljust(9, "0")) - offset_ns(zone), zone


def epoch_unit_ns(count: int) -> int:
    """Nanoseconds in the unit of `count`: seconds, milliseconds or microseconds; 0 where that cannot be told."""
    for unit_ns in _EPOCH_UNITS.values():
        if _FIRST_S * _SECOND_NS <= count * unit_ns < _END_S * _SECOND_NS:
            return unit_ns
    return 0


def shape_of(text: str) -> Shape | None:
    """The shape of one timestamp, or None where it is none."""
    try:
        _, zone = parse_timestamp(text)
    except DataError:
        return None
    match = None if zone in _EPOCH_UNITS else _calendar_match(text)
    spans = [_span(match, part) for part in _PARTS] if match else [(0, len(text))]
    literal, largest = bytearray(text.encode() + b"\0"), bytearray(len(text) + 1)
    for start, end in spans:
        literal[start:end], largest[start:end] = b"0" * (end - start), b"\x09" * (end - start)
    unit_ns = 0 if match else epoch_unit_ns(int(text))
    return Shape(zone, bytes(literal), bytes(largest), spans, offset_ns(zone) if match else 0, unit_ns)


def parse_column(texts: NDArray[np.bytes_], shape: Shape) -> IntArray | None:
    """Nanoseconds since 1970 UTC, shape (n,), of n texts of w bytes each, padded with NUL.

    None where one is not of `shape` or is no timestamp.
    """
    n, width = len(texts), len(shape.literal)
    digits = np.frombuffer(texts.tobytes(), np.uint8) - np.frombuffer(shape.literal * n, np.uint8)
    if (digits > np.frombuffer(shape.largest * n, np.uint8)).any():
        return None
    pairs = digits * np.uint8(10)
    pairs[:-1] += digits[1:]
    numbers = [_number(digits.reshape(n, width), pairs.reshape(n, width), *span) for span in shape.spans]
    if not shape.unit_ns:
        return _from_calendar(numbers, shape)
    (counts,) = numbers
    one_unit = epoch_unit_ns(int(counts.min())) == epoch_unit_ns(int(counts.max())) == shape.unit_ns
    return counts * shape.unit_ns if one_unit else None


def _number(digits: NDArray[np.uint8], pairs: NDArray[np.uint8], start: int, end: int) -> IntArray:
    """What the digits from `start` to `end` say, shape (n,); 0, shape (1,), where there are none."""
    number = np.zeros(1, np.int64)
    for position in range(start, end - 1, 2):
        number = number * 100 + pairs[:, position]
    return number * 10 + digits[:, end - 1] if (end - start) % 2 else number


def _from_calendar(parts: list[IntArray], shape: Shape) -> IntArray | None:
    for part, (least, most) in zip(parts, _RANGES, strict=True):
        if part.min() < least or part.max() > most:
            return None
    year, month, day, hour, minute, second, fraction = parts
    months = (year - 1970) * 12 + month - 1
    first_month = int(months.min())
    calendar = np.arange(first_month, int(months.max()) + 2).astype("M8[M]")
    month_starts = calendar.astype("M8[D]").astype(np.int64)  # days since 1970
    months -= first_month
    if (day > np.diff(month_starts).take(months)).any():
        return None
    fraction_start, fraction_end = shape.spans[-1]
    seconds = (hour * 60 + minute) * 60 + second
    part_ns = fraction * 10 ** (9 - (fraction_end - fraction_start)) - shape.offset_ns
    times: IntArray = (month_starts.take(months) + day - 1) * _DAY_NS + seconds * _SECOND_NS + part_ns
    return times


def _calendar_match(text: str) -> re.Match[str] | None:
    return next((match for pattern in _CALENDARS if (match := pattern.fullmatch(text))), None)


def _span(match: re.Match[str], part: str) -> tuple[int, int]:
    """Where a part's digits are; nowhere, (-1, -1), if there are none."""
    return match.span(part) if part in match.re.groupindex else (-1, -1)


def _zone(written: str | None) -> str:
    return "+00:00" if written in ("Z", "-00:00") else written or ""


def _epoch_zone(unit_ns: int) -> str:
    return next(name for name, unit in _EPOCH_UNITS.items() if unit == unit_ns)


def _is_offset(zone: str) -> bool:
    return not zone or (int(zone[1:3]) < 24 and int(zone[4:6]) < 60)


def offset_ns(zone: str) -> int:
    """Nanoseconds by which a zone as `parse_timestamp` gives it is ahead of UTC."""
    if not zone:
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return (minutes if zone[0] == "+" else -minutes) * 60 * _SECOND_NS
