"""Links for the management of devices, made and opened under the rights of the function that serves them."""

import json

from infra.system import System
from tests.e2e.web import request
from tests.e2e.world import World


def test_a_managed_device_gets_its_file_from_the_address_of_its_person(system: System) -> None:
    world = World(system)
    tenant = world.new_tenant()
    world.new_profile(tenant)
    number = "+12025550142"
    tenant.api.create("/v1/accounts", {"full_name": "Zoë Ünal", "number": number, "group_id": tenant.group_id})
    policy = tenant.api.get(f"/v1/groups/{tenant.group_id}/managed-configuration?format=json")
    assert number not in json.dumps(policy)
    made = tenant.api.call("POST", f"/v1/groups/{tenant.group_id}/managed-links", {}, expected=200).json
    ((person,), cursor) = made["items"], made["cursor"]
    assert (person["number"], person["problem"], cursor) == (number, None, None)
    file = request("GET", person["config_uri"])
    assert file.status == 200
    assert number in file.body.decode()
