"""What is installed and configured, as a page shows it: in use or not, with the reason, and no secret."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from payport.doors.async_host import AsyncPayport
from payport.doors.host import Payport
from payport.errors import NotFound
from payport.gateways.key_dates import Standing
from payport.signing.contract import load_contract
from payport.storage import tables as t
from tests.support.receivers import SECRET as HOOK_SECRET
from tests.support.receivers import receiving, telling, webhook
from tests.support.shop import Clock, Shop, write_configuration
from tests.support.sign import SECRET, TMN_CODE, ipn_query
from tests.support.unmoved import nothing_moves


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_it_shows_accounts_and_when_they_were_last_heard_of(shop: Shop) -> None:
    paid = shop.pay(shop.order())
    shop.ipn(paid)
    paid_at = shop.clock()
    shop.clock.forward(hours=1)
    shop.deliver(ipn_query(paid.merchant_reference, 1, secret="f" * 32))

    with nothing_moves(shop):
        house = shop.payport.house()

    (account,) = house.accounts
    assert (account.name, account.plugin, account.environment) == ("vnpay-main", "vnpay", "sandbox")
    assert (account.methods, account.merchant_account) == (("domestic_card",), TMN_CODE)
    assert set(account.capabilities) == shop.payport.capabilities("vnpay-main")
    assert account.ipn_url == "http://127.0.0.1:9/pay/vnpay-main/ipn"
    assert (account.last_money_at, account.last_callback_at) == (paid_at, shop.clock())
    assert account.missing is None


def test_it_shows_keys_and_when_each_last_verified_and_never_their_values(
    database_url: str, tmp_path: Path
) -> None:
    file = write_configuration(tmp_path, database_url)
    text = file.read_text(encoding="utf-8")
    begins = "2026-11-24T13:00:00+07:00"
    newer = (
        f'"{SECRET}" }}, {{ role = "hash_secret", id = "b", value = "{"n" * 32}", not_before = {begins} }}'
    )
    file.write_text(text.replace(f'"{SECRET}" }}', newer), encoding="utf-8")
    clock = Clock()
    shop = Shop(Payport.from_config(file, clock=clock), clock, tmp_path)
    shop.ipn(shop.pay(shop.order()))
    used_at = clock()

    before = {key.id: key for key in shop.payport.house().keys}
    clock.forward(hours=2)
    after = {key.id: key.standing for key in shop.payport.house().keys}

    assert before["2026-a"].last_used_at == used_at
    assert (before["b"].standing, before["b"].last_used_at) == (Standing.NOT_YET, None)
    assert after == {"2026-a": Standing.VERIFIES, "b": Standing.SIGNS}
    assert SECRET not in repr(shop.payport.house())
    shop.payport.close()


def test_it_shows_contracts_with_what_they_cover_and_whether_somebody_approved(shop: Shop) -> None:
    contracts = {each.label: each for each in shop.payport.house().contracts}

    ipn = next(each for each in contracts.values() if each.id == "vnpay-ipn")
    assert (ipn.grade, ipn.algorithm, ipn.key_role) == ("proof", "HMAC-SHA512", "hash_secret")
    assert ipn.covers["amount"] == "vnp_Amount"
    assert ipn.accounts == ("vnpay-main",)
    assert not ipn.is_approved
    text = shop.payport.contract_text(ipn.label)
    assert load_contract(text, source="again").digest == ipn.digest
    with pytest.raises(NotFound):
        shop.payport.contract_text("vnpay-ipn 0.0.1")


def test_a_contract_on_an_approved_list_names_who_read_it(database_url: str, tmp_path: Path) -> None:
    file = write_configuration(tmp_path, database_url)
    shop = Payport.from_config(file, clock=Clock())
    ipn = next(each for each in shop.house().contracts if each.id == "vnpay-ipn")
    shop.close()
    (tmp_path / "approved.toml").write_text(
        f'[[approved]]\nid = "{ipn.id}"\nversion = "{ipn.version}"\nsha256 = "{ipn.digest}"\n'
        'who = "Trần Thu"\nwhen = 2026-11-01\n',
        encoding="utf-8",
    )
    text = file.read_text(encoding="utf-8")
    file.write_text(f'{text}\n[contracts]\napproved = ["approved.toml"]\n', encoding="utf-8")

    shop = Payport.from_config(file, clock=Clock())
    seen = next(each for each in shop.house().contracts if each.id == "vnpay-ipn")

    assert (seen.approved_by, str(seen.approved_at)) == ("Trần Thu", "2026-11-01")
    shop.close()


class TestCatalogs:
    def test_are_shown_with_how_many_quotes_each_priced(self, shop: Shop) -> None:
        shop.order()
        shop.order("hoa-sen")

        (catalog,) = shop.payport.house().catalogs

        assert (catalog.version, catalog.quotes, catalog.is_in_force) == ("test-2026", 2, True)
        assert (catalog.first_used_at, catalog.problem) == (shop.clock(), None)

    def test_that_were_altered_where_they_are_stored_are_named(self, shop: Shop) -> None:
        shop.order()
        with shop.payport.seller.database.engine.begin() as connection:
            connection.execute(update(t.catalogs).values(document="{}"))

        problem = shop.payport.house().catalogs[0].problem

        assert problem is not None
        assert "digest" in problem
        with shop.payport.seller.database.engine.begin() as connection:  # else the invariants say so too
            document = shop.payport.seller.catalogs.versions[0].model_dump_json()
            connection.execute(update(t.catalogs).values(document=document))


def test_it_shows_how_far_the_journal_is_sealed(shop: Shop) -> None:
    shop.ipn(shop.pay(shop.order()))
    before = shop.payport.house().journal
    shop.clock.forward(minutes=2)
    late = shop.payport.house().journal
    shop.payport.seal()

    after = shop.payport.house().journal

    assert (before.sealed, before.is_late, late.is_late) == (0, False, True)
    assert late.late == timedelta(minutes=2) - shop.payport.seller.sealing.every
    assert (after.sealed, after.unsealed, after.problem) == (before.entries, 0, None)
    assert after.head is not None
    assert after.head.size == before.entries


def test_it_shows_who_is_told_of_events_and_what_they_are_owed(database_url: str, tmp_path: Path) -> None:
    with receiving() as receiver:
        shop = telling(tmp_path, database_url, webhook(receiver.url), subscribers={"host": lambda _: None})
        shop.order()

        by_name = {each.name: each for each in shop.payport.house().subscribers}

        hooks = [each for each in by_name.values() if each.kind == "webhook"]
        assert by_name["host"].kind == "function"
        assert by_name["host"].queue.due == 1
        assert [each.where for each in hooks] == [receiver.url.split("/")[2]]
        assert all(secret.is_valid for secret in hooks[0].secrets)
        assert HOOK_SECRET.removeprefix("whsec_") not in repr(hooks)
        shop.payport.close()


@pytest.mark.anyio
async def test_an_async_host_sees_the_same_house(database_url: str, tmp_path: Path) -> None:
    shop = AsyncPayport.from_config(write_configuration(tmp_path, database_url), clock=Clock())

    house = await shop.house()

    assert house.plugins_refused == ()
    assert (await shop.contract_text(house.contracts[0].label)).startswith(("#", "id"))
    await shop.close()
