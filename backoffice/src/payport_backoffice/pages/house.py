"""The house: gateways, contracts, keys without values, catalogs, and how far the journal is sealed."""

from __future__ import annotations

from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import JournalCheck, PayportError
from payport_backoffice.navigation import Entry
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Form, Page
from payport_backoffice.rotation import rotation
from payport_web.languages import msg

__all__ = ["House"]


class House(Page):
    entry = Entry("house", "/house", msg("House"), icon="building-2", group=msg("Installation"))

    def routes(self) -> list[BaseRoute]:
        return [
            self.look("/house", self._gateways, right=Right.READ),
            self.look("/house/contracts", self._contracts, right=Right.READ),
            self.look("/house/contracts/{id}/{version}", self._contract, right=Right.READ),
            self.look("/house/keys", self._keys, right=Right.READ),
            self.look("/house/keys/{account}/{role}", self._rotation, right=Right.READ),
            self.look("/house/catalogs", self._catalogs, right=Right.READ),
            self.look("/house/journal", self._journal, right=Right.READ),
            self.act("/house/journal/check", self._check, right=Right.AUDIT, fields=()),
        ]

    async def _gateways(self, request: Request) -> Response:
        return self.desk.page(request, "house.html", house=await self.desk.shop.house())

    async def _contracts(self, request: Request) -> Response:
        return self.desk.page(request, "house_contracts.html", house=await self.desk.shop.house())

    async def _contract(self, request: Request) -> Response:
        label = f"{request.path_params['id']} {request.path_params['version']}"
        house = await self.desk.shop.house()
        contract = next((each for each in house.contracts if each.label == label), None)
        if contract is None:
            raise HTTPException(404)
        text = await self.desk.shop.contract_text(label)
        return self.desk.page(request, "house_contract.html", contract=contract, text=text)

    async def _keys(self, request: Request) -> Response:
        return self.desk.page(request, "house_keys.html", house=await self.desk.shop.house())

    async def _rotation(self, request: Request) -> Response:
        account, role = request.path_params["account"], request.path_params["role"]
        house = await self.desk.shop.house()
        keys = [key for key in house.keys if (key.gateway_account, key.role) == (account, role)]
        if not keys:
            raise HTTPException(404)
        return self.desk.page(
            request,
            "house_rotation.html",
            account=account,
            role=role,
            keys=keys,
            plan=rotation(account, role, keys, now=house.at, zone=self.desk.zone),
        )

    async def _catalogs(self, request: Request) -> Response:
        """The list of versions and, where two are asked for, what the second changes."""
        before, after = (request.query_params.get(name, "")[:100] for name in ("before", "after"))
        found = await self.desk.shop.catalog_changes(before, after) if before and after else None
        return self.desk.page(
            request,
            "house_catalogs.html",
            house=await self.desk.shop.house(),
            found=found,
            before=before,
            after=after,
        )

    async def _journal(self, request: Request) -> Response:
        return await self._sealed(request)

    async def _check(self, request: Request, _: Form) -> Response:
        """Reads all of the journal, for whoever must know it now; changes nothing."""
        try:
            return await self._sealed(request, check=await self.desk.shop.check_journal())
        except PayportError as refusal:  # its heads' file cannot be read
            return await self._sealed(request, refusal=refusal)

    async def _sealed(
        self, request: Request, *, check: JournalCheck | None = None, refusal: PayportError | None = None
    ) -> Response:
        house = await self.desk.shop.house()
        head = house.journal.head
        return self.desk.page(
            request,
            "house_journal.html",
            house=house,
            sealed_at=datetime.fromisoformat(head.at) if head else None,
            check=check,
            refusal=refusal,
            checked_at=self.desk.clock(),
        )
