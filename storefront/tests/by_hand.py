"""What a shop's payport.toml says more, so that its customers may pay by transfer or in cash."""

from __future__ import annotations

__all__ = ["BY_HAND"]

BY_HAND = """
[[accounts]]
name = "order-only"
plugin = "order_only"
environment = "sandbox"

[accounts.settings]
bank_bin = "970436"
account_number = "0123456789"
account_holder = "CONG TY PHAN MEM SAO VIET"
cash_desk_vi = "Tầng 2, 12 Tràng Tiền, Hoàn Kiếm, Hà Nội; thứ Hai đến thứ Sáu, 8:00–17:00"
cash_desk_en = "2nd floor, 12 Tràng Tiền, Hoàn Kiếm, Hà Nội; Monday to Friday, 8:00–17:00"

[[methods]]
id = "order_only"
accounts = ["order-only"]
"""
