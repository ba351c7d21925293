"""Customer organisations, and the names each of them owns: SIP domains and public hostnames."""
