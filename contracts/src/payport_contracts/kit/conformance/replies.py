"""What a gateway hears for each decision: `answers` of describe()."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from payport.gateways.types import Reply
from payport_contracts.kit.conformance.finding import Finding, Skipped
from payport_contracts.kit.conformance.subject import Subject

__all__ = ["answers_so_that_money_is_told_again_or_not"]

_STORED: Final = ("recorded", "already_known", "to_review", "wrong_amount")
_NOT_STORED: Final = ("try_again",)


def answers_so_that_money_is_told_again_or_not(subject: Subject) -> Iterator[Finding]:
    """What is stored ends the gateway's calls, with a 200; what is not stored sounds otherwise. A body
    is what its content type says."""
    if "verify_signature" not in subject.account.capabilities:
        raise Skipped("it takes no callbacks: nobody hears an answer")
    answers = subject.ready.info.answers
    for name in _STORED:
        status = getattr(answers, name).status
        if not 200 <= status < 300:
            problem = f"answers.{name} is HTTP {status}: the gateway calls for ever"
            yield subject.finding("replies", "describe", problem, "Answer 200 for what is stored")
    for name in _NOT_STORED if "parse_callback" in subject.account.capabilities else ():
        if getattr(answers, name) == answers.recorded:
            problem = (
                f"answers.{name} sounds like `recorded`: the gateway never calls again, and money is lost"
            )
            yield subject.finding(
                "replies", "describe", problem, "Answer 503, or the sheet's code for an error"
            )
    if "parse_callback" in subject.account.capabilities and answers.not_authentic == answers.recorded:
        problem = "answers.not_authentic sounds like `recorded`"
        yield subject.finding("replies", "describe", problem, "Answer the sheet's code for a wrong signature")
    for each in fields(answers):
        reply = getattr(answers, each.name)
        if not _is_what_it_says(reply):
            problem = f"answers.{each.name}: its body is not {reply.content_type}"
            yield subject.finding("replies", "describe", problem, "Write the sheet's answer, byte for byte")


def _is_what_it_says(reply: Reply) -> bool:
    if "json" not in reply.content_type or not reply.body:
        return True
    try:
        json.loads(reply.body)
    except ValueError:
        return False
    return True
