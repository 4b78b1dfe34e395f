"""A preview says what a quote would say, and leaves no trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from payport import AsyncPayport
from payport.errors import NotFound, PurchaseNotOpen, RequestRefused
from payport.rules.purchase import New, Renew
from tests.support.shop import BUYER, NOON, Clock, Shop, write_configuration
from tests.support.unmoved import nothing_moves

STANDARD = New(package="standard", months=12, code="ONCE")


class TestAPreview:
    def test_is_the_quote_but_for_its_name(self, shop: Shop) -> None:
        shown = shop.payport.preview("binh-minh", STANDARD)

        made = shop.payport.quote("binh-minh", STANDARD)

        assert shown.model_copy(update={"id": made.id}) == made

    def test_stores_nothing_and_makes_no_account(self, shop: Shop) -> None:
        with nothing_moves(shop):
            shop.payport.preview("nobody-yet", STANDARD)

    def test_is_nothing_that_could_be_placed(self, shop: Shop) -> None:
        shown = shop.payport.preview("binh-minh", STANDARD)

        with pytest.raises(NotFound):
            shop.payport.place(shown, BUYER)

    def test_of_what_is_not_open_is_refused_as_a_quote_is(self, shop: Shop) -> None:
        with pytest.raises(PurchaseNotOpen):
            shop.payport.preview("binh-minh", Renew(months=12))

    def test_of_a_code_whose_last_use_is_taken_is_refused_as_a_quote_is(self, shop: Shop) -> None:
        shop.order("mot", code="ONCE")

        with pytest.raises(RequestRefused, match="code"):
            shop.payport.preview("binh-minh", STANDARD)

    def test_for_an_account_id_that_cannot_be_kept_is_refused(self, shop: Shop) -> None:
        with pytest.raises(RequestRefused, match="account"):
            shop.payport.preview("a\nb", STANDARD)


@pytest.mark.anyio
async def test_an_async_host_previews_and_cancels_alike(database_url: str, tmp_path: Path) -> None:
    shop = AsyncPayport.from_config(write_configuration(tmp_path, database_url), clock=Clock())
    order = await shop.place(await shop.quote("binh-minh", STANDARD), BUYER)

    ended = await shop.cancel(order.number, actor="lan@example.vn", reason="ordered twice")
    shown = await shop.preview("binh-minh", STANDARD)

    assert (ended.state, ended.number) == ("cancelled", order.number)
    assert (shown.total, shown.made_at) == (order.total, NOON)
    await shop.close()
