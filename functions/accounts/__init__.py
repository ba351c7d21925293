"""People and their numbers: create, change, disable, expire, delete."""
