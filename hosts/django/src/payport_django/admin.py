"""An account's orders on the page that a host's own admin has of its customers. See decision 0038.

```python
@admin.register(Customer)
class CustomerAdmin(PayportOrdersMixin, admin.ModelAdmin):
    def payport_account(self, obj):  # the account id that you give to quote(); str(obj.pk), if left out
        return f"customer-{obj.pk}"
```
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from payport_django.configuration import backoffice_url
from payport_django.process import get_payport

if TYPE_CHECKING:
    from django.http import HttpRequest

    from payport import OrderRow

    _Base = admin.ModelAdmin[Any]
else:
    _Base = object  # it stands before ModelAdmin, in a class of the host

__all__ = ["PayportOrdersMixin"]

_MOST: Final = 20
_log = logging.getLogger("payport_django")


class PayportOrdersMixin(_Base):
    """Adds the read-only field `payport_orders`: an account's newest orders. Nothing can be done there.

    Who may see the host's page may see it. Acts, with reasons and second persons, are the back office's.
    """

    def payport_account(self, obj: Any) -> str:
        return str(obj.pk)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        given = super().get_readonly_fields(request, obj)
        return given if "payport_orders" in given else (*given, "payport_orders")

    @admin.display(description="Payport", empty_value="-")
    def payport_orders(self, obj: Any) -> SafeString | None:
        if obj is None or obj.pk is None:
            return None
        account = str(self.payport_account(obj))  # the host's: its mistakes are not Payport's
        try:
            page = get_payport().orders(account=account, limit=_MOST)
        except Exception as error:  # the customer's page is more than this field
            _log.error("orders not shown: %s", type(error).__name__)
            return mark_safe("Payport does not answer.")
        if not page.rows:
            return None
        more = "" if page.next is None else format_html("<li>…</li>")
        return format_html("<ul>{}{}</ul>", format_html_join("", "<li>{}</li>", map(_line, page.rows)), more)


def _line(order: OrderRow) -> tuple[SafeString]:
    desk = backoffice_url()
    number = (
        format_html("<b>{}</b>", order.number)
        if desk is None
        else format_html('<a href="{}/orders/{}">{}</a>', desk, quote(order.number, safe=""), order.number)
    )
    placed = date_format(timezone.localtime(order.placed_at), "SHORT_DATETIME_FORMAT")
    return (format_html("{} {} {}, {}", number, order.total, order.state, placed),)
