"""The pages about the clients say what the modules do."""

import re
from pathlib import Path
from typing import Final

import msgspec
import pytest

from functions.provisioning.clients import Asked, Client, Delivery, Launch, Start, client, clients, redeeming
from tests.unit.client_files import PHONE, TICKET, read_ini, read_xml

_DOCS: Final = Path(__file__).parents[2] / "docs" / "clients"
_EXTRA: Final = {"acrobits": {"cloud_id": "DIAL"}, "zoiper": {"page_url": "https://oem.zoiper.com/qr-howto.php"}}
_HEAD: Final = "| client | delivery | security models | platforms | what a person does |"


def page(name: str) -> str:
    return (_DOCS / f"{name}.md").read_text()


def launch(name: str) -> Launch:
    start = Start(
        ticket=TICKET,
        url=f"https://go.example.net/p/{TICKET}",
        endpoint=f"https://go.example.net/provisioning/{name}",
        username="7391004422",
        extra=_EXTRA.get(name, {}),
    )
    return client(name).launch(start)


def told(name: str, module: Client) -> str:
    """What a person does, by what the module gives the activation page."""
    way = launch(name)
    if module.DELIVERY is Delivery.shown:
        return "scans the operator's screen with the app"
    if way.url is None:
        return "types " + ", ".join(field for field, _ in way.typed)
    scans = "" if way.scan is None else "; or scans the code on another screen with the app"
    starts = {
        Delivery.download: "the file starts the app",
        Delivery.fetch: "the app starts and fetches its file",
        Delivery.redeem: "a page starts the app" if way.fallback else "the app starts and hands in its code",
    }
    return f"taps: {starts[module.DELIVERY]}{scans}"


def line(name: str) -> str:
    module = client(name)
    cells = (
        f"[{name}]({name}.md)",
        module.DELIVERY.value,
        ", ".join(sorted(model.value for model in module.SECURITY_MODELS)),
        ", ".join(module.PLATFORMS),
        told(name, module),
    )
    return f"| {' | '.join(cells)} |"


def test_the_table_of_clients_is_the_modules_own() -> None:
    listed = page("README").split(_HEAD)[1].split("\n\n")[0].strip().splitlines()[1:]
    assert listed == [line(name) for name in clients()]


@pytest.mark.parametrize(
    "name", [name for name in clients() if client(name).DELIVERY in (Delivery.redeem, Delivery.shown)]
)
def test_a_page_names_everything_that_the_file_says(name: str) -> None:
    module, about = redeeming(name), page(name)
    models = client(name).SECURITY_MODELS
    phone = msgspec.structs.replace(
        PHONE, security_model=min(models), codecs=("pcma", "g722"), extra=_EXTRA.get(name, {})
    )
    made = [client(name).render(phone)]
    if module is not None:
        made += [
            module.answer(phone, Asked(ticket=TICKET, form=form, endpoint="https://x/")) for form in ("new", "token")
        ]
    for file in made:
        for element in said(name, file.body):
            assert re.search(rf"[`:/]{re.escape(element)}[`:/]", about), element


@pytest.mark.parametrize("name", clients())
def test_a_page_names_its_security_models_its_file_s_type_and_its_delivery(name: str) -> None:
    about, module = page(name), client(name)
    for model in ("end-to-end", "end-to-site"):
        row = next(row for row in about.splitlines() if row.startswith("| security models |"))
        assert (f"`{model}`" in row) == (model in [each.value for each in module.SECURITY_MODELS])
    assert f"| delivery | {module.DELIVERY.value}" in about


@pytest.mark.parametrize("name", ["acrobits", "grandstream", "zoiper"])
def test_a_page_names_every_extra_setting(name: str) -> None:
    for key in client(name).EXTRA.pattern.split("|"):
        assert f"`{key}`" in page(name), key


def said(name: str, body: bytes) -> set[str]:
    """The names of everything in a file that has a value."""
    if name == "bria":
        return {key.rpartition(":")[2] for section in read_ini(body).values() for key in section}
    elements = read_xml(body)
    parents = {each.path.rpartition("/")[0] for each in elements}
    return {each.path.rpartition("/")[2] for each in elements if each.path not in parents}
