"""`/docs`: the API on one page, drawn from `/openapi.json` by ourselves. It needs no network, and script to search."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from functions.common.http import JSON, Answer, Call, operation
from functions.common.page import escape
from functions.common.page import page as whole_page
from functions.console import openapi
from functions.console.fields import prose, table
from functions.console.schemas import Schema

STYLE: Final = """
main { max-width: 60rem }
nav a { display: inline-block; margin: 0 .75rem .25rem 0 }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0 }
summary { padding: .6rem .8rem; cursor: pointer }
summary small { display: block; color: var(--soft) }
details > div { padding: 0 .8rem .8rem; overflow-x: auto }
.verb { display: inline-block; min-width: 4.2rem; font: 700 .875rem ui-monospace, monospace; color: var(--act) }
code, pre { font: .875rem/1.45 ui-monospace, monospace }
pre { padding: .7rem; border: 1px solid var(--line); border-radius: .4rem; overflow-x: auto; white-space: pre }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; overflow-wrap: normal }
td { text-align: start; vertical-align: top; padding: .3rem .6rem .3rem 0; border-top: 1px solid var(--line) }
td:first-child { width: 16rem; max-width: 45vw; overflow-wrap: anywhere }
td small { color: var(--soft); display: block }
h3 { font-size: 1rem; margin: 1rem 0 .25rem }
input[type=search] { width: 100%; padding: .6rem; font: inherit; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--back); color: var(--text) }
"""
SEARCH: Final = (
    "var q=document.getElementById('q'),all=[].slice.call(document.querySelectorAll('details'));"
    "document.getElementById('search').hidden=false;"
    "q.addEventListener('input',function(){var words=q.value.toLowerCase().split(/\\s+/);all.forEach(function(d){"
    "d.hidden=!words.every(function(w){return d.textContent.toLowerCase().indexOf(w)>=0})});"
    "[].forEach.call(document.querySelectorAll('section'),function(s){s.hidden=!s.querySelector('details:not([hidden])')})});"
    "function shown(){var d=document.getElementById(location.hash.slice(1));if(d&&d.tagName==='DETAILS')d.open=true}"
    "addEventListener('hashchange',shown);shown()"
)


@operation("The API for people to read", answers={200: None}, produces="text/html")
def page(_call: Call[None, None]) -> Answer:
    return whole_page("DialReady API", body(), "en", style=STYLE, script=SEARCH)


@cache
def body() -> str:
    """The page's content: drawn once per process."""
    return "".join(_document(json.loads(openapi.text())))


def _document(document: Schema) -> Iterator[str]:
    info = document["info"]
    yield f"<main><h1>{escape(info['title'])} API, version {escape(info['version'])}</h1>"
    yield from (f"<p>{prose(paragraph)}</p>" for paragraph in info["description"].strip().split("\n\n"))
    yield f"<p>{prose('The same for programs:')} <a href='openapi.json'>openapi.json</a></p>"
    yield '<p id="search" hidden><label for="q">Search</label><input type="search" id="q" autocomplete="off"></p><nav>'
    yield from (f'<a href="#{tag["name"]}">{tag["name"]}</a>' for tag in document["tags"])
    yield "</nav>"
    for tag in document["tags"]:
        yield f'<section><h2 id="{tag["name"]}">{tag["name"]}</h2><p class="note">{prose(tag["description"])}</p>'
        for path, verbs in document["paths"].items():
            for verb, each in verbs.items():
                if tag["name"] in each["tags"]:
                    yield from _operation(document, path, verb.upper(), each)
        yield "</section>"
    yield "</main>"


def _operation(document: Schema, path: str, verb: str, each: Schema) -> Iterator[str]:
    yield f'<details id="{escape(each["operationId"])}"><summary><span class="verb">{verb}</span> '
    yield f"<code>{escape(path)}</code><small>{prose(each['summary'])}</small></summary><div>"
    yield f"<p>{prose(each['description'])}</p>"
    if each["parameters"]:
        yield f"<h3>Parameters</h3>{_parameters(each['parameters'])}"
    sent = each.get("requestBody", {}).get("content", {}).get(JSON)
    if sent:
        yield f"<h3>Body</h3>{table(document, sent['schema'])}"
    yield f"<h3>Example</h3><pre>{escape(_curl(path, verb, each, sent))}</pre>"
    yield f"<h3>Answers</h3>{_answers(document, each)}</div></details>"


def _parameters(parameters: list[Schema]) -> str:
    rows = []
    for each in parameters:
        where = f"{each['in']}, required" if each["required"] else each["in"]
        rows.append(
            f"<tr><td><code>{escape(each['name'])}</code><small>{where}</small><td>{prose(each['description'])}"
        )
    return f"<table>{''.join(rows)}</table>"


def _answers(document: Schema, each: Schema) -> str:
    rows = []
    for status, given in each["responses"].items():
        answer = document["components"]["responses"][given["$ref"].rsplit("/", 1)[1]] if "$ref" in given else given
        shown = answer.get("content", {}).get(JSON) if int(status) < 400 else None
        example = f"<pre>{escape(_json(shown['example']))}</pre>" if shown else ""
        rows.append(f"<tr><td><code>{status}</code><td>{prose(answer['description'])}{example}")
    return f"<table>{''.join(rows)}</table>"


def _curl(path: str, verb: str, each: Schema, sent: Schema | None) -> str:
    filled = re.sub(r"\{(\w+)\}", lambda match: f"${match[1].upper()}", path)
    lines = [f'curl{"" if verb == "GET" else " --head" if verb == "HEAD" else f" -X {verb}"} "$DIALREADY{filled}"']
    if each["security"]:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if sent is not None:
        text = _json(sent["example"]).replace("'", "'\\''")
        lines += ['-H "Content-Type: application/json"', f"-d '{text}'"]
    return " \\\n  ".join(lines)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
