"""Writes docs/acknowledgements.md from what the gateways say: `python -m tests.support.acknowledgements`.

What a decision means stands in docs/hooks.md; whether an answer ends the gateway's calls is the sheet's word,
which each sender knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from payport.gateways.facade import Gateway
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover
from payport.service.judge import Decision
from tests.docs.pages import ROOT
from tests.support.senders import SENDERS

__all__ = ["PAGE", "rendered"]

PAGE: Final = ROOT / "docs" / "acknowledgements.md"
_HEAD: Final = """# What each gateway is told

A gateway's server calls back, Payport decides ([what each decision means](hooks.md#the-fields-of-answers)),
commits, and then answers in the gateway's own words: these, byte for byte. Some words end the gateway's
calls, others make it call again.

`tests/attacks/test_acknowledgements.py` brings every row about, through the door, for each gateway. This page
is written from the plugins by `python -m tests.support.acknowledgements`; a test compares.
"""


def rendered() -> str:
    gateways = discover(contracts=ContractLibrary.installed()).gateways
    return "\n".join([_HEAD, *(line for name in sorted(gateways) for line in _of(gateways[name]))])


def _of(gateway: Gateway) -> Iterator[str]:
    yield f"## `{gateway.id}`: {gateway.info.names.en}\n"
    sender = SENDERS.get(gateway.id)
    if sender is None:
        reply = gateway.info.answers.not_authentic
        body = f"`{reply.body.decode()}`" if reply.body else "an empty body"
        yield f"It has no server that calls. Whoever knocks is told {reply.status}, with {body}.\n"
        return
    yield "| decision | status | content type | body | calls again |"
    yield "|---|---|---|---|---|"
    for decision in Decision:
        reply = getattr(gateway.info.answers, str(decision))
        again = "no" if sender.signs_off(reply) else "yes"
        if decision in sender.never:
            yield f"| `{decision}` | | | never: {sender.never[decision]} | |"
            continue
        body = f"`{reply.body.decode()}`" if reply.body else "empty"
        yield f"| `{decision}` | {reply.status} | `{reply.content_type}` | {body} | {again} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
