"""A page is one file: everything is escaped, nothing is loaded, and one can read it in light and in dark."""

import re
from itertools import product

import pytest

from phase_worker.contract.html_page import STYLE, Markup, details, element, joined, page, table

EVIL = "<script>alert(1)</script>\"'&"


def test_text_and_attributes_are_escaped_and_markup_is_not() -> None:
    made = element("p", EVIL, element("b", "x"), title=EVIL)
    assert made.count("<script") == 0
    assert "<b>x</b></p>" in made
    assert 'title="&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;"' in made


@pytest.mark.parametrize(
    "made",
    [
        joined([EVIL]),
        details(EVIL, EVIL),
        table([EVIL, "b"], [[EVIL, EVIL]], caption=EVIL, more=EVIL),
    ],
)
def test_every_part_escapes_what_it_is_given(made: Markup) -> None:
    assert "<script" not in made


def test_attributes_are_spelled_as_in_html_and_none_is_left_out() -> None:
    assert element("a", class_="x", aria_label="y", href=None) == '<a class="x" aria-label="y"></a>'


def test_the_cells_of_a_table_have_headings_of_their_row_and_column() -> None:
    made = table(["Name", "Figure"], [["a", "1"]], caption="All")
    assert '<th scope="col">Name</th><th scope="col" class="num">Figure</th>' in made
    assert '<th scope="row">a</th><td class="num">1</td>' in made
    assert "<caption>All</caption>" in made


def test_a_page_runs_its_own_scripts_and_loads_nothing() -> None:
    text = page(EVIL, EVIL, [("a", EVIL, element("p", EVIL))], scripts=["let x = 1 < 2;"]).decode()
    assert text.count("<script>") == 1
    assert "<script>let x = 1 < 2;</script>" in text
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "default-src &#x27;none&#x27;; script-src &#x27;sha256-" in policy[1]
    assert "unsafe-eval" not in policy[1]


def test_a_page_without_scripts_allows_none() -> None:
    assert b"script-src &#x27;none&#x27;" in page("t", "h", [])


def test_who_uses_the_keyboard_can_skip_to_the_content_and_to_every_section() -> None:
    text = page("t", "h", [("one", "One", element("p")), ("two", "Two", element("p"))]).decode()
    assert text.index('href="#content"') < text.index("<header>") < text.index('href="#one"') < text.index("<main")
    assert {"content", "one", "two"} <= set(re.findall(r' id="([^"]*)"', text))


def schemes() -> dict[str, dict[str, str]]:
    light, dark = (
        dict(re.findall(r"--(\w+):(#\w+)", part)) for part in STYLE.split("@media(prefers-color-scheme", 2)[:2]
    )
    return {"light": light, "dark": dark}


@pytest.mark.parametrize(
    ("scheme", "colour", "ground"),
    [*product(["light", "dark"], ["ink", "muted", "accent", "second", "good", "bad"], ["paper", "panel"])],
)
def test_text_stands_out_from_what_is_behind_it(scheme: str, colour: str, ground: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    colours = schemes()[scheme]
    brighter, darker = sorted((luminance(colours[colour]), luminance(colours[ground])), reverse=True)
    assert (brighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
