"""What a SIP server asks, and what it tells us."""
