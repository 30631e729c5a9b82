"""The JSON Schema of job files, made from the definition that jobs are held against."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from math import isinf
from typing import Any

from orchestrator.job_file.kinds import (
    REQUIRED,
    Expanded,
    Field,
    Flag,
    Free,
    Many,
    Name,
    Number,
    Quantity,
    Scalar,
    Section,
    ShortFor,
    Table,
    Text,
    Whole,
)
from orchestrator.job_file.schema import JOB

JsonSchema = dict[str, Any]


def job_json_schema(known_names: Mapping[str, Collection[str]]) -> JsonSchema:
    """A JSON Schema (draft 2020-12) that allows every job that Daybreak takes, and few others.

    What it cannot tell is whether files exist, what a strategy's parameters may be, and how keys depend on each other.
    `known_names` gives the names of each type of component; others are allowed too, since plugins bring them.
    """
    fields = JOB.own_fields.items()
    properties = {name: _field(field, known_names, top=True) for name, field in fields}
    properties |= {
        name: _field(field, known_names) for name, field in JOB.fields.items() if isinstance(field, Expanded)
    }
    sections = {name: field for name, field in fields if isinstance(field, Section) and field.required}
    missed = {name: {"required": _required(section)} for name, section in sections.items()}
    complete = [{"required": _required(JOB), "properties": missed}]
    for name, field in JOB.fields.items():
        if isinstance(field, ShortFor):
            properties[name] = {"description": field.doc} | _at(properties, field.target)
            complete = [each for whole in complete for each in _with_or_without(whole, name, field.target)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A job of Daybreak",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        # What each job must have may come from the lists of its matrix.
        "anyOf": [{"required": ["matrix"]}, *complete],
    }


def _required(section: Section) -> list[str]:
    return [name for name, field in section.own_fields.items() if field.required]


def _at(properties: JsonSchema, target: tuple[str, ...]) -> JsonSchema:
    """The schema of the key at `target`, which is in a section at the top."""
    section, key = target
    found: JsonSchema = properties[section]["properties"][key]
    return found


def _with_or_without(complete: JsonSchema, short: str, target: tuple[str, ...]) -> list[JsonSchema]:
    """What is complete with the key at `target`, and what is with its short form instead."""
    section, key = target
    required, missed = complete["required"], complete["properties"]
    instead = [name for name in required if name != section]
    others = {"required": [name for name in missed[section]["required"] if name != key], "not": {"required": [key]}}
    return [
        {"required": required, "properties": missed | {short: False}},
        {"required": [*instead, short], "properties": missed | {section: others}},
    ]


def _section(section: Section, known_names: Mapping[str, Collection[str]], *, top: bool = False) -> JsonSchema:
    return {
        "description": section.doc,
        "type": "object",
        "properties": {name: _field(field, known_names) for name, field in section.own_fields.items()},
        "required": [] if top else _required(section),
        "additionalProperties": False,
    }


def _field(field: Field, known_names: Mapping[str, Collection[str]], *, top: bool = False) -> JsonSchema:
    schema = _section_or_short(field, known_names, top) if isinstance(field, Section) else _kind(field, known_names)
    if field.default is None:
        schema = {"anyOf": [schema, {"type": "null"}]}
    default = {} if field.default in (None, REQUIRED) else {"default": field.default}
    return {"description": field.doc} | schema | default


def _section_or_short(field: Section, known_names: Mapping[str, Collection[str]], top: bool) -> JsonSchema:
    """A section at the `top` requires nothing by itself: `job_json_schema` says when it does."""
    whole = _section(field, known_names, top=top)
    if not field.short_for:
        return whole
    short = replace(field.fields[field.short_for], default=REQUIRED)  # null is short for nothing
    return {"anyOf": [_field(short, known_names), whole]}


def _kind(field: Field, known_names: Mapping[str, Collection[str]]) -> JsonSchema:
    """What the field's own kind allows."""
    match field:
        case Table():
            return {"type": "object", "additionalProperties": _field(field.item, known_names)}
        case Many():
            return {"type": "array", "items": _field(field.item, known_names), "minItems": field.at_least}
        case Name():
            return {"anyOf": [{"enum": sorted(known_names[field.component])}, _TEXT]}
    return _scalar(field)


def _scalar(field: Field) -> JsonSchema:
    match field:
        case Text():
            return {"enum": list(field.options)} if field.options else _TEXT
        case Quantity():
            return {"anyOf": [_number("number", field), {"type": "string", "pattern": _quantity(field.units)}]}
        case Number():
            return _number("integer" if isinstance(field, Whole) else "number", field)
    return {"type": _TYPES[type(field)]}


_TEXT = {"type": "string", "minLength": 1}
_TYPES: dict[type[Field], str | list[str]] = {
    Flag: "boolean",
    Scalar: ["string", "number"],
    Free: "object",
    Expanded: "object",
}


def _number(json_type: str, field: Number) -> JsonSchema:
    bounds = {"minimum": field.low, "maximum": field.high}
    return {"type": json_type} | {name: bound for name, bound in bounds.items() if not isinf(bound)}


def _quantity(units: Collection[str]) -> str:
    """A number and a unit, in capitals or not, for which JSON Schema has no flag."""
    either = "|".join("".join(f"[{letter.upper()}{letter.lower()}]" for letter in unit) for unit in units)
    return rf"^[0-9]+(\.[0-9]+)? ?({either})$"
