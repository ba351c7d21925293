"""Where a request came from, as coarse as we keep it: a /24 of IPv4 or a /56 of IPv6; later a /48."""

import ipaddress


def network(address: str) -> str:
    """The network of an address; the text itself when it is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = 24 if parsed.version == 4 else 56
    return str(ipaddress.ip_network((parsed, bits), strict=False))


def shortened(network: str) -> str:
    """A network, or an address, as it is kept for long: at most a /24 of IPv4 or a /48 of IPv6. Empty for what is
    neither: it might be anything."""
    try:
        parsed = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return ""
    bits = 24 if parsed.version == 4 else 48
    return str(parsed.supernet(new_prefix=bits)) if parsed.prefixlen > bits else str(parsed)
