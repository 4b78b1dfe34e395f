"""Windows that go from test to test bring nothing along, and axe sees what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.axe import violations
from tests.support.windows import Windows


@pytest.fixture
def windows(browser: Browser) -> Iterator[Windows]:
    windows = Windows(browser)
    yield windows
    windows.close()


def test_a_window_is_lent_again_without_cookies_content_or_another_size(windows: Windows) -> None:
    before = windows.lend("vi-VN", 390)
    before.context.add_cookies([{"name": "who", "value": "before", "url": "http://127.0.0.1"}])
    before.set_content("<p>left behind</p>")
    windows.give_back()

    after = windows.lend("vi-VN", 1280)

    assert after is before
    assert after.context.cookies() == []
    assert after.locator("p").count() == 0
    assert after.viewport_size == {"width": 1280, "height": 860}


def test_two_at_once_and_two_languages_are_different_windows(windows: Windows) -> None:
    assert windows.lend("vi-VN").context is not windows.lend("vi-VN").context
    windows.give_back()

    assert windows.lend("en-GB").evaluate("navigator.language") == "en-GB"


def test_one_that_was_closed_is_not_lent_again(windows: Windows) -> None:
    before = windows.lend("vi-VN")
    before.context.close()
    windows.give_back()

    assert windows.lend("vi-VN").evaluate("1 + 1") == 2


def test_what_a_script_fails_at_is_kept_once_however_often_a_window_was_lent(windows: Windows) -> None:
    for _ in range(2):
        windows.lend("vi-VN")
        windows.give_back()
    page = windows.lend("vi-VN")

    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('on purpose') })")

    assert windows.complaints == ["on purpose"]


def test_axe_names_a_rule_and_the_element_that_breaks_it(windows: Windows) -> None:
    page = windows.lend("en-GB")
    page.set_content(
        '<html lang="en"><title>A</title><main><h1>A</h1><img src="a.png"></main>'
        "<style>p { color: #888; background: #999 }</style><p>pale"
    )

    found = violations(page)

    assert {each.id for each in found} >= {"image-alt", "color-contrast"}
    assert '<img src="a.png">' in {each.html for each in found}
