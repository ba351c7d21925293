"""One faithful fake per provider: it answers in the provider's own dialect, and what it recorded is what was sent.

Tests assert on these recordings ("sent exactly once" is checked at the provider, not in our own tables); `make run`
shows them in its inbox. Nothing here imports the code under test.
"""
