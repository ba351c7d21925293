"""What every test's process has in its environment, set before anything of ours is imported."""

import os

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "dialready")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "DialReady")
