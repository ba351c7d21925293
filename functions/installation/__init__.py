"""The installation link: whose phone is this, and which package fits it."""
