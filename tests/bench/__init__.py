"""The budgets, measured: `make bench`. Nothing here is a test; what is over its budget says so."""

import os

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "dialready")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "DialReady")
