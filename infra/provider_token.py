"""The first token of an installation, the provider's: every other one is issued through the API with it.

Made by the product's own code with the deployed stack's environment and the caller's AWS credentials, so it needs the
right to read the operators' keyring and to write the operators' table. Asked for again, it is the same token.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3

from infra.build import ROOT

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_lambda import LambdaClient


class ProviderTokenError(Exception):
    """The token cannot be made; the message holds what the product's code said."""


def provider_token(functions: "LambdaClient", function: str, credentials: Mapping[str, str]) -> str:
    """The token. function: name of the deployed `api` function, whose environment says where everything is.

    credentials: AWS_* variables to act with. Raises ProviderTokenError.
    """
    deployed = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    made = subprocess.run(
        [sys.executable, "-m", "functions.operators.bootstrap"],
        cwd=ROOT,
        env={"PATH": os.defpath, **deployed, **credentials},
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise ProviderTokenError(made.stderr.strip())
    return made.stdout.split()[-1]


def main() -> None:
    """`python -m infra.provider_token --stage prod`, with AWS credentials in the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", required=True)
    stage = parser.parse_args().stage
    cloudformation: CloudFormationClient = boto3.client("cloudformation")
    functions: LambdaClient = boto3.client("lambda")
    outputs = cloudformation.describe_stacks(StackName=f"dialready-{stage}")["Stacks"][0]["Outputs"]
    function = next(output["OutputValue"] for output in outputs if output["OutputKey"] == "APIHandlerName")
    print(provider_token(functions, function, {**os.environ, "AWS_REGION": functions.meta.region_name}))


if __name__ == "__main__":
    main()
