"""docs/hooks.md: every hook with its arguments, every field at the boundary, every reason of a refusal."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from types import ModuleType
from typing import Any

import pytest

from payport.gateways import examined, hookspec, registry
from payport.gateways.exchange import FlowLimits
from payport.gateways.types import (
    Answers,
    Context,
    GatewayInfo,
    Payment,
    PaymentReport,
    Refund,
    RefundReport,
)
from payport_domestic_card import vnpay, vnpay_api, vnpay_reports
from tests.docs.pages import blocks, code_names, page, rows, section

PAGE = page("hooks.md")
HOOKS = {
    name: tuple(inspect.signature(getattr(hookspec, name)).parameters)
    for name in hookspec.__all__
    if hasattr(getattr(hookspec, name), "payport_spec")
}
SECTIONS = {name: section(PAGE, f"`{name}({', '.join(arguments)})`") for name, arguments in HOOKS.items()}


def test_there_is_a_section_for_each_hook_and_for_no_other() -> None:
    described = re.findall(r"^## `(\w+)\((.*)\)`$", PAGE, re.MULTILINE)

    assert {name: tuple(filter(None, given.split(", "))) for name, given in described} == HOOKS


@pytest.mark.parametrize("name", HOOKS)
def test_a_section_says_arguments_value_errors_and_an_example(name: str) -> None:
    text = SECTIONS[name]

    assert all(f"| `{argument}` |" in text for argument in HOOKS[name])
    assert "**Gives**" in text
    assert "**Errors.**" in text
    assert blocks(text, "python")


@pytest.mark.parametrize("name", HOOKS)
def test_the_examples_are_the_plugins_own_text(name: str) -> None:
    for block in blocks(SECTIONS[name], "python"):
        assert any(block in inspect.getsource(module) for module in (vnpay, vnpay_api, vnpay_reports))


@pytest.mark.parametrize(
    "type_", [GatewayInfo, Answers, Payment, Context, PaymentReport, Refund, RefundReport]
)
def test_every_field_at_the_boundary_is_described(type_: type[Any]) -> None:
    described = code_names(section(PAGE, f"The fields of {type_.__name__}"))

    assert described == [field.name for field in fields(type_)]


def test_the_required_hooks_are_named() -> None:
    assert " and ".join(f"`{name}`" for name in hookspec.REQUIRED) + " are required" in PAGE


def test_the_limits_of_a_call_are_those_of_the_driver() -> None:
    limits = FlowLimits()

    for names, value in rows(section(PAGE, "What the core does with a flow")):
        for name in re.findall(r"`(\w+)`", names):
            assert getattr(limits, name) == float(value.replace(",", "")), name


class TestTheReasonsOfARefusal:
    def test_are_all_described_and_no_other(self) -> None:
        described = code_names(section(PAGE, "How discovery refuses a plugin"))

        assert sorted(described) == sorted(
            {
                *_said(registry, "refused", 1),
                *_said(examined, "refused", 1),
                *_said(examined, "ValueError", 0),
            }
        )

    def test_stand_beside_a_remedy(self) -> None:
        assert all(remedy for _, remedy in rows(section(PAGE, "How discovery refuses a plugin")))


def _said(module: ModuleType, function: str, place: int) -> set[str]:
    """The texts that a module gives to a function, with … for what is filled in."""
    tree = ast.parse(inspect.getsource(module))
    given = [
        node.args[place]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function
    ]
    named = {node.id for node in given if isinstance(node, ast.Name)}
    given += [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in named
    ]
    return {text for text in map(_text, given) if text is not None}


def _text(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
        case _:
            return None
