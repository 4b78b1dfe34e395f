"""What a plugin must be to be used: its hooks against the hook spec, and what it says of itself.

Each check raises PluginRefused with the reason and the remedy, before any money. Nothing here knows of a
second plugin: one is examined alone, so a fault harms no other.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any, Final

import pluggy

from payport.errors import ContractError, PluginRefused
from payport.gateways import hookspec
from payport.gateways.believed import believe_names, believe_text
from payport.gateways.library import ContractLibrary
from payport.gateways.places import blamed
from payport.gateways.types import (
    Answers,
    Choice,
    ContractId,
    ContractNeed,
    GatewayInfo,
    GatewaySettings,
    Limits,
    Reply,
)
from payport.rules.money import Money
from payport.signing.contract import Contract

__all__ = ["examine_contracts", "examine_hooks", "examine_info", "refused"]

_PROJECT: Final = "payport"
_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_CHOICE: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_LONGEST: Final = timedelta(days=400)
_SPECIFIED: Final[Mapping[str, Callable[..., Any]]] = {
    name: getattr(hookspec, name)
    for name in hookspec.__all__
    if hasattr(getattr(hookspec, name), f"{_PROJECT}_spec")
}
_FLOWS: Final = frozenset({"initiate", "query", "query_refund", "refund"})


def examine_hooks(plugin: object, name: str) -> tuple[pluggy.HookRelay, frozenset[str]]:
    """The hooks of this plugin alone, to be called, and the names of those that it has."""
    manager = pluggy.PluginManager(_PROJECT)
    manager.add_hookspecs(hookspec)
    present: set[str] = set()
    for attribute in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            continue
        hook, function = options["specname"] or attribute, getattr(plugin, attribute)
        if options["optionalhook"] and hook not in _SPECIFIED:
            continue
        with blamed(function):
            if options["wrapper"] or options["hookwrapper"]:
                raise refused(name, f"{hook} is a wrapper", "Wrap nothing: observers are told what happens")
            if hook in present:
                raise refused(name, f"{hook} is there twice", "Keep one")
            _examine_hook(name, hook, function)
        present.add(hook)
    for hook in hookspec.REQUIRED:
        if hook not in present:
            raise refused(name, f"{hook} is missing", f"Write the hook `{hook}`, marked @hookimpl")
    if "query_refund" in present and "refund" not in present:
        raise refused(name, "query_refund without refund", "Write the hook `refund`, marked @hookimpl")
    if "parse_callback" in present and "verify_signature" not in present:
        raise refused(
            name, "parse_callback without verify_signature", "Say which contract applies at each door"
        )
    try:
        manager.register(plugin, name=name)
    except pluggy.PluginValidationError as error:
        raise refused(name, " ".join(str(error).split()), "See docs/hooks.md") from None
    return manager.hook, frozenset(present)


def _examine_hook(name: str, hook: str, function: Callable[..., Any]) -> None:
    if hook not in _SPECIFIED:
        raise refused(
            name,
            f"{hook} is no hook of this payport",
            f"The hooks are {', '.join(sorted(_SPECIFIED))}; mark one of a newer payport optionalhook",
        )
    known = inspect.signature(_SPECIFIED[hook]).parameters
    for parameter in inspect.signature(function).parameters.values():
        due = parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        if due and parameter.name not in known:
            raise refused(
                name,
                f"{hook} takes an argument {parameter.name}, which this payport does not give",
                f"It gives {', '.join(known) or 'none'}; a plugin for a newer payport needs that one",
            )
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise refused(name, f"{hook} is async", "Write a plain function; the core does the I/O")
    if hook in _FLOWS and not inspect.isgeneratorfunction(function):
        raise refused(
            name,
            f"{hook} is no generator",
            "A flow yields requests and returns its value; one without requests says `yield from ()`",
        )
    if hook not in _FLOWS and inspect.isgeneratorfunction(function):
        raise refused(name, f"{hook} is a generator where a value is due", "Return the value; yield nothing")


def examine_info(info: object, name: str, capabilities: frozenset[str]) -> GatewayInfo:
    """What `describe()` gave, believed field by field. `name` is the entry point's."""
    if type(info) is not GatewayInfo:
        kind = "nothing" if info is None else type(info).__name__
        raise refused(name, f"describe() gave {kind}", "Return a GatewayInfo")
    try:
        _texts(info, name)
        _limits(info.limits)
        _times(info)
        _answers(info.answers)
        _choices(info.choices)
        _settings(info.settings)
        _samples(info.published_samples)
    except ValueError as problem:
        raise refused(name, f"describe(): {problem}", "See GatewayInfo in payport.plugin") from None
    for delays, hook in (("ask_after", "query"), ("refund_ask_after", "query_refund")):
        if getattr(info, delays) and hook not in capabilities:
            raise refused(
                name, f"describe(): {delays} without the hook {hook}", f"Write {hook}, or leave it empty"
            )
    if info.partial_refund and "refund" not in capabilities:
        raise refused(name, "describe(): partial_refund without the hook refund", "Write refund")
    if info.by_hand and capabilities - {"describe", "initiate"}:
        raise refused(
            name,
            "describe(): by_hand, and hooks that hear from a gateway",
            "Keep describe and initiate alone",
        )
    return info


