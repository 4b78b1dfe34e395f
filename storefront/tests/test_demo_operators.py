"""The demo's stand-in for a host's staff login, and the back office behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from payport_backoffice import Role
from payport_storefront.demo.operators import DESK, PEOPLE, SIGN_IN
from storefront.tests.player import Demo, Player, running

pytestmark = pytest.mark.xdist_group("demo-operators")  # a demo is slow to start: one worker has it


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
def player(demo: Demo) -> Iterator[Player]:
    player = Player(demo)
    yield player
    player.close()


def _sign_in(player: Player, name: str) -> str:
    answer = player.submit(player.get(SIGN_IN), SIGN_IN, name=name)
    assert answer.status_code == 303
    return answer.headers["location"]


def test_there_is_one_person_of_each_role() -> None:
    assert {person.role for person in PEOPLE.values()} == set(Role)


def test_nobody_is_at_the_desk_until_somebody_is_chosen(player: Player) -> None:
    led = player.get(DESK)
    page = player.get(led.headers["location"])

    assert page.status_code == 401
    assert f'href="{SIGN_IN}"' in page.text


@pytest.mark.parametrize("name", PEOPLE)
def test_each_person_gets_to_the_desk_in_their_own_role(player: Player, name: str) -> None:
    page = player.get(_sign_in(player, name)).text

    assert f"{PEOPLE[name].name}<small>{PEOPLE[name].role.capitalize()}</small>" in page


def test_who_leaves_is_nobody_again(player: Player) -> None:
    _sign_in(player, "huy")

    assert _sign_in(player, "") == SIGN_IN
    assert player.get(f"{DESK}/").status_code == 401


def test_a_name_that_is_not_one_of_them_lets_nobody_in(player: Player) -> None:
    assert _sign_in(player, "admin") == SIGN_IN
    assert player.get(f"{DESK}/").status_code == 401


def test_the_desk_finds_what_was_ordered_in_the_shop(demo: Demo, player: Player) -> None:
    player.order()
    _sign_in(player, "anh")

    found = player.get(f"{DESK}/find?q={demo.last_order(player).number}")
    page = player.get(found.headers["location"]).text

    assert "Nguyễn Thu Hà" in page
    assert "Not paid yet" in page
