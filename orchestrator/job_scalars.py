"""What a scalar of a job may be: JSON's null, true, false and numbers, and text.

Unquoted in YAML, `null` (or nothing), `true`, `false` and numbers such as `12`, `-0.5` and `1e3` are those; all else is
text. What another YAML reader would take for something other than text (`NO`, `010`, `22:22`, `1_000`) must be quoted.
A plain date such as 2024-01-02 is text, and must be one that exists. Keys are always text.
"""

import math
import re
from datetime import datetime
from typing import Any

from orchestrator.job_errors import shown

FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WORDS = {"": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_NONFINITE = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?")
# What YAML 1.1 or 1.2 readers resolve to a boolean, null or number, though it is not JSON.
_AMBIGUOUS = re.compile(
    r"""~ | y | n | yes | no | on | off | true | false | null
    | [-+]? 0[box][0-9a-f_]+
    | [-+]? [0-9][0-9_]* (:[0-9]+)+ (\.[0-9_]*)?
    | [-+]? (?=\.?[0-9]) ([0-9][0-9_]*)? (\.[0-9_]*)? (e[-+]?[0-9]+)?""",
    re.IGNORECASE | re.VERBOSE,
)


class ScalarError(Exception):
    """A scalar that a job may not hold."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def resolve(text: str) -> Any:
    """The value of a plain (unquoted) scalar; raises ScalarError where readers would differ about it."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text[:21])  # cut, it is still too large for `checked`; Python refuses to read thousands of digits
    if _NUMBER.fullmatch(text):
        return float(text)
    if _NONFINITE.fullmatch(text):
        raise ScalarError("E-NONFINITE", f"{shown(text)} is not a finite number")
    if _AMBIGUOUS.fullmatch(text):
        message = f"{shown(text)} means different things to different readers: quote it if it is text, else write "
        raise ScalarError("E-AMBIGUOUS", message + "true, false, null or a plain number")
    if _DATE.fullmatch(text):
        try:
            datetime.fromisoformat(text)
        except ValueError:
            message = f"{shown(text)} is not a date: write YYYY-MM-DD, or quote it if it is text"
            raise ScalarError("E-VALUE", message) from None
    return text


def checked(value: Any) -> Any:
    """`value`, a scalar, if it can stand in JSON and in a file's name; raises ScalarError otherwise."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ScalarError("E-VALUE", "the integer has more than 64 bits")
    if isinstance(value, float) and not math.isfinite(value):
        raise ScalarError("E-NONFINITE", "the number is not finite")
    if isinstance(value, str) and (found := FORBIDDEN.search(value)):
        raise ScalarError("E-VALUE", f"text with the control character {found[0]!r}")
    return value
