"""Activation links as operators issue them."""

from tests.api.world import House


def test_a_link_without_a_way_to_send_it_is_not_issued(house: House) -> None:
    path = f"/v1/accounts/{house.account()['id']}/links"
    reply = house.csr.post(path, {"channels": ["sms"]})
    assert (reply.status, reply.code) == (409, "not_ready")
    assert "/v1/gateways" in reply.json["error"]["message"]
    assert house.csr.get(path).json == []


def test_slots_are_those_that_the_profile_allows(house: House) -> None:
    path = f"/v1/accounts/{house.account()['id']}"
    assert house.csr.post(f"{path}/links", {"channels": ["sms"], "slot": 9}).wrong.keys() == {"slot"}
    assert house.csr.post(f"{path}/devices/4/reset").status == 404
    assert house.csr.post(f"{path}/devices/9/reset").status == 404
    assert house.csr.post(f"{path}/links/nothing/revoke").status == 404
