"""AWS list prices, US dollars, Europe (Ireland), without free tiers and without reductions for volume.

Written down by hand: look at https://aws.amazon.com/pricing/ before a number from here goes into an offer.
"""

from collections.abc import Mapping
from typing import Final

REGION: Final = "eu-west-1"
AS_OF: Final = "2025-01"

PER_MILLION: Final = 1e-6
PER_TEN_THOUSAND: Final = 1e-4
PER_THOUSAND: Final = 1e-3

# DynamoDB, on demand, standard table class
DYNAMODB_READ_UNIT: Final = 0.1415 * PER_MILLION
DYNAMODB_WRITE_UNIT: Final = 0.705 * PER_MILLION
DYNAMODB_GB_MONTH: Final = 0.283
DYNAMODB_BACKED_UP_GB_MONTH: Final = 0.2264  # point-in-time recovery

API_GATEWAY_REQUEST: Final = 3.50 * PER_MILLION  # REST API
DATA_OUT_GB: Final = 0.09  # to the internet, the first 10 TB
LAMBDA_REQUEST: Final = 0.20 * PER_MILLION
LAMBDA_GB_SECOND: Final = 0.0000166667  # x86
SQS_REQUEST: Final = 0.40 * PER_MILLION  # standard queue, each up to 64 KB
SNS_REQUEST: Final = 0.50 * PER_MILLION  # SES publishes its events; bringing them to a queue costs nothing

# by the month, whatever is done
KMS_KEY: Final = 1.00
KMS_ROTATION: Final = 1.00  # after each of a key's first two yearly rotations
SECRET: Final = 0.40
ALARM: Final = 0.10  # standard resolution, one metric

# what is watched
METRIC: Final = (
    0.30  # of one's own, or of one method of an API, for each of the first 10,000; by the hour it is written
)
LOG_GB: Final = 0.57  # taken in
LOG_KEPT_GB_MONTH: Final = 0.03
TRACE: Final = 5.00 * PER_MILLION  # X-Ray, recorded

# What one call costs; calls of DynamoDB are paid by request units. SES is paid for each e-mail.
EACH_CALL: Final[Mapping[str, float]] = {
    "kms": 0.03 * PER_TEN_THOUSAND,
    "secrets-manager": 0.05 * PER_TEN_THOUSAND,
    "sqs": SQS_REQUEST,
}
S3_WRITE: Final = 0.005 * PER_THOUSAND  # and LIST
S3_READ: Final = 0.0004 * PER_THOUSAND
CALLS: Final[Mapping[str, float]] = {
    "s3.CreateMultipartUpload": S3_WRITE,
    "s3.CompleteMultipartUpload": S3_WRITE,
    "s3.UploadPart": S3_WRITE,
    "s3.PutObject": S3_WRITE,
    "s3.ListObjectsV2": S3_WRITE,
    "s3.GetObject": S3_READ,
    "s3.HeadObject": S3_READ,
    "s3.AbortMultipartUpload": 0.0,
    "s3.DeleteObject": 0.0,
    "s3.DeleteObjects": 0.0,
    "sesv2.GetAccount": 0.0,
    "sesv2.SendEmail": 0.10 * PER_THOUSAND,
}


def call(name: str) -> float:
    """Of one call, named like "kms.Decrypt". Raises KeyError for one that nobody has looked up yet."""
    service = name.partition(".")[0]
    return EACH_CALL[service] if service in EACH_CALL else CALLS[name]
