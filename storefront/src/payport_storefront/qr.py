"""Draws the text of a QR code as a picture that stands in the page: no third party learns of an order."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup

from payport import Instructions, ShowQR

__all__ = ["drawn"]

_QUIET_ZONE = 4  # modules of white on each side, as the standard asks


def drawn(checkout: Instructions | ShowQR) -> Markup | None:
    """An SVG that takes the width it is given, or None where there is no text, or too much for one code.

    Error correction M: a sheet that was folded once can still be read.
    """
    text = checkout.payload if isinstance(checkout, ShowQR) else checkout.qr_payload
    if not text:
        return None
    try:
        code = segno.make(text, error="m", micro=False, boost_error=False)
    except segno.DataOverflowError:
        return None
    picture = io.BytesIO()
    code.save(
        picture,
        kind="svg",
        border=_QUIET_ZONE,
        light="#fff",
        omitsize=True,
        xmldecl=False,
        svgclass="modules",
        lineclass=None,
        nl=False,
    )
    return Markup(picture.getvalue().decode())  # noqa: S704 - segno's drawing; the text is modules in it
