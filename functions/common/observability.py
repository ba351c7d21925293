"""Logs and metrics: one line per thing that happened, key-value, ids only, never content."""

import gc
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(log_uncaught_exceptions=False)
metrics = Metrics()


def count(name: str, number: int = 1) -> None:
    """Adds to a CloudWatch metric of this service; written when the invocation ends."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)


def written(event: Any, get_response: Callable[[Any], Any]) -> Any:
    """Middleware: what was counted is written when the invocation ends. (Powertools' own warns of each that counted
    nothing.)"""
    try:
        return get_response(event)
    finally:
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        if metrics.provider.metric_set:
            metrics.flush_metrics()
