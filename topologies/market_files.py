"""Market data from its file: read as the job says, adjusted, within sessions, resampled."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from phase_worker.contract.errors import ConfigError, DataError
from phase_worker.discovery import ComponentRegistry
from phase_worker.topology_builder import PhaseContext
from topologies.components.data.columns import Columns
from topologies.components.data.price_modes import adjusted, read_factors
from topologies.components.data.reading import AS_IT_IS, Reading
from topologies.components.data.resampling import resample
from topologies.components.data.sessions import Attendance, attendance, sessions_of
from topologies.market import reading_of


class ReadBars(NamedTuple):
    """Bars as a job wants them and, where it names a calendar, which of the file's bars were in sessions of it."""

    columns: Columns
    attendance: Attendance | None


def read_bars(context: PhaseContext, spec: Mapping[str, Any]) -> ReadBars:
    """The bars that `spec` names, from their file, whatever the cache has; raises DataError for all that is wrong."""
    reading = reading_of(spec)
    path = _checked(context, spec["sha256"])
    columns = read_source(context.registry, path, reading)
    factors = read_factors(_checked(context, reading.factors)) if reading.factors else None
    columns = adjusted(columns, reading.prices, factors, str(path))
    attended = opens_ns = None
    if reading.calendar:
        sessions = sessions_of(reading.calendar, int(columns.time_ns[0]), int(columns.time_ns[-1]))
        attended = attendance(columns.time_ns, sessions)
        if not attended.inside.any():
            raise DataError(f"no bar is in a session of {reading.calendar}", where=str(path), code="E-CALENDAR")
        columns = columns.take(attended.inside)
        opens_ns = sessions.open_ns[attended.session[attended.inside]]
    if reading.resample:
        columns = resample(columns, reading.resample, reading.timezone, opens_ns)
    return ReadBars(columns, attended)


def read_source(registry: ComponentRegistry, path: Path, reading: Reading = AS_IT_IS) -> Columns:
    """Read a data file by the bar source that its suffix belongs to; raises DataError for an unknown suffix."""
    sources = registry.get_components_by_type("bar_source")
    for source in sources:
        if path.name.lower().endswith(tuple(source.metadata["suffixes"])):
            columns: Columns = source.factory(path, reading)
            return columns
    known = sorted(suffix for source in sources for suffix in source.metadata["suffixes"])
    raise DataError(f"no bar source reads this kind of file. Known: {', '.join(known)}.", where=str(path))


def _checked(context: PhaseContext, sha256: str) -> Path:
    """The file with that digest."""
    if sha256 not in context.sources:
        raise ConfigError(f"the request does not say where the data with sha256 {sha256[:12]}… is")
    path = context.sources[sha256]
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise DataError("the data file is gone", where=str(path), code="E-NOFILE") from None
    if found != sha256:
        raise DataError("the data file changed since the run was planned. Start the run again.", where=str(path))
    return path
