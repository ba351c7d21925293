"""What a function must not do it cannot do: its role is asked, not its code."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.embedded import Credentials
from infra.system import System

KEY = {"pk": {"S": "rights"}, "sk": {"S": "rights"}}


def acting_as(system: System, function: str, service: str) -> Any:
    """A client with the rights of a function's role."""
    role = system.client("lambda").get_function_configuration(FunctionName=system.physical_id(function))["Role"]
    session = system.client("sts").assume_role(RoleArn=role, RoleSessionName="rights")["Credentials"]
    credentials = Credentials(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    return system.aws.client(service, credentials)


def refused(call: Any, **arguments: Any) -> bool:
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return raised.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


def test_the_api_reads_its_own_keyring_and_not_that_of_the_links(system: System) -> None:
    secrets = acting_as(system, "APIHandler", "secretsmanager")
    assert secrets.get_secret_value(SecretId=system.physical_id("OperatorsKeyring"))["SecretString"]
    assert refused(secrets.get_secret_value, SecretId=system.physical_id("LinksKeyring"))


def test_the_api_reads_no_file_and_no_nonce_and_opens_no_data_key(system: System) -> None:
    assert refused(acting_as(system, "APIHandler", "s3").get_object, Bucket=system.outputs["Bucket"], Key="any")
    nonces = acting_as(system, "APIHandler", "dynamodb")
    assert refused(nonces.get_item, TableName=system.physical_id("NoncesTable"), Key=KEY)
    assert refused(nonces.query, TableName=system.physical_id("NoncesTable"), KeyConditionExpression="pk = :pk",
                   ExpressionAttributeValues={":pk": {"S": "x"}})  # fmt: skip
    sealed = system.client("kms").generate_data_key(KeyId=system.physical_id("Key"), KeySpec="AES_256")[
        "CiphertextBlob"
    ]
    assert refused(acting_as(system, "APIHandler", "kms").decrypt, CiphertextBlob=sealed)


@pytest.mark.parametrize("function", ["APIHandler", "Links", "Registrar", "MessagingDispatch", "UpkeepTidy"])
def test_nobody_alters_or_removes_an_audit_entry(system: System, function: str) -> None:
    audit = acting_as(system, function, "dynamodb")
    table = system.physical_id("AuditTable")
    update = {
        "TableName": table,
        "Key": KEY,
        "UpdateExpression": "SET a = :a",
        "ExpressionAttributeValues": {":a": {"S": "b"}},
    }
    assert refused(audit.update_item, **update)
    assert refused(audit.delete_item, TableName=table, Key=KEY)
    assert refused(audit.transact_write_items, TransactItems=[{"Update": update}])
    assert refused(audit.transact_write_items, TransactItems=[{"Delete": {"TableName": table, "Key": KEY}}])


def test_the_audit_trail_s_end_may_alter_nothing_and_reaches_nobody(system: System) -> None:
    tables = acting_as(system, "UpkeepRetain", "dynamodb")
    update = {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "b"}}}
    assert refused(tables.update_item, TableName=system.physical_id("AuditTable"), Key=KEY, **update)
    for table in ("AccountsTable", "NoncesTable", "LinksTable", "HistoryTable"):
        assert refused(tables.get_item, TableName=system.physical_id(table), Key=KEY)
        assert refused(tables.delete_item, TableName=system.physical_id(table), Key=KEY)


def test_a_receipt_reaches_neither_people_nor_the_outbox(system: System) -> None:
    tables = acting_as(system, "Receipts", "dynamodb")
    assert refused(tables.get_item, TableName=system.physical_id("AccountsTable"), Key=KEY)
    assert refused(tables.put_item, TableName=system.physical_id("MessagesTable"), Item=KEY)
    assert refused(
        acting_as(system, "Receipts", "sqs").send_message, QueueUrl=system.outputs["OutboxUrl"], MessageBody="x"
    )


def test_what_the_public_reaches_makes_no_operator(system: System) -> None:
    assert refused(
        acting_as(system, "Links", "dynamodb").put_item, TableName=system.physical_id("OperatorsTable"), Item=KEY
    )
    secrets = acting_as(system, "Links", "secretsmanager")
    assert refused(secrets.get_secret_value, SecretId=system.physical_id("OperatorsKeyring"))
