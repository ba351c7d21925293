"""Certificates for one test run: an authority that phones are told to trust, and a server's for the name localhost."""

from pathlib import Path
from typing import NamedTuple

from infra import certificates


class Certificates(NamedTuple):
    """PEM files."""

    authority: Path
    server: Path
    key: Path


def localhost(folder: Path) -> Certificates:
    """Made in `folder`. For a name: phones refuse a server that is only known by its address."""
    certificates.server_context(folder)
    return Certificates(certificates.authority(folder), folder / "server.pem", folder / "server.key")
