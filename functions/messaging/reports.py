"""Where providers report: an address with a secret in it. What is read there is queued; all else happens behind it."""

from botocore.exceptions import BotoCoreError, ClientError

from functions.common.errors import NotFound, Problem, Unavailable
from functions.common.http import Answer, Call, operation
from functions.common.keyring import fingerprint
from functions.common.observability import logger
from functions.common.table import key, read
from functions.messaging import receipts
from functions.messaging.gateway_accounts import GATEWAYS
from functions.messaging.gateways import Delivery, ReceiptRefused
from functions.messaging.lines import Broken, Line, open_line
from functions.messaging.models import ReceiptAddress


class ReportRefused(Problem):
    status, code = 401, "report_refused"
    message = "This report is not signed as the gateway's provider signs."


@operation(
    "A provider reports what became of messages; the body is the provider's own",
    answers={200: None},
    problems=(NotFound, ReportRefused, Unavailable),
    content_type="*/*",
)
def report(call: Call[None, None]) -> Answer:
    line = _line(call.path["gateway_id"], call.path["secret"])
    delivery = Delivery(
        method=call.route.verb,
        content_type=call.headers.get("content-type", ""),
        query=dict(call.parameters),
        headers=dict(call.headers),
        body=call.raw,
    )
    try:
        found = line.module.read_receipts(delivery, line.settings, line.secrets)
    except ReceiptRefused as refused:
        logger.warning("report refused", extra={"gateway": line.gateway.id, "why": str(refused)})
        raise ReportRefused from None
    try:
        for receipt in found:
            receipts.enqueue(receipts.Arrived(receipt=receipt, gateway=line.gateway.id, kind=line.gateway.fields.kind))
    except (BotoCoreError, ClientError):  # the provider will report again
        logger.exception("report not queued", extra={"gateway": line.gateway.id})
        raise Unavailable from None
    return Answer()


def _line(gateway_id: str, secret: str) -> Line:
    """The gateway whose address this is. Raises NotFound for any other address."""
    address = read(ReceiptAddress, key("receipt", fingerprint(secret)), consistent=False)
    if address is None or address.gateway_id != gateway_id:
        raise NotFound
    gateway = GATEWAYS.find(address.tenant, gateway_id)
    if gateway is None:
        raise NotFound
    try:
        return open_line(gateway)
    except Broken:
        raise NotFound from None
