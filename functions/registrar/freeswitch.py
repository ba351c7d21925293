"""FreeSWITCH's directory: what its mod_xml_curl posts and reads.

Written after mod_xml_curl, switch_xml.c and sofia_reg.c of FreeSWITCH. Every user carries its digest secret: FreeSWITCH
lets in whoever claims to be a user without one."""

from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from functions.accounts import devices
from functions.accounts.people import Account, find
from functions.common.caller import Caller
from functions.common.errors import Invalid
from functions.common.http import Answer, Call, operation
from functions.registrar import seen
from functions.registrar.directory import FORM, valid_seconds
from functions.registrar.forms import caller_name, fields, word

XML: Final = "text/xml; charset=utf-8"
REMEMBERED_SECONDS: Final = 60
# What a call of an account of this security model must be. End to end, FreeSWITCH stays out of the media.
_MEDIA: Final = {"end-to-site": {"rtp_secure_media": "mandatory"}, "end-to-end": {"bypass_media": "true"}}


@operation(
    "The user that FreeSWITCH asks for, or its result `not found`",
    answers={200: None},
    problems=(Invalid,),
    content_type=FORM,
    produces="text/xml",
)
def directory(call: Call[None, None]) -> Answer:
    document = _found(call.caller, fields(call.raw))
    return Answer(text=tostring(document, encoding="unicode", xml_declaration=True), content_type=XML)


def _found(caller: Caller, asked: dict[str, str]) -> Element:
    domain, user = asked.get("domain") or asked.get("key_value", ""), word(asked.get("user", ""))
    if asked.get("section") != "directory" or domain not in caller.domains or user is None:
        return _not_found()
    seen.note(caller.tenant, domain)
    authenticating = asked.get("action") == "sip_auth"
    holder = None if authenticating else devices.holder(caller.tenant, domain, user)
    username = holder.username if holder is not None else user
    subscriber = devices.subscriber(caller.tenant, domain, username, "MD5")  # it does not say what it challenged with
    if subscriber is None or not _registers_itself(asked, subscriber.number):
        return _not_found()
    account = find(caller.tenant, subscriber.account_id)
    if account is None:
        return _not_found()
    # FreeSWITCH keeps an answer under the name that it asked for. A digest's answer is for one To alone; a number with
    # its + is nobody's username.
    remembered = 0
    if user.startswith("+") and not authenticating:
        remembered = min(REMEMBERED_SECONDS, valid_seconds(subscriber.expires_at))
    return _document(account, username, domain, subscriber, remembered)


def _registers_itself(asked: dict[str, str], number: str) -> bool:
    """FreeSWITCH would register a phone for any number in To: here the digest user is the number's."""
    registers = asked.get("action") == "sip_auth" and asked.get("sip_auth_method", "REGISTER") == "REGISTER"
    return not registers or asked.get("sip_to_user", number) == number


def _document(account: Account, username: str, domain: str, subscriber: devices.Subscriber, remembered: int) -> Element:
    document = Element("document", type="freeswitch/xml")
    section = SubElement(document, "section", name="directory")
    users = SubElement(SubElement(SubElement(section, "domain", name=domain), "groups"), "group", name="dialready")
    attributes = {"id": username, "number-alias": subscriber.number}
    if remembered:
        attributes["cacheable"] = str(remembered * 1000)
    user = SubElement(SubElement(users, "users"), "user", attributes)
    address = f"{subscriber.number}@{domain}"
    parameters = {
        "a1-hash": subscriber.ha1,
        "dial-string": f"{{presence_id={address}}}${{sofia_contact({address})}}",
    }
    name = caller_name(account.full_name)
    variables = {
        "user_context": domain,
        "effective_caller_id_number": subscriber.number,
        "effective_caller_id_name": name,
        "dialready_account": account.id,
        "dialready_epoch": str(subscriber.epoch),
        **_MEDIA[account.security_model],
    }
    _listed(SubElement(user, "params"), "param", parameters)
    _listed(SubElement(user, "variables"), "variable", variables)
    return document


def _listed(parent: Element, tag: str, values: dict[str, str]) -> None:
    for name, value in values.items():
        SubElement(parent, tag, name=name, value=value)


def _not_found() -> Element:
    document = Element("document", type="freeswitch/xml")
    SubElement(SubElement(document, "section", name="result"), "result", status="not found")
    return document
