"""Logs and metrics: one line per thing that happened, key-value, ids only, never content."""

from aws_lambda_powertools import Logger, Metrics

logger = Logger(log_uncaught_exceptions=False)
metrics = Metrics()
