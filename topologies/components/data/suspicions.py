"""What is possible in bars but looks like a fault of the data: warned of, never changed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from topologies.bars import Bars, FloatArray, IntArray, iso_timestamp
from topologies.components.data.bar_checks import MOST_SHOWN
from topologies.components.data.bar_frequency import DAY_NS, count_by_day
from topologies.components.data.columns import Columns
from topologies.components.data.sessions import Attendance

_SPIKE = 1.25
# A gap is longer than this many of the longest steps that come about every week: where that is a weekend, from Friday
# to Monday, longer than seven days.
_GAP_STEPS = 2.4
_MOST_WEEKS = 0.8
# A day within which bars are missing has fewer than this share of what nine in ten of its days of the week have.
_THIN_SHARE = 0.5
_SMALLEST_JUMP, _SMALLEST_SPLIT = 1.25, 1.4
_SPLIT_TOLERANCE = 0.06


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something suspicious about the bar with the index `row`."""

    code: str
    row: int
    message: str


def find_suspicions(bars: Bars | Columns, adj_close: FloatArray | None = None) -> list[Suspicion]:
    """The first 20 of each kind, and how many more there are; none where nothing looks wrong.

    W-SPIKE: a high 25 % above, or a low 20 % below, both closes around it. W-GAP: bars are missing between days, or
    W-THIN: within a day. W-SPLIT: the close jumps as in a split and adj_close, shape (n,), where it is given, does not.
    W-VOLUME: volume is 0. There must be at least one bar.
    """
    return [
        *_spikes(bars),
        *_gaps(bars.time_ns),
        *_thin_days(bars.time_ns),
        *_splits(bars, adj_close),
        *_without_volume(bars),
    ]


def find_absences(time_ns: IntArray, attended: Attendance) -> list[Suspicion]:
    """W-OUTSIDE: how many bars were left out, being in no session of the exchange. W-SESSION: sessions without a bar.

    `time_ns`, shape (n,), are the bars that were kept.
    """
    found = []
    if outside := int(np.count_nonzero(~attended.inside)):
        found.append(
            Suspicion("W-OUTSIDE", 0, f"{outside} bar{'s' * (outside > 1)} outside of the exchange's sessions left out")
        )
    rows = np.minimum(np.searchsorted(time_ns, attended.missing), len(time_ns) - 1)
    dates = [
        f"{_date(int(day_ns))}: the exchange was open, and there is no bar" for day_ns in attended.missing.tolist()
    ]
    shown = zip(rows.tolist()[:MOST_SHOWN], dates, strict=False)
    found += [Suspicion("W-SESSION", row, message) for row, message in shown]
    if len(dates) > MOST_SHOWN:
        found.append(Suspicion("W-SESSION", int(rows[MOST_SHOWN]), f"{len(dates)} sessions without a bar in all"))
    return found


def _spikes(bars: Bars | Columns) -> list[Suspicion]:
    before, after = bars.close[:-2], bars.close[2:]
    up = bars.high[1:-1] >= _SPIKE * np.maximum(before, after)
    down = bars.low[1:-1] <= np.minimum(before, after) / _SPIKE

    def describe(row: int) -> str:
        name, price = ("high", bars.high[row]) if up[row - 1] else ("low", bars.low[row])
        close, next_close = bars.close[row - 1], bars.close[row + 1]
        return (
            f"{name} {price:g} is {price / close - 1:+.1%} from the close before, {close:g}; the next is {next_close:g}"
        )

    return _report("W-SPIKE", bars.time_ns, np.flatnonzero(up | down) + 1, describe)


