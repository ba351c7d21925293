"""What the local system has stored is there after a clean end, and at the same place."""

from pathlib import Path

from infra import embedded
from infra.build import build
from infra.system import STAGE


def test_data_and_addresses_survive_a_clean_restart(tmp_path: Path) -> None:
    package = build(STAGE, target=tmp_path / "build", native=True)
    port = embedded.free_port()
    state = tmp_path / "state"
    state.mkdir()
    item = {"pk": {"S": "kept"}, "sk": {"S": "kept"}}

    first = embedded.start(state, persistent=True, port=port)
    try:
        before = first.deploy(package, {"AllowHttp": "1"})
        tables = first.client("dynamodb").list_tables()["TableNames"]
        accounts = next(name for name in tables if "AccountsTable" in name)
        first.client("dynamodb").put_item(TableName=accounts, Item=item)
        first.client("s3").put_object(Bucket=before["Bucket"], Key="kept", Body=b"kept")
        assert not embedded.stopped_cleanly(state)
    finally:
        first.stop()
    assert embedded.stopped_cleanly(state)

    second = embedded.start(state, persistent=True, port=port)
    try:
        assert second.deploy(package, {"AllowHttp": "1"}) == before
        assert second.client("dynamodb").get_item(TableName=accounts, Key=item)["Item"] == item
        assert second.client("s3").get_object(Bucket=before["Bucket"], Key="kept")["Body"].read() == b"kept"
    finally:
        second.stop()
