"""Asks each gateway's provider from time to time whether our account there is in order: credit, rate, quota; and sooner
whether one that is out works again."""

from collections.abc import Callable

from functions.common import clock
from functions.common.errors import Changed
from functions.common.observability import count, logger
from functions.messaging import health
from functions.messaging.gateway_accounts import GATEWAYS
from functions.messaging.gateways import Health, Trouble
from functions.messaging.lines import Broken, open_line
from functions.messaging.models import GatewayHealth

PAGE = 50


def run(time_is_over: Callable[[], bool]) -> int:
    """One round; returns how many gateways it looked at. What it does not reach is due again at the next."""
    looked_at = 0
    for item in GatewayHealth.due.query(health.SHARD, GatewayHealth.due_at <= clock.epoch(), page_size=PAGE):
        if time_is_over():
            logger.warning("watched in part")
            break
        looked_at += 1
        try:
            _look(item)
        except Changed:  # it was tested, refused or changed in the meantime
            continue
        except Exception:  # one gateway must not keep the others from being looked at
            logger.exception("gateway not probed", extra={"gateway": item.gateway_id})
    return looked_at


def _look(item: GatewayHealth) -> None:
    gateway = GATEWAYS.find(item.tenant, item.gateway_id)
    if gateway is None:  # deleted half-way
        item.delete()
        return
    found: Health | None
    try:
        found = open_line(gateway).probe()
    except Broken as broken:
        found = Health(works=False, trouble=Trouble.other, words=str(broken))
    if found is not None and found.trouble is Trouble.credit:
        count("GatewayWithoutCredit")
    health.probed(item, found)
