"""HTML pages that stand alone: one file, no request to anywhere, readable in light, in dark and without scripts.

What is put into an element is escaped unless it is `Markup`, which only this module's functions make.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape

_LONG = 60  # rows, from which on a table scrolls upright too
_BRIEF = 32  # letters of a cell that stay on one line
_VOID = frozenset({"br", "meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, /, *content: str, **attributes: object) -> Markup:
    """`<name …>content</name>`; of an attribute's name a last `_` is dropped, others become `-`; None leaves it out."""
    words = [
        f' {key.removesuffix("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    ]
    opening = f"<{name}{''.join(words)}>"
    return Markup(opening if name in _VOID else f"{opening}{joined(content)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """The parts one after the other."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part, quote=False) for part in parts))


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str, left: int = 1, more: str | None = None
) -> Markup:
    """A table whose columns after the first `left` are numbers; the first cell of a row is its heading.

    It scrolls by itself where it is too wide. `more` is said below it, such as what was left out.
    """
    numeric = ["num" if place >= left else None for place in range(len(header))]
    heading = [element("th", text, scope="col", class_=class_) for text, class_ in zip(header, numeric, strict=True)]
    body = [_row(cells, numeric) for cells in rows]
    whole = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *heading)),
        element("tbody", *body),
    )
    scrolling = element(
        "div",
        whole,
        class_="scroll long" if len(body) > _LONG else "scroll",
        tabindex="0",
        role="region",
        aria_label=caption,
    )
    return joined([scrolling, element("p", more, class_="note")]) if more else scrolling


def _row(cells: Sequence[str], numeric: Sequence[str | None]) -> Markup:
    first, *others = cells
    return element(
        "tr",
        element("th", first, scope="row", class_=numeric[0]),
        *(
            element("td", cell, class_=class_ or ("brief" if len(cell) <= _BRIEF else None))
            for cell, class_ in zip(others, numeric[1:], strict=True)
        ),
    )


def figure(content: Markup, caption: str) -> Markup:
    """A picture or a chart, with what is to be seen in it."""
    return element("figure", content, element("figcaption", caption))


def details(summary: str, *content: str) -> Markup:
    """What is shown when it is asked for."""
    return element("details", element("summary", summary), *content)


def section(identifier: str, title: str, *content: str) -> Markup:
    """A part of the page that its contents lead to."""
    heading = element("h2", title, id=f"{identifier}-title")
    return element("section", heading, *content, id=identifier, aria_labelledby=f"{identifier}-title")


def page(
    title: str,
    heading: str,
    sections: Sequence[tuple[str, str, Markup]],
    *,
    scripts: Sequence[str] = (),
    refresh_s: int | None = None,
) -> bytes:
    """The whole document: `sections` are (identifier, title, content), `heading` is said below the title.

    Only `scripts` run, known by their sha256, and nothing is loaded from anywhere: its content security policy says so
    to the browser. With `refresh_s` the browser reads the page again after so many seconds.
    """
    contents = [element("li", element("a", name, href=f"#{identifier}")) for identifier, name, _ in sections]
    body = [
        element("a", "Skip to the content", href="#content", class_="skip"),
        element("header", element("h1", title), element("p", heading)),
        element("nav", element("ul", *contents), aria_label="Contents"),
        element("main", *(section(*each) for each in sections), id="content", tabindex="-1"),
        *(element("script", Markup(script)) for script in scripts),
    ]
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        *([element("meta", http_equiv="refresh", content=refresh_s)] if refresh_s else ()),
        element("title", title),
        element("style", Markup(STYLE)),
    ]
    document = element("html", element("head", *head), "\n", element("body", *body), lang="en")
    return f"<!doctype html>\n{document}\n".encode()


def _policy(scripts: Sequence[str]) -> str:
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"


STYLE = """
:root{color-scheme:light dark;--paper:#fff;--panel:#f4f6f8;--ink:#1a1e23;--muted:#57606a;--line:#d4dae0;
--accent:#0a5fa8;--second:#b0480a;--good:#17693a;--bad:#b3261e;--band:#e6edf4;
--h0:#f2f0f7;--h1:#dadaeb;--h2:#bcbddc;--h3:#9e9ac8;--h4:#756bb1;--h5:#54278f}
@media(prefers-color-scheme:dark){:root{--paper:#12151a;--panel:#1b2027;--ink:#e7eaee;--muted:#a3adb8;--line:#353d47;
--accent:#6db5f5;--second:#f2a25c;--good:#74d196;--bad:#ff8f86;--band:#232b35;
--h0:#262338;--h1:#3a3358;--h2:#53487d;--h3:#7264a6;--h4:#998bcb;--h5:#cdc2f0}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem clamp(1rem,4vw,3rem) 4rem;max-width:76rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
h1{font-size:1.7rem;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.5rem 0 .75rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
header p{margin:.35rem 0 0;color:var(--muted);overflow-wrap:anywhere}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem;z-index:9}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:1rem 0 0;padding:0;font-size:.95rem}
main:focus{outline:none}
.tiles{display:grid;gap:.75rem;margin:1rem 0;padding:0;
grid-template-columns:repeat(auto-fill,minmax(min(14rem,44%),1fr))}
.tiles div{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem}
.tiles dt{color:var(--muted);font-size:.85rem}
.tiles dd{margin:0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.long{max-height:36rem}
.scroll{overflow:auto;border:1px solid var(--line);border-radius:.5rem;margin:.75rem 0}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.5rem .75rem;color:var(--muted);font-size:.85rem}
th,td{padding:.3rem .75rem;border-top:1px solid var(--line);text-align:left;vertical-align:top}
thead th{position:sticky;top:0;background:var(--panel);border-top:0;white-space:nowrap}
tbody th{font-weight:500}tbody th,.brief{white-space:nowrap}
.num{text-align:right;white-space:nowrap}
tbody tr:hover{background:var(--panel)}
figure{margin:1rem 0 1.5rem}figcaption,.note{color:var(--muted);font-size:.85rem;margin:.4rem 0 0;max-width:52rem}
.chart{width:100%;overflow-x:auto}
.chart>svg{display:block;min-width:36rem;width:100%;height:auto}
.chart .vega-embed,.chart .vega-embed svg{width:100%}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--accent);font-size:.9rem}
#vg-tooltip-element.vg-tooltip{background:var(--panel);color:var(--ink);border:1px solid var(--line)}
#vg-tooltip-element.vg-tooltip td.key{color:var(--muted)}
.good{color:var(--good)}.bad{color:var(--bad)}
.warn{border-left:4px solid var(--second);background:var(--panel);padding:.5rem .9rem;margin:.75rem 0}
code,.mono{font:.85em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
@media(max-width:40rem){.tiles dd{font-size:1.15rem}th,td{padding:.3rem .5rem}}
@media print{nav,.skip{display:none}.long{max-height:none}.scroll{overflow:visible}body{max-width:none}}
"""
