"""`make deploy STAGE=prod ARTIFACTS=bucket`: the package to AWS, with the caller's own credentials and region."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.build import ROOT, BuildError, build
from infra.stack import Place, StackError, deploy
from infra.template import TemplateError
from layers.build import LayerError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_s3 import S3Client


def main() -> None:
    """Builds, uploads, creates or updates the stack `dialready-<stage>`, prints its outputs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="dev")
    parser.add_argument("--artifacts", default="")
    parser.add_argument("--reserve-concurrency", choices=("yes", "no"))
    parser.add_argument("--detailed-monitoring", choices=("yes", "no"), help="X-Ray traces, metrics of each method")
    parser.add_argument("--sms-configuration-set", help="of End User Messaging SMS, where it is used")
    parser.add_argument("--apple-signing", action="store_true", help="sign Apple profiles: docs/clients/apple.md")
    parser.add_argument("--restored", type=int, help="when tables were restored from a back-up, in seconds since 1970")
    wanted = parser.parse_args()
    stages = _stages(ROOT)
    if wanted.stage not in stages:
        sys.exit(f"there is no stage {wanted.stage!r} in .chalice/config.json, only {', '.join(stages)}")
    if not wanted.artifacts:
        sys.exit(f"name a bucket for the package: make deploy STAGE={wanted.stage} ARTIFACTS=bucket")
    try:
        print("building ...", flush=True)
        package = build(wanted.stage)
        cloudformation: CloudFormationClient = boto3.client("cloudformation")
        s3: S3Client = boto3.client("s3")
        print(f"deploying to {cloudformation.meta.region_name} ...", flush=True)
        given = {"Stage": wanted.stage}
        if wanted.reserve_concurrency:
            given["ReserveConcurrency"] = wanted.reserve_concurrency
        if wanted.detailed_monitoring:
            given["DetailedMonitoring"] = wanted.detailed_monitoring
        if wanted.sms_configuration_set:
            given["SmsConfigurationSet"] = wanted.sms_configuration_set
        if wanted.apple_signing:
            given["AppleSigningSecret"] = f"dialready/{wanted.stage}/apple-signing"
        if wanted.restored:
            given["RestoreEpoch"] = str(wanted.restored)
        outputs = deploy(Place(cloudformation, s3, wanted.artifacts), f"dialready-{wanted.stage}", package, given)
    except (BuildError, TemplateError, LayerError, StackError, BotoCoreError, ClientError) as error:
        sys.exit(str(error))
    for name, value in sorted(outputs.items()):
        print(f"{name:20} {value}")
    print(f"the provider's token: make token STAGE={wanted.stage}")


def _stages(root: Path) -> list[str]:
    return list(json.loads((root / ".chalice" / "config.json").read_text(encoding="utf-8"))["stages"])


if __name__ == "__main__":
    main()
