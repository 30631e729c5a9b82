"""A job file with every key explained, made from the definition of a job."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.job_file.kinds import Field, Many, Section, ShortFor, Table
from orchestrator.job_file.schema import JOB

_HEAD = """\
# A job: what is to be run. `daybreak check` tells every mistake in it, `daybreak run` runs it,
# and `daybreak components TYPE` lists the names of workflows, strategies and so on.
# Lines that begin with '#' and a key, as in `#key: value`, show what holds where the key is left out.
"""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_PLAIN = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def commented_job(settings: Mapping[str, Any]) -> str:
    """The text of a job file with these settings; all other keys are there as comments, with their defaults."""
    return "\n".join([_HEAD, *_section_lines(JOB, settings, "", active=True)]).rstrip() + "\n"


def _section_lines(section: Section, settings: Mapping[str, Any], indent: str, *, active: bool) -> Iterator[str]:
    for name, field in section.fields.items():
        given = active and name in settings
        mark = "" if given else "#"
        yield f"{indent}# {_explained(field)}"
        if isinstance(field, Section):
            yield f"{indent}{mark}{name}:"
            yield from _section_lines(field, settings[name] if given else {}, f"{indent}  ", active=given)
        else:
            yield f"{indent}{mark}{name}: {_yaml(settings[name] if given else field.if_absent)}"
        if not indent:
            yield ""


def _explained(field: Field) -> str:
    """What a key means, and what it expects where it does not say that itself."""
    item = field.item if isinstance(field, Many | Table) else field
    if isinstance(field, ShortFor) or (isinstance(field, Section) and not field.short_for):
        return field.doc
    each = "" if item is field else "each "
    return f"{field.doc} ({each}{item.expected})"


def _yaml(value: Any) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _NOT_PLAIN
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_yaml, value))}]"
    return json.dumps(value)
