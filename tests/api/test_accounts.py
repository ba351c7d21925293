"""Accounts: create, find, change, disable, delete, and what their pages show."""

from tests.api.client import Api
from tests.api.world import House, World, made


def wanted(house: House, **fields: object) -> dict[str, object]:
    return {"full_name": "A Person", "number": "+12025550142", "group_id": house.group} | fields


def test_what_is_left_out_has_sensible_values(house: House) -> None:
    account = made(house.csr.post("/v1/accounts", wanted(house, number="+1 (202) 555-0142")))
    assert account["number"] == account["mobile"] == "+12025550142"
    assert account["username"].isdigit()
    assert len(account["username"]) == 10
    assert account["domain"] == house.domain
    assert (account["standing"], account["readiness"]) == ("enabled", "pending")
    assert (account["obfuscation"], account["obfuscation_key"], account["security_model"]) == (True, 9, "end-to-site")


def test_a_number_without_its_prefix_is_refused_in_words_that_help(house: House) -> None:
    for number in ("02 1234567", "0039 02 1234567"):
        reply = house.csr.post("/v1/accounts", wanted(house, number=number))
        assert reply.status == 400
        assert "international prefix" in reply.wrong["number"]
    assert "too few digits" in house.csr.post("/v1/accounts", wanted(house, number="+1202555")).wrong["number"]
    assert house.csr.post("/v1/accounts", wanted(house, mobile="12345")).wrong.keys() == {"mobile"}


def test_extensions_are_numbers_where_the_tenant_has_a_range(house: House, world: World) -> None:
    assert house.csr.post("/v1/accounts", wanted(house, number="201")).status == 400
    world.provider.patch(f"/v1/tenants/{house.tenant}", {"extensions": {"first": 200, "last": 299}})
    account = made(house.csr.post("/v1/accounts", wanted(house, number="201", email="a@example.net")))
    assert (account["number"], account["mobile"]) == ("201", None)
    assert "200 to 299" in house.csr.post("/v1/accounts", wanted(house, number="300")).wrong["number"]


def test_a_number_and_a_username_belong_to_one(house: House) -> None:
    account = house.account(number="+12025550142", username="anna.smith")
    assert house.csr.post("/v1/accounts", wanted(house)).code == "number_taken"
    again = wanted(house, number="+12025550143", username="anna.smith")
    assert house.csr.post("/v1/accounts", again).code == "username_taken"
    assert house.csr.delete(f"/v1/accounts/{account['id']}").status == 204
    assert house.csr.post("/v1/accounts", again).code == "username_taken"  # never given out again
    assert house.csr.post("/v1/accounts", wanted(house)).status == 201  # the number is free


def test_nothing_is_half_written(house: House, world: World) -> None:
    house.account(number="+12025550142")
    before = {table: len(world.cloud.rows(table)) for table in ("accounts", "history", "messages", "links", "audit")}
    reply = house.csr.post("/v1/accounts", wanted(house, messages=[{"kind": "activation", "channel": "sms"}]))
    assert reply.status == 409
    assert before == {table: len(world.cloud.rows(table)) for table in before}


def test_all_wrong_fields_are_named_at_once(house: House) -> None:
    body = {
        "full_name": "a\r\nBcc: everybody",
        "number": 7,
        "email": "nobody",
        "colour": "blue",
        "expires_at": "tomorrow",
        "messages": [{"kind": "greeting", "channel": "sms"}],
    }
    reply = house.csr.post("/v1/accounts", body)
    fields = {"full_name", "number", "email", "colour", "expires_at", "messages[0].kind", "group_id"}
    assert reply.status == 400
    assert set(reply.wrong) == fields


def test_the_same_request_again_makes_nothing_new(house: House) -> None:
    first = house.csr.post("/v1/accounts", wanted(house), key="one")
    assert house.csr.post("/v1/accounts", wanted(house), key="one").json == first.json
    assert house.csr.post("/v1/accounts", wanted(house, full_name="B"), key="one").code == "idempotency_key_reused"
    assert len(house.csr.get("/v1/accounts").json["items"]) == 1


def test_search_by_index(house: House) -> None:
    for n, name in enumerate(("Zoë Ünal", "anna smith", "Anna Müller", "Björn Åkesson")):
        house.account(full_name=name, number=f"+1202555015{n}", email=f"p{n}@Example.net", username=f"user{n}")

    def found(**query: str) -> list[str]:
        reply = house.csr.get("/v1/accounts", query=query)
        assert reply.status == 200, reply.text
        return [item["full_name"] for item in reply.json["items"]]

    assert found() == ["Anna Müller", "anna smith", "Björn Åkesson", "Zoë Ünal"]
    assert found(name="ANNA") == ["Anna Müller", "anna smith"]
    assert found(name="zoe u") == ["Zoë Ünal"]
    assert found(number="+1 202 555 0151") == ["anna smith"]
    assert found(username="user3") == ["Björn Åkesson"]
    assert found(email="P2@example.NET") == ["Anna Müller"]
    assert found(mobile="+12025550150") == ["Zoë Ünal"]
    assert found(group_id=house.group, name="b") == ["Björn Åkesson"]
    assert found(number="+12025550199") == []
    assert house.csr.get("/v1/accounts", query={"email": "a@b.cd", "name": "x"}).status == 400


