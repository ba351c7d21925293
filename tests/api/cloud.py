"""AWS in this process, by moto: the tables of infra/template, queues, bucket, key and keyrings.

moto is not atomic under threads and slow with many rows: one thread, small worlds. Races and volume: tests/e2e."""

import os
import sys
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import moto
from moto.backends import get_backend
from moto.core.base_backend import BackendDict

from functions.accounts import visit
from functions.common import aws, keyring, records, sealing, transaction
from functions.messaging import health, rates
from functions.messaging.gateways import _tokens
from functions.operators import authorise
from functions.registrar import seen
from infra.template import read_parts

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
BUCKETS = {"BUCKET_FILES": "files", "BUCKET_PACKAGES": "packages", "BUCKET_TRANSFERS": "transfers"}
VERIFIED = "example.net"  # the domain from which SES may send
QUEUES = {"QUEUE_OUTBOX": "outbox", "QUEUE_RECEIPTS": "receipts", "QUEUE_WORK": "work"}
KEYRINGS = {"SECRET_LINKS": "links", "SECRET_OPERATORS": "operators"}
ACCOUNT = "123456789012"  # moto's
EMPTIED = ("sqs", "s3", "ses", "sesv2", "sns")  # per test; keys and secrets may stay: what they are for has new ids

ENVIRONMENT = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "STAGE": "test",
    **BUCKETS,
    "SECRETS_PREFIX": "dialready/test/gateway/",
    "SES_CONFIGURATION_SET": "dialready-test",
    **KEYRINGS,
}


@dataclass(frozen=True)
class Kept:
    """What all our tables held at one moment."""

    tables: Any


class Cloud:
    """AWS for all tests of a folder: built once, because clients cost most, and begun anew for each test."""

    def __init__(self) -> None:
        self._mock = moto.mock_aws()
        self._mock.start()
        self._open()

    def _open(self) -> None:
        self._before = dict(os.environ)
        os.environ.update(ENVIRONMENT)
        self.dynamodb = boto3.client("dynamodb")
        self.sqs = boto3.client("sqs")
        self.s3 = boto3.client("s3")
        self.sesv2 = boto3.client("sesv2")
        self.secrets = boto3.client("secretsmanager")
        self.kms = boto3.client("kms")
        self.tables = _tables()
        for name in self.tables:
            os.environ[f"TABLE_{name.upper()}"] = name

    def renew(self) -> None:
        """Makes everything anew."""
        BackendDict.reset()
        self._make()
        self._empty()

    def _make(self) -> None:
        for name, properties in self.tables.items():
            self.dynamodb.create_table(TableName=name, **properties)
        for key in ("KEY_DATA", "KEY_ADDRESSES"):
            os.environ[key] = self.kms.create_key()["KeyMetadata"]["Arn"]
        for secret in KEYRINGS.values():
            self.secrets.create_secret(Name=secret, SecretString=f'{{"current":"a","a":"{secret * 8}"}}')

    def keep(self) -> Kept:
        """The tables as they are now, to begin other tests from."""
        return Kept(deepcopy(self._backend().tables))

    def begin(self, kept: Kept) -> None:
        """The tables as they were kept; no message, file or mail. In milliseconds, whatever it took to get there."""
        self._backend().tables = deepcopy(kept.tables)
        self._empty()

    def _empty(self) -> None:
        for service in EMPTIED:
            get_backend(service)[ACCOUNT].reset()  # type: ignore[call-overload]
        self._make_passing()
        self._forget()

    def _make_passing(self) -> None:
        for variable, name in QUEUES.items():
            os.environ[variable] = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        for bucket in BUCKETS.values():
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.sesv2.create_email_identity(EmailIdentity=VERIFIED)
        self.sesv2.create_configuration_set(ConfigurationSetName=ENVIRONMENT["SES_CONFIGURATION_SET"])

    @staticmethod
    def _backend() -> Any:
        return get_backend("dynamodb")[ACCOUNT][REGION]

    @staticmethod
    def queue(variable: str) -> str:
        """The URL of a queue, by the environment variable that names it to the functions."""
        return os.environ[variable]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Everything in one of our tables, as DynamoDB shows it."""
        items: list[dict[str, Any]] = self.dynamodb.scan(TableName=table)["Items"]
        return items

    def stop(self) -> None:
        self._mock.stop()
        self._forget()
        aws.forget()
        transaction.forget_connection()
        for name in os.environ.keys() - self._before.keys():
            del os.environ[name]

    def _forget(self) -> None:
        """What the functions' process keeps between calls."""
        keyring.forget()
        records.forget()
        health.forget()
        rates.forget()
        _tokens.forget_all()
        visit.THREADS = 1  # moto is not atomic under them
        rates.sleep = lambda _: None
        rates.ticks = lambda: 0.0
        sealing.forget()
        seen.forget()
        authorise.forget()
        if (tenants := sys.modules.get("functions.tenants.tenants")) is not None:
            tenants.data_key.cache_clear()


def _tables() -> dict[str, dict[str, Any]]:
    """Our tables as infra/template/tables.yaml declares them, by the short name that their environment variable has."""
    template: Any = dict(read_parts(ROOT / "infra" / "template"))["tables.yaml"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {
        logical_id.removesuffix("Table").lower(): {
            name: value for name, value in resource["Properties"].items() if name in wanted
        }
        for logical_id, resource in template["Resources"].items()
    }
