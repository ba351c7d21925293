"""Clients of AWS services other than DynamoDB: made at first use, once per process, with time-outs we chose.

botocore retries everything by default, also sends; here only what may be repeated safely is, and within a Lambda's
time."""

from functools import cache
from typing import Any

from functions.common import settings


@cache
def session() -> Any:
    """The process's one botocore session. It keeps the models and rules that it has read, so a further client costs a
    quarter of the first; boto3's own would read them again, and import s3transfer."""
    from botocore.session import get_session

    return get_session()


@cache
def client(service: str) -> Any:
    """A client with 1 s to connect, 5 s to read, three tries in all."""
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
    return session().create_client(service, config=config)


@cache
def dynamodb() -> Any:
    """The client of all tables: one connection, one handshake. Time-outs are shorter than a Lambda's (3 × 4 s)."""
    from botocore.config import Config

    config = Config(
        parameter_validation=False,  # PynamoDB's parameters are right by construction
        connect_timeout=1,
        read_timeout=3,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )
    return session().create_client("dynamodb", config=config)


@cache
def files() -> Any:
    """The S3 client: presigned addresses are SigV4 and name the region's own host (or FILES_ENDPOINT on a laptop)."""
    from botocore.config import Config

    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if settings.optional("FILES_ENDPOINT") else "virtual"},
        request_checksum_calculation="when_required",  # parts and their whole would need the same one
        connect_timeout=1,
        read_timeout=5,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )
    return session().create_client("s3", config=config, endpoint_url=_regional_s3())


@cache
def presigner() -> Any:
    """Like `files`, but speaking of the address under which phones reach the bucket. It signs and never connects."""
    from botocore.config import Config

    endpoint = settings.optional("FILES_ENDPOINT")
    if endpoint is None:
        return files()
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    return session().create_client("s3", config=config, endpoint_url=endpoint)


def _regional_s3() -> str | None:
    """The region's endpoint; None (boto3 decides) where AWS_ENDPOINT_URL points elsewhere."""
    if settings.optional("AWS_ENDPOINT_URL"):
        return None
    return f"https://s3.{settings.setting('AWS_REGION')}.amazonaws.com"


def forget() -> None:
    """In tests, when the world is made anew."""
    client.cache_clear()
    files.cache_clear()
    presigner.cache_clear()
    dynamodb.cache_clear()
    session.cache_clear()