def test_pages_follow_one_another(house: House) -> None:
    names = [f"Person {n}" for n in range(5)]
    for name in names:
        house.account(full_name=name)
    seen, cursor = [], None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = house.csr.get("/v1/accounts", query=query).json
        seen += [item["full_name"] for item in page["items"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == names
    assert house.csr.get("/v1/accounts", query={"cursor": "abc"}).status == 400
    other = house.csr.get("/v1/groups", query={"limit": "1"}).json["cursor"]
    assert other is None or house.csr.get("/v1/accounts", query={"cursor": other}).status == 400


def test_a_token_for_some_groups_sees_no_others(house: House, world: World) -> None:
    second = made(house.admin.post("/v1/groups", {"name": "Second"}))["id"]
    third = made(house.admin.post("/v1/groups", {"name": "Third"}))["id"]
    mine = [house.account(full_name=f"In {n}", group_id=group)["id"] for n, group in enumerate([second, third, second])]
    theirs = house.account(full_name="Not mine")
    scoped = Api(token=world.token(house.tenant, "csr", groups=[second, third]))
    seen, cursor = set(), None
    while True:
        page = scoped.get("/v1/accounts", query={"limit": "1"} | ({"cursor": cursor} if cursor else {})).json
        seen |= {item["id"] for item in page["items"]}
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == set(mine)
    path = f"/v1/accounts/{theirs['id']}"
    assert scoped.get(path).status == 404
    assert scoped.patch(path, {"full_name": "X"}).status == 404
    assert scoped.post(f"{path}/disable").status == 404
    assert scoped.get("/v1/accounts", query={"number": theirs["number"]}).json["items"] == []
    assert scoped.post("/v1/accounts", wanted(house)).status == 400
    assert scoped.patch(f"/v1/accounts/{mine[0]}", {"group_id": house.group}).status == 400


def test_another_tenants_accounts_do_not_exist(house: House, world: World) -> None:
    account = house.account()
    stranger = world.house("Another Ltd")
    path = f"/v1/accounts/{account['id']}"
    for sub in ("", "/state", "/history", "/configuration", "/devices", "/links"):
        assert stranger.csr.get(path + sub).status == 404
    assert stranger.csr.delete(path).status == 404
    assert made(stranger.csr.post("/v1/accounts", wanted(stranger, number=account["number"])))["id"] != account["id"]


def test_changes(house: House) -> None:
    account = house.account()
    path = f"/v1/accounts/{account['id']}"
    change = {"full_name": "B", "number": "+12025550188", "email": "b@example.net", "description": "moved"}
    changed = house.csr.patch(path, change).json
    assert {name: changed[name] for name in change} == change
    assert changed["username"] == account["username"]
    assert house.csr.get("/v1/accounts", query={"number": "+12025550188"}).json["items"][0]["id"] == account["id"]
    assert house.csr.get("/v1/accounts", query={"number": account["number"]}).json["items"] == []
    assert house.csr.patch(path, {"username": "other"}).wrong == {"username": "unknown field"}
    assert house.csr.patch(path, {"client": "nokia"}).wrong.keys() == {"client"}
    assert house.csr.patch(path, {"group_id": "nowhere"}).wrong.keys() == {"group_id"}
    events = [entry["event"] for entry in house.csr.get(f"{path}/history").json["items"]]
    assert events == ["account.changed", "account.created"]


def test_deleting_forgets_the_person(house: House, world: World) -> None:
    account = house.account(full_name="Forget Me", email="forget.me@example.net", description="private matters")
    assert house.csr.delete(f"/v1/accounts/{account['id']}").status == 204
    assert house.csr.get(f"/v1/accounts/{account['id']}").status == 404
    assert house.csr.get("/v1/accounts").json["items"] == []
    rows = " ".join(str(world.cloud.rows(table)) for table in ("accounts", "history", "audit", "messages", "links"))
    for personal in ("Forget Me", "forget me", "forget.me@example.net", "private matters", account["number"]):
        assert personal not in rows


def test_configuration_says_where_each_value_comes_from(house: House) -> None:
    account = house.account(language="it")
    configuration = house.csr.get(f"/v1/accounts/{account['id']}/configuration").json
    assert configuration["language"]["value"] == "it"
    assert configuration["language"]["level"] == "account"
    assert (configuration["client"]["value"], configuration["client"]["level"]) == ("linphone", "tenant")
    assert (configuration["profile.name"]["level"], configuration["profile.name"]["id"]) == ("tenant", house.profile)


def test_a_group_with_accounts_is_not_deleted(house: House) -> None:
    account = house.account()
    assert house.admin.delete(f"/v1/groups/{house.group}").status == 409
    house.csr.delete(f"/v1/accounts/{account['id']}")
    assert house.admin.delete(f"/v1/groups/{house.group}").status == 204
    assert house.csr.post("/v1/accounts", wanted(house)).wrong.keys() == {"group_id"}


def test_a_group_with_accounts_keeps_to_their_sip_domain(house: House) -> None:
    made(house.admin.post("/v1/domains", {"name": "other.example.net"}))
    other = made(house.admin.post("/v1/profiles", {"name": "Other", "domain": "other.example.net"}))["id"]
    account = house.account()
    refused = house.admin.patch(f"/v1/groups/{house.group}", {"profile_id": other})
    assert refused.wrong.keys() == {"profile_id"}
    assert house.csr.patch(f"/v1/accounts/{account['id']}", {"profile_id": other}).wrong.keys() == {"profile_id"}
    house.csr.delete(f"/v1/accounts/{account['id']}")
    assert house.admin.patch(f"/v1/groups/{house.group}", {"profile_id": other}).status == 200