def _gaps(time_ns: IntArray) -> list[Suspicion]:
    steps = np.diff(time_ns)
    if not len(steps):
        return []
    weeks = int((time_ns[-1] - time_ns[0]) // (7 * DAY_NS))
    weekly = max(len(steps) - 1 - int(_MOST_WEEKS * weeks), 0)  # rank of the longest step that most weeks have
    longest_ns = _GAP_STEPS * float(np.partition(steps, weekly)[weekly])

    def describe(row: int) -> str:
        return f"no bar for {_duration(int(steps[row - 1]))}, since {_date(int(time_ns[row - 1]))}"

    return _report("W-GAP", time_ns, np.flatnonzero(steps > longest_ns) + 1, describe)


def _thin_days(time_ns: IntArray) -> list[Suspicion]:
    days, counts = count_by_day(time_ns)
    usual = np.zeros_like(counts)
    for weekday in set((days % 7).tolist()):
        same = days % 7 == weekday
        usual[same] = np.sort(counts[same])[np.count_nonzero(same) // 10]
    thin = counts < _THIN_SHARE * usual
    thin[[0, -1]] = False  # the file may begin or end within a day
    first_of_day = np.cumsum(counts) - counts

    def describe(row: int) -> str:
        day = np.searchsorted(first_of_day, row)
        return f"only {counts[day]} bars on this day, where this day of other weeks has {usual[day]} or more"

    return _report("W-THIN", time_ns, first_of_day[thin], describe)


def _splits(bars: Bars | Columns, adj_close: FloatArray | None) -> list[Suspicion]:
    """Jumps of the close that adj_close does not make or, where there is none, that the open makes as well."""
    close = bars.close
    rows = np.flatnonzero(_ratio(close[:-1], close[1:]) >= _SMALLEST_JUMP) + 1
    before = close[rows - 1]
    if adj_close is not None:
        ratio = _ratio(before * adj_close[rows], close[rows] * adj_close[rows - 1])
        other = "adj_close does not"
    else:
        ratio = np.minimum(_ratio(before, close[rows]), _ratio(before, bars.open[rows]))
        other = "there is no adj_close to tell"
    shares = np.where(ratio < 1.75, 1.5, np.rint(ratio))
    is_split = (ratio >= _SMALLEST_SPLIT) & (np.abs(ratio / shares - 1) <= _SPLIT_TOLERANCE)
    shares_of = dict(zip(rows.tolist(), shares.tolist(), strict=True))

    def describe(row: int) -> str:
        more, fewer = (3, 2) if shares_of[row] == 1.5 else (int(shares_of[row]), 1)
        fell = close[row] < close[row - 1]
        terms = f"{more}-for-{fewer}" if fell else f"{fewer}-for-{more}"
        return f"the close goes from {close[row - 1]:g} to {close[row]:g} as in a {terms} split; {other}"

    return _report("W-SPLIT", bars.time_ns, rows[is_split], describe)


def _without_volume(bars: Bars | Columns) -> list[Suspicion]:
    rows = np.flatnonzero(bars.volume == 0)
    if len(rows) == len(bars):
        return [Suspicion("W-VOLUME", 0, "volume is 0 in every bar")]
    return _report("W-VOLUME", bars.time_ns, rows, lambda _: "volume is 0")


def _report(code: str, time_ns: IntArray, rows: IntArray, describe: Callable[[int], str]) -> list[Suspicion]:
    shown = rows[:MOST_SHOWN].tolist()
    found = [Suspicion(code, row, f"{_date(int(time_ns[row]))}: {describe(row)}") for row in shown]
    if len(rows) > MOST_SHOWN:
        message = f"{len(rows) - MOST_SHOWN} more of these, {len(rows)} in all"
        found.append(Suspicion(code, int(rows[MOST_SHOWN]), message))
    return found


def _ratio(some: FloatArray, others: FloatArray) -> FloatArray:
    """The larger over the smaller."""
    ratio: FloatArray = np.maximum(some, others) / np.minimum(some, others)
    return ratio


def _date(time_ns: int) -> str:
    return iso_timestamp(time_ns).removesuffix("T00:00:00Z")


def _duration(step_ns: int) -> str:
    minutes = step_ns / (60 * 10**9)
    return f"{minutes / 1440:.1f} days" if minutes >= 1440 else f"{minutes:.0f} minutes"