def examine_contracts(
    info: GatewayInfo, library: ContractLibrary, capabilities: frozenset[str]
) -> Mapping[ContractId, Contract]:
    """The contracts that the plugin speaks, as they are installed: by id, or by "id@2" where it lists two
    major versions of one."""
    found: dict[ContractId, Contract] = {}
    if not isinstance(info.contracts, tuple) or any(
        type(need) is not ContractNeed for need in info.contracts
    ):
        raise refused(
            info.id, "describe(): contracts is no tuple of ContractNeed", "List id and major version"
        )
    listed = [need.id for need in info.contracts]
    for need in info.contracts:
        alone = listed.count(need.id) == 1
        name = need.id if alone else ContractId(f"{need.id}@{need.major}")
        if name in found:
            raise refused(info.id, f"describe(): lists contract {name} twice", "List each major version once")
        try:
            found[name] = library.get(need.id, need.major)
        except ContractError as error:
            raise refused(info.id, f"{error.field}: {error.problem}", error.remedy) from None
    proofs = [one.id for one in found.values() if one.direction == "callback" and one.grade == "proof"]
    if proofs and "parse_callback" not in capabilities:
        raise refused(info.id, f"nothing reads what {proofs[0]} proves", "Write parse_callback")
    return found


def refused(name: str, problem: str, remedy: str) -> PluginRefused:
    return PluginRefused(field=f"plugin {name}", problem=problem, remedy=remedy)


def _texts(info: GatewayInfo, name: str) -> None:
    if type(info.id) is not str or not _ID.fullmatch(info.id):
        raise ValueError("id is not made of small letters, digits and _, beginning with a letter")
    if info.id != name:
        raise ValueError(f"id is not {name}, the name of its entry point")
    if type(info.method) is not str or not _ID.fullmatch(info.method):
        raise ValueError("method is not made of small letters, digits and _")
    believe_names("names", info.names)
    believe_names("explanation", info.explanation)
    for flag in ("partial_refund", "by_hand"):
        if type(getattr(info, flag)) is not bool:
            raise ValueError(f"{flag} is no bool")


def _limits(limits: object) -> None:
    if not isinstance(limits, tuple) or not limits:
        raise ValueError("limits is no tuple of Limits, one for each currency")
    currencies = set()
    for pair in limits:
        if type(pair) is not Limits or type(pair.least) is not Money or type(pair.most) is not Money:
            raise ValueError("limits holds what is not Limits of Money")
        if pair.least.currency != pair.most.currency or pair.least.currency in currencies:
            raise ValueError("limits names a currency twice, or two in one pair")
        if not 1 <= pair.least.minor <= pair.most.minor:
            raise ValueError("limits: least is below 1, or above most")
        currencies.add(pair.least.currency)


def _times(info: GatewayInfo) -> None:
    for name in ("window", "ask_gap"):
        if not _is_duration(getattr(info, name)):
            raise ValueError(f"{name} is no timedelta above zero and below {_LONGEST.days} days")
    for name in ("ask_after", "refund_ask_after"):
        delays = getattr(info, name)
        if not isinstance(delays, tuple) or not all(map(_is_duration, delays)):
            raise ValueError(f"{name} is no tuple of timedelta above zero")
        if list(delays) != sorted(set(delays)):
            raise ValueError(f"{name} does not rise")
    if info.ask_after and info.ask_after[-1] <= info.window:
        raise ValueError("ask_after ends while a buyer can still pay, so that no payment could ever expire")


def _is_duration(value: object) -> bool:
    return isinstance(value, timedelta) and timedelta(0) < value < _LONGEST


def _answers(answers: object) -> None:
    if type(answers) is not Answers:
        raise ValueError("answers is no Answers")
    for entry in fields(Answers):
        reply = getattr(answers, entry.name)
        if type(reply) is not Reply:
            raise ValueError(f"answers.{entry.name} is no Reply")
        if type(reply.status) is not int or not 200 <= reply.status <= 599 or type(reply.body) is not bytes:
            raise ValueError(f"answers.{entry.name} is not a status from 200 to 599 with a body of bytes")
        believe_text(f"answers.{entry.name}.content_type", reply.content_type, most=100)
        if not reply.content_type.isascii():
            raise ValueError(f"answers.{entry.name}.content_type is not ASCII")


def _choices(choices: object) -> None:
    if not isinstance(choices, tuple) or any(type(choice) is not Choice for choice in choices):
        raise ValueError("choices is no tuple of Choice")
    codes = [choice.code for choice in choices]
    if any(type(code) is not str or not _CHOICE.fullmatch(code) for code in codes):
        raise ValueError("choices: a code is not 1 to 40 letters, digits, _ and -")
    if len(set(codes)) != len(codes):
        raise ValueError("choices: a code is there twice")
    for choice in choices:
        believe_names("choices.names", choice.names)


def _settings(settings: object) -> None:
    if not (isinstance(settings, type) and issubclass(settings, GatewaySettings)):
        raise ValueError("settings is no subclass of GatewaySettings")
    if inspect.isabstract(settings):
        raise ValueError("settings does not say its merchant_account")


def _samples(samples: object) -> None:
    if not isinstance(samples, frozenset) or not all(
        type(digest) is str and _DIGEST.fullmatch(digest) for digest in samples
    ):
        raise ValueError("published_samples is no frozenset of SHA-256 digests in small hex")
