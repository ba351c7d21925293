"""Exports over HTTP."""

from functions.common.errors import NotFound
from functions.common.http import Answer, Call, operation
from functions.imports import exporting
from functions.imports.exporting import NewExport, ShownExport


@operation("Export people as a file that can be imported again", body=NewExport, answers={201: ShownExport})
def begin(call: Call[NewExport, None]) -> Answer:
    made = exporting.create(call.caller, call.body, call.mark)
    return Answer(status=201, body=made, headers={"Location": f"/v1/exports/{made.id}"})


@operation("How far an export is, and where it is downloaded", answers={200: ShownExport}, problems=(NotFound,))
def follow(call: Call[None, None]) -> Answer:
    return Answer(body=exporting.show(call.caller, call.path["export_id"]))
