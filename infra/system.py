"""The whole system on this machine: embedded AWS, our stack on it, local providers, and the front door before them.

`make run` and the end-to-end tests start the same one.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra import embedded
from infra.build import BUILD, build
from infra.embedded import Embedded
from infra.front_door import Behind, FrontDoor
from infra.provider_token import provider_token
from infra.stack import Outputs
from infra.template import HTTP_FUNCTIONS
from tests.fakes.aws_sms import AwsSms
from tests.fakes.server import Fakes

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sns import SNSClient

STAGE = "dev"
SENDERS = "example.org"
"""The domain from which the local SES lets mail go."""
_LOG_PAGE = 10_000  # lines

_HEALTH = {
    "requestContext": {"httpMethod": "GET", "resourcePath": "/healthz", "identity": {"sourceIp": "127.0.0.1"}},
    **dict.fromkeys(("multiValueQueryStringParameters", "pathParameters", "stageVariables", "body")),
    "headers": {},
    "isBase64Encoded": False,
}
WARMING: tuple[tuple[str, object], ...] = (
    *((function, _HEALTH) for function in HTTP_FUNCTIONS.values()),
    *((function, {"Records": []}) for function in ("MessagingDispatch", "MessagingSettle")),
)
"""An event for each function that does nothing."""


@dataclass(frozen=True)
class Ports:
    """Ports on 127.0.0.1; 0 takes a free one."""

    aws: int = 0
    providers: int = 0
    smtp: int = 0
    smtp_starttls: int = 0
    smtp_tls: int = 0


@dataclass(frozen=True)
class System:
    """A running system. base_url: the front door, no slash at the end."""

    door: FrontDoor
    aws: Embedded
    fakes: Fakes
    outputs: Outputs
    provider_token: str
    _undo: ExitStack

    @property
    def base_url(self) -> str:
        return self.door.base_url

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded AWS, as the account's root, of the type its service has."""
        return self.aws.client(service)

    def physical_id(self, logical_id: str) -> str:
        """The deployed name of a resource of the template: `APIHandler`, `AccountsTable`, `OutboxDead`, …"""
        found = self.client("cloudformation").describe_stack_resource(
            StackName=embedded.STACK, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def logs(self, words: str = "") -> list[str]:
        """Every line the functions have logged, in order of time; or those that hold `words`."""
        return log_lines(self.client("logs"), words)

    def stop(self) -> None:
        """Ends everything, the embedded AWS last: it saves what there is when it is persistent."""
        self._undo.close()


def log_lines(logs: "CloudWatchLogsClient", words: str = "") -> list[str]:
    """Every line in every log group that holds `words`, in order of time."""
    found = []
    for groups in logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            found += [(at, line) for at, line in _lines_of(logs, group["logGroupName"]) if words in line]
    return [line for _, line in sorted(found, key=itemgetter(0))]


def _lines_of(logs: "CloudWatchLogsClient", group: str) -> Iterator[tuple[int, str]]:
    """Time (ms) and text of each line. The embedded AWS gives the first 10,000 after `startTime`, and no token."""
    begin, full = 0, True
    while full:
        events = logs.filter_log_events(logGroupName=group, startTime=begin, limit=_LOG_PAGE)["events"]
        full = len(events) == _LOG_PAGE
        last = events[-1]["timestamp"] if full else None  # its other lines may be beyond the end of the page
        yield from (
            (event["timestamp"], event["message"].rstrip("\n")) for event in events if event["timestamp"] != last
        )
        begin = last or 0


def start(
    folder: Path,
    door: FrontDoor,
    *,
    persistent: bool,
    target: Path = BUILD,
    trust: Path | None = None,
    ports: Ports = Ports(),  # immutable
    say: Callable[[str], None] = lambda _: None,
) -> System:
    """Builds, starts and deploys everything; `folder` holds the state. Opens the front door at the end.

    trust: the authority's certificate, when the front door speaks TLS. say: is told what happens next.
    Raises BuildError, TemplateError, LayerError, EmbeddedError, ProviderTokenError, StackError.
    """
    say("building the package")
    package = build(STAGE, target=target, native=True)
    with ExitStack() as undo:
        say("starting the embedded AWS")
        aws = embedded.start(folder, persistent=persistent, port=ports.aws or None)
        undo.callback(aws.stop)
        say("starting the local message providers")
        fakes = Fakes(folder / "providers" if persistent else None, trust)
        fakes.start(ports.providers, ports.smtp, ports.smtp_starttls, ports.smtp_tls)
        undo.callback(fakes.stop)
        say("deploying to the embedded AWS")
        given = {"AllowHttp": "1", "FilesEndpoint": door.base_url, "SmsEndpoint": f"{fakes.base_url}/{AwsSms.NAME}"}
        outputs = aws.deploy(package, given)
        token = provider_token(aws.client("lambda"), outputs["APIHandlerName"], aws.environment())
        _let_mail_go(aws.client("sesv2"))
        publish = _publisher(aws.client("sns"), outputs["SesEventsTopic"])
        fakes.watch_ses(aws.endpoint, publish)
        fakes.aws_sms.publish = publish
        buckets = (outputs["Bucket"], outputs["PackagesBucket"], outputs["TransfersBucket"])
        door.open(Behind(api=aws.api(outputs, STAGE), buckets=buckets, inbox=fakes.inbox_handler))
        undo.callback(door.close)
        running = System(door, aws, fakes, outputs, token, undo)
        say("warming up")
        _warm(running)
        return replace(running, _undo=undo.pop_all())
    raise AssertionError  # for mypy: the stack swallows nothing


def _warm(running: System) -> None:
    """Starts one process of each function, two at a time: all at once, at the first message, they would be in each
    other's way."""

    def start_one(warmed: tuple[str, object]) -> None:
        name = running.physical_id(warmed[0])
        running.client("lambda").invoke(FunctionName=name, Payload=json.dumps(warmed[1]).encode())

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(start_one, WARMING))


def _let_mail_go(mail: "SESV2Client") -> None:
    if SENDERS not in [found["IdentityName"] for found in mail.list_email_identities()["EmailIdentities"]]:
        mail.create_email_identity(EmailIdentity=SENDERS)


def _publisher(notifications: "SNSClient", topic: str) -> Callable[[str], None]:
    """Publishes events to our topic, as SES and End User Messaging do in AWS."""

    def publish(event: str) -> None:
        notifications.publish(TopicArn=topic, Message=event)

    return publish
