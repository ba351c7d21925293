"""A person's phone, as far as it meets us: it opens a link, taps, and its softphone fetches the file."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

from tests.api.client import Api, Reply
from tests.api.world import House, made

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LPCONFIG = "{http://www.linphone.org/xsds/lpconfig.xsd}"


@dataclass(frozen=True)
class Phone:
    """One browser with its cookie jar of one, and the softphone beside it."""

    api: Api
    cookie: str = ""

    def open(self, token: str) -> Reply:
        return self.api.get(f"/a/{token}", headers={"Cookie": self.cookie} if self.cookie else {})

    def claim_id(self, token: str) -> str:
        """What the page's form carries."""
        page = self.open(token)
        assert page.status == 200, page.text
        match = re.search(r'name="claim" value="([A-Za-z0-9]+)"', page.text)
        assert match is not None, page.text
        return match[1]

    def press(self, token: str, claim_id: str) -> Reply:
        return self.api.request("POST", f"/a/{token}", raw=f"claim={claim_id}", headers=FORM)

    def tap(self, token: str) -> str:
        """Opens the page and taps; the ticket that it leads to."""
        answer = self.press(token, self.claim_id(token))
        assert answer.status == 303, (answer.status, answer.text)
        return answer.headers["location"].split("/")[2]

    def fetch(self, ticket: str) -> Reply:
        """What the softphone does: another User-Agent, no cookie."""
        return self.api.at(self.api.host, user_agent="Unknown").get(f"/p/{ticket}")


def desk_link(house: House, account_id: str) -> str:
    """The token of a link shown at the desk."""
    return token_of(made(house.csr.post(f"/v1/accounts/{account_id}/qr"))["url"])


def token_of(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[-1]


def entries(file: Reply) -> dict[str, str]:
    """A Linphone file as {section/entry: value}."""
    assert file.status == 200, (file.status, file.text)
    root = ElementTree.fromstring(file.text)
    return {
        f"{section.get('name')}/{entry.get('name')}": entry.text or ""
        for section in root.iter(f"{LPCONFIG}section")
        for entry in section.iter(f"{LPCONFIG}entry")
    }
