"""The pages that people see between the message and the first call: from data to an answer, and nothing else.

`offer` is the link itself, `start` what its tap leads to, `ended` what a link says that leads nowhere any more. Every
one of them works without script; what the scripts add is in `scripts`."""

from functions.activation.screens.end_pages import ended, spell, sure, told
from functions.activation.screens.link_page import Offer, offer
from functions.activation.screens.shell import NEUTRAL, House
from functions.activation.screens.start_page import Started, android_intent, launching, start
from functions.activation.words import What, Why

__all__ = [
    "NEUTRAL",
    "House",
    "Offer",
    "Started",
    "What",
    "Why",
    "android_intent",
    "ended",
    "launching",
    "offer",
    "spell",
    "start",
    "sure",
    "told",
]
