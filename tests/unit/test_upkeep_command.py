"""What an operator of the installation sees of upkeep and of keys at the terminal."""

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from functions.upkeep.report import MOST_EXAMPLES, Report, shown
from infra import functions, rotate, upkeep
from infra.functions import Asking, AskingError


class Functions:
    """Answers of deployed functions, one after the other."""

    def __init__(self, **answers: list[Mapping[str, Any]]) -> None:
        self._answers: dict[str, Iterator[Mapping[str, Any]]] = {name: iter(each) for name, each in answers.items()}
        self.asked: list[tuple[str, Any]] = []
        self.fails = False

    def invoke(self, **asked: Any) -> dict[str, Any]:
        function = asked["FunctionName"]
        self.asked.append((function, json.loads(asked["Payload"])))
        if self.fails:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "no"}')}
        return {"Payload": io.BytesIO(json.dumps(next(self._answers[function])).encode())}


def report(done: bool = True, **counts: int) -> dict[str, Any]:
    found = Report(done=done)
    for kind, number in counts.items():
        for each in range(number):
            found.add(kind.replace("_", "."), f"{kind}{each}")
    return dict(shown(found))


def at(answers: Functions) -> Asking:
    return Asking(answers, lambda logical_id: logical_id)  # type: ignore[arg-type]


def test_a_dry_run_goes_on_from_where_each_function_ended_and_shows_what_would_happen() -> None:
    answers = Functions(
        UpkeepVisit=[
            report(done=False, account_expired=2) | {"cursor": {"shard": "1", "key": None}},
            report(done=False, account_expired=3) | {"cursor": {"shard": "2", "key": None}},
            report(account_deleted=1),
        ],
        UpkeepRetain=[report(done=False, audit_days=2)],  # one that knows no cursor
    )
    said: list[str] = []
    upkeep.upkeep(at(answers), dry_run=True, days=30, say=said.append)
    event = {"dry_run": True, "days": 30}
    assert [event for _, event in answers.asked] == [
        event,
        event | {"cursor": {"shard": "1", "key": None}},
        event | {"cursor": {"shard": "2", "key": None}},
        event,
    ]
    assert said == [
        "UpkeepVisit: would happen",
        "  account.deleted                     1  account_deleted0",
        "  account.expired                     5  account_expired0, account_expired1, account_expired0, …",
        "UpkeepRetain: would happen",
        "  audit.days                          2  audit_days0, audit_days1",
        "  and more: the time was over",
    ]


def test_a_real_run_goes_on_until_all_is_done_and_sums_up() -> None:
    answers = Functions(
        UpkeepVisit=[report(done=False, account_expired=3), report(account_expired=2)], UpkeepRetain=[report()]
    )
    said: list[str] = []
    found = upkeep.upkeep(at(answers), dry_run=False, say=said.append)
    assert [event for _, event in answers.asked] == [{}] * 3
    assert found["UpkeepVisit"]["counts"] == {"account.expired": 5}
    assert said[0] == "UpkeepVisit: has happened"
    assert said[-1] == "  nothing"


def test_it_does_not_go_on_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "MOST_RUNS", 3)
    answers = Functions(UpkeepVisit=[report(done=False)] * 9, UpkeepRetain=[report()])
    said: list[str] = []
    upkeep.upkeep(at(answers), dry_run=False, say=said.append)
    assert len(answers.asked) == 4
    assert "  and more: the time was over" in said


def test_a_dry_run_that_comes_no_further_ends() -> None:
    stuck = report(done=False, account_expired=1) | {"cursor": {"shard": "1", "key": None}}
    answers = Functions(UpkeepVisit=[stuck] * 9, UpkeepRetain=[report()])
    said: list[str] = []
    upkeep.upkeep(at(answers), dry_run=True, say=said.append)
    assert len(answers.asked) == 3
    assert "  and more: the time was over" in said


def test_a_function_that_fails_says_why() -> None:
    answers = Functions()
    answers.fails = True
    with pytest.raises(AskingError, match=r'UpkeepVisit failed: \{"errorMessage": "no"\}'):
        upkeep.upkeep(at(answers), dry_run=True, say=lambda _: None)


def test_nothing_that_runs_here_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(functions, "ROOT", tmp_path)
    with pytest.raises(AskingError, match="make run"):
        functions.asking(functions.LOCAL)


ROTATED = {
    "ring": "links",
    "current": "a",
    "next": "b",
    "next_from": "2026-11-23T12:30:00.000Z",
    "versions": {
        "a": {"since": "2025-11-23T12:00:00.000Z"},
        "b": {"added": "2026-11-23T12:00:00.000Z"},
    },
    "breaks": [],
}


def test_a_keyring_is_shown_with_what_comes_next() -> None:
    assert list(rotate.lines(ROTATED)) == [
        "links/a  current  since 2025-11-23T12:00:00.000Z",
        "links/b  next     added 2026-11-23T12:00:00.000Z",
        "links/b becomes current at 2026-11-23T12:30:00.000Z, or within the hour after it",
    ]


def test_what_keeps_a_version_is_shown() -> None:
    kept = ROTATED | {"next": None, "current": "b", "breaks": ["Open links bear it."]}
    assert list(rotate.lines(kept, "a"))[-2:] == ["a is not retired:", "  Open links bear it."]
    assert list(rotate.lines({"problem": "No."})) == ["No."]


# The report itself.


def test_a_report_counts_all_and_names_the_first() -> None:
    found = Report()
    for number in range(MOST_EXAMPLES + 5):
        found.add("x", str(number))
    found.add("y", number=7)
    assert found.counts == {"x": MOST_EXAMPLES + 5, "y": 7}
    assert found.examples == {"x": [str(number) for number in range(MOST_EXAMPLES)]}


def test_reports_are_joined_and_each_begins_empty() -> None:
    first, second = Report(), Report(done=False)
    first.add("x", "1")
    second.add("x", "2", number=3)
    first.join(second)
    assert (first.counts, first.examples, first.done) == ({"x": 4}, {"x": ["1", "2"]}, False)
    assert Report().counts == {}
