"""What OnePay hands to a merchant at sign-up, and which of its pages a plugin speaks to.

The hash secret is a key, not a setting. Sheet: onepay.md, 1, 2, 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from payport.plugin import Field, GatewaySettings, HttpUrl, SecretStr
from payport_onepay.codes import UNIFIED, Codes

__all__ = ["Page", "Settings"]


class Settings(GatewaySettings):
    """The default URLs are the sandbox's; those of a legacy page stand with the plugin that has it."""

    generation: Literal["unified", "legacy"] = "unified"
    merchant: str = Field(pattern=r"^[A-Za-z0-9_-]{1,20}\z")
    access_code: str = Field(pattern=r"^[A-Za-z0-9]{8}\z")  # no secret: it stands in the buyer's URL
    user: str = Field(pattern=r"^[!-%'-~]{1,64}\z")  # of queryDR; no blank, no &
    password: SecretStr = Field(min_length=1, max_length=128)  # of queryDR; part of its signed text
    payment_url: HttpUrl = HttpUrl("https://mtf.onepay.vn/paygate/vpcpay.op")
    query_url: HttpUrl = HttpUrl("https://mtf.onepay.vn/msp/api/v1/vpc/invoices/queries")
    refund_url: HttpUrl = HttpUrl("https://mtf.onepay.vn/msp/api/v1/vpc/refunds")
    legacy_payment_url: HttpUrl
    legacy_query_url: HttpUrl
    legacy_title: str = Field(default="Thanh toan don hang", pattern=r"^[A-Za-z0-9 ._:,#-]{1,64}\z")

    def model_post_init(self, _: Any) -> None:
        """Better now than at the first question, which could not be signed."""
        password = self.password.get_secret_value()
        if not password.isprintable() or ("&" in password and not self.is_legacy):
            raise ValueError("password holds & or a control sign")

    @property
    def merchant_account(self) -> str:
        return self.merchant

    @property
    def ruled_out(self) -> frozenset[str]:
        """A legacy page's own refund path is unproven (3.2)."""
        return frozenset({"refund"}) if self.is_legacy else frozenset()

    @property
    def is_legacy(self) -> bool:
        return self.generation == "legacy"


@dataclass(frozen=True, slots=True)
class Page:
    """What differs between the plugins that speak this protocol (3.2)."""

    card_list: str  # vpc_CardList on the unified page
    legacy_currency: str  # vpc_Currency on the legacy page; empty: not sent
    legacy_codes: Codes

    def codes(self, settings: Settings) -> Codes:
        """The code table of the page where this account's buyers pay."""
        return self.legacy_codes if settings.is_legacy else UNIFIED
