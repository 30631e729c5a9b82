"""The JSON Schema of job files, made from the definition that jobs are held against."""

from collections.abc import Collection, Mapping
from math import isinf
from typing import Any

from orchestrator.job_kinds import (
    REQUIRED,
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
from orchestrator.job_schema import JOB

JsonSchema = dict[str, Any]


def job_json_schema(known_names: Mapping[str, Collection[str]]) -> JsonSchema:
    """A JSON Schema (draft 2020-12) that allows every job that Daybreak takes, and few others.

    What it cannot tell is whether files exist, what a strategy's parameters may be, and how keys depend on each other.
    `known_names` gives the names of each type of component; others are allowed too, since plugins bring them.
    """
    schema = _section(JOB, known_names)
    for name, field in JOB.fields.items():
        if isinstance(field, ShortFor):
            schema = _with_short_form(schema, name, field.target)
    heading = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A job of Daybreak"}
    return heading | schema


def _section(section: Section, known_names: Mapping[str, Collection[str]]) -> JsonSchema:
    return {
        "description": section.doc,
        "type": "object",
        "properties": {name: _field(field, known_names) for name, field in section.own_fields.items()},
        "required": [name for name, field in section.own_fields.items() if field.required],
        "additionalProperties": False,
    }


def _field(field: Field, known_names: Mapping[str, Collection[str]]) -> JsonSchema:
    schema = _kind(field, known_names)
    if field.default is None:
        schema = {"anyOf": [schema, {"type": "null"}]}
    default = {} if field.default in (None, REQUIRED) else {"default": field.default}
    return {"description": field.doc} | schema | default


def _kind(field: Field, known_names: Mapping[str, Collection[str]]) -> JsonSchema:
    """What the field's own kind allows."""
    match field:
        case Section(short_for=""):
            return _section(field, known_names)
        case Section():
            return {"anyOf": [_field(field.fields[field.short_for], known_names), _section(field, known_names)]}
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
_TYPES: dict[type[Field], str | list[str]] = {Flag: "boolean", Scalar: ["string", "number"], Free: "object"}


def _number(json_type: str, field: Number) -> JsonSchema:
    highest = {} if isinf(field.high) else {"maximum": field.high}
    return {"type": json_type, "minimum": field.low} | highest


def _quantity(units: Collection[str]) -> str:
    """A number and a unit, in capitals or not, for which JSON Schema has no flag."""
    either = "|".join("".join(f"[{letter.upper()}{letter.lower()}]" for letter in unit) for unit in units)
    return rf"^[0-9]+(\.[0-9]+)? ?({either})$"


def _with_short_form(schema: JsonSchema, name: str, target: tuple[str, ...]) -> JsonSchema:
    """`schema`, in which `name` may be given instead of the key at `target`, which is in a section at the top."""
    section, key = target
    whole = schema["properties"][section]
    optional = whole | {"required": [each for each in whole["required"] if each != key]}
    short = {"description": JOB.fields[name].doc} | whole["properties"][key]
    return schema | {
        "properties": schema["properties"] | {section: optional, name: short},
        "required": [each for each in schema["required"] if each != section],
        "oneOf": [
            {"required": [name], "properties": {section: {"not": {"required": [key]}}}},
            {"required": [section], "properties": {section: {"required": [key]}, name: False}},
        ],
    }
