"""Bars are held against the sessions of their exchange."""

import numpy as np
import pytest

from phase_worker.contract import DataError
from topologies.bars import IntArray
from topologies.components.data.sessions import Sessions, attendance, sessions_of
from topologies.components.data.suspicions import find_absences


def at(*texts: str) -> IntArray:
    return np.array(texts, "M8[ns]").view(np.int64)


SESSIONS = Sessions(
    at("2020-01-02", "2020-01-03", "2020-01-06"),
    at("2020-01-02T14:30", "2020-01-03T14:30", "2020-01-06T14:30"),
    at("2020-01-02T21:00", "2020-01-03T18:00", "2020-01-06T21:00"),
)


def test_a_bar_is_inside_from_the_open_until_before_the_close() -> None:
    times = at("2020-01-02T14:29", "2020-01-02T14:30", "2020-01-03T17:59", "2020-01-03T18:00", "2020-01-06T15:00")
    assert attendance(times, SESSIONS).inside.tolist() == [False, True, True, False, True]


def test_bars_of_days_are_inside_when_their_date_is_a_session() -> None:
    assert attendance(at("2020-01-02", "2020-01-04", "2020-01-06"), SESSIONS).inside.tolist() == [True, False, True]


def test_sessions_between_the_first_and_the_last_bar_that_have_none_are_missing() -> None:
    found = attendance(at("2020-01-02", "2020-01-06"), SESSIONS)
    assert found.missing.tolist() == at("2020-01-03").tolist()


def test_what_is_outside_or_missing_is_warned_of() -> None:
    times = at("2020-01-02", "2020-01-04", "2020-01-06")
    attended = attendance(times, SESSIONS)
    outside, missing = find_absences(times[attended.inside], attended)
    assert (outside.code, outside.message[:6]) == ("W-OUTSIDE", "1 bar ")
    assert (missing.code, missing.row, missing.message[:10]) == ("W-SESSION", 1, "2020-01-03")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # in exchange_calendars, of pandas
def test_new_york_is_closed_on_thanksgiving_and_closes_early_after_it() -> None:
    pytest.importorskip("exchange_calendars")
    first, last = at("2020-11-25", "2020-11-27").tolist()
    sessions = sessions_of("XNYS", first, last)
    days = sessions.day_ns.view("M8[ns]").astype("M8[D]").astype(str).tolist()
    assert "2020-11-26" not in days
    closes = dict(zip(days, sessions.close_ns.view("M8[ns]").astype("M8[m]").astype(str).tolist(), strict=True))
    assert closes["2020-11-27"] == "2020-11-27T18:00"


def test_an_exchange_that_nobody_knows_is_refused() -> None:
    pytest.importorskip("exchange_calendars")
    with pytest.raises(DataError, match="E-CALENDAR: calendar XNYC"):
        sessions_of("XNYC", *at("2020-11-25", "2020-11-27").tolist())
