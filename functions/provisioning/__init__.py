"""Provisioning profiles, and the file that a phone reads."""
