"""What a scalar of a job may be: JSON's null, true, false and numbers, and text.

Unquoted in YAML, `null` (or nothing), `true`, `false` and numbers such as `12`, `-0.5` and `1e3` are those; all else is
text. What another YAML reader would take for something other than text (`NO`, `010`, `22:22`, `1_000`) must be quoted.
A plain date such as 2024-01-02 is text, and must be one that exists. Keys are always text.
"""

import math
import re
from datetime import datetime
from typing import Any

from orchestrator.job_file.errors import shown

# What a pattern costs is its compilation, so it waits until `re` is first asked for it.
_FORBIDDEN = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_FORBIDDEN_IN_ASCII = "[^\t\n\r\x20-\x7e]"
_WORDS = {"": None, "null": None, "true": True, "false": False}
_INTEGER = r"-?(0|[1-9][0-9]*)"
_NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"
_NONFINITE = r"(?i)[-+]?\.(inf|nan)"
_DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"
_NUMERIC_START = frozenset("+-.0123456789")
# What YAML 1.1 or 1.2 readers resolve to a boolean, null or number, though it is not JSON.
_AMBIGUOUS_WORDS = frozenset({"~", "y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_AMBIGUOUS_NUMBER = r"""(?ix)
      [-+]? 0[box][0-9a-f_]+
    | [-+]? [0-9][0-9_]* (:[0-9]+)+ (\.[0-9_]*)?
    | [-+]? (?=\.?[0-9]) ([0-9][0-9_]*)? (\.[0-9_]*)? (e[-+]?[0-9]+)?"""


class ScalarError(Exception):
    """A scalar that a job may not hold."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def resolve(text: str) -> Any:
    """The value of a plain (unquoted) scalar; raises ScalarError where readers would differ about it."""
    if text in _WORDS:
        return _WORDS[text]
    if text.lower() in _AMBIGUOUS_WORDS:
        raise _ambiguous(text)
    return _resolve_numeric(text) if text[0] in _NUMERIC_START else text


def _resolve_numeric(text: str) -> Any:
    """The value of a plain scalar that begins like a number."""
    if re.fullmatch(_INTEGER, text):
        return int(text[:21])  # cut, it is still too large for `checked`; Python refuses to read thousands of digits
    if re.fullmatch(_NUMBER, text):
        return float(text)
    if re.fullmatch(_NONFINITE, text):
        raise ScalarError("E-NONFINITE", f"{shown(text)} is not a finite number")
    if re.fullmatch(_AMBIGUOUS_NUMBER, text):
        raise _ambiguous(text)
    if re.fullmatch(_DATE, text):
        try:
            datetime.fromisoformat(text)
        except ValueError:
            message = f"{shown(text)} is not a date: write YYYY-MM-DD, or quote it if it is text"
            raise ScalarError("E-VALUE", message) from None
    return text


def _ambiguous(text: str) -> ScalarError:
    message = f"{shown(text)} means different things to different readers: quote it if it is text, else write "
    return ScalarError("E-AMBIGUOUS", message + "true, false, null or a plain number")


def find_forbidden(text: str) -> re.Match[str] | None:
    """The first character that a job may not hold."""
    return re.search(_FORBIDDEN_IN_ASCII if text.isascii() else _FORBIDDEN, text)


def checked(value: Any) -> Any:
    """`value`, a scalar, if it can stand in JSON and in a file's name; raises ScalarError otherwise."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ScalarError("E-VALUE", "the integer has more than 64 bits")
    if isinstance(value, float) and not math.isfinite(value):
        raise ScalarError("E-NONFINITE", "the number is not finite")
    if isinstance(value, str) and (found := find_forbidden(value)):
        raise ScalarError("E-VALUE", f"text with the control character {found[0]!r}")
    return value
