"""AWS list prices, US dollars, Europe (Ireland), without free tiers and without reductions for volume.

Written down by hand: look at https://aws.amazon.com/pricing/ before a number from here goes into an offer.
"""

from typing import Final

REGION: Final = "eu-west-1"
AS_OF: Final = "2025-01"

PER_MILLION: Final = 1e-6
PER_TEN_THOUSAND: Final = 1e-4
PER_THOUSAND: Final = 1e-3

DYNAMODB_READ_UNIT: Final = 0.1415 * PER_MILLION  # on demand, standard table class
DYNAMODB_WRITE_UNIT: Final = 0.705 * PER_MILLION

API_GATEWAY_REQUEST: Final = 3.50 * PER_MILLION  # REST API
LAMBDA_REQUEST: Final = 0.20 * PER_MILLION
LAMBDA_GB_SECOND: Final = 0.0000166667  # x86
SQS_REQUEST: Final = 0.40 * PER_MILLION  # standard queue, each up to 64 KB

# What one call costs; calls of DynamoDB are paid by request units. SES is paid for each e-mail.
CALLS: Final = {
    "kms.Decrypt": 0.03 * PER_TEN_THOUSAND,
    "kms.GenerateDataKey": 0.03 * PER_TEN_THOUSAND,
    "s3.PutObject": 0.005 * PER_THOUSAND,
    "s3.GetObject": 0.0004 * PER_THOUSAND,
    "s3.DeleteObject": 0.0,
    "secrets-manager.GetSecretValue": 0.05 * PER_TEN_THOUSAND,
    "sesv2.SendEmail": 0.10 * PER_THOUSAND,
    "sqs.SendMessage": SQS_REQUEST,
    "sqs.SendMessageBatch": SQS_REQUEST,
    "sqs.ReceiveMessage": SQS_REQUEST,
    "sqs.DeleteMessage": SQS_REQUEST,
}
SNS_REQUEST: Final = 0.50 * PER_MILLION  # SES publishes its events; bringing them to a queue costs nothing
