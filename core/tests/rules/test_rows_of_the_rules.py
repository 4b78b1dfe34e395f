"""Where each row of the rules' table "Cases that must come out right" is tested."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

HERE: Final = "core/tests/rules/test_cases_that_must_come_out_right.py"
CALENDAR: Final = "core/tests/rules/test_calendar.py"
RECEIVING: Final = "core/tests/service/test_receiving.py"
_ROOT: Final = Path(__file__).parents[3]

ROWS: Final[dict[str, list[tuple[str, str]]]] = {
    "extra capacity, 3,550,000 a year, 30 months of it": [
        (HERE, "test_extra_capacity_3_550_000_a_year_30_months_of_it"),
    ],
    "extra capacity at 1,200,000 a year, bought on 2026-08-20, by days": [
        (HERE, "test_by_days_148_of_365_the_same_by_whole_months_up_and_down"),
    ],
    "the same by whole months, up; down": [
        (HERE, "test_by_days_148_of_365_the_same_by_whole_months_up_and_down"),
    ],
    "extra capacity 3,550,000 a year, 30-month term of 912 days, 500 left, by days": [
        (HERE, "test_extra_capacity_3_550_000_30_month_term_of_912_days_500_left_by_days"),
    ],
    "33,335 less 10 %": [(HERE, "test_33_335_less_10_percent")],
    "three net lines of 33,333 at 8 %": [(HERE, "test_three_net_lines_of_33_333_at_8_percent")],
    "the same lines gross": [(HERE, "test_the_same_lines_gross")],
    "term anchored on 31 January, + 1 month, + 2 months": [
        (CALENDAR, "test_ends_on_the_last_of_february_and_then_on_31_march_again"),
        (CALENDAR, "test_ends_on_29_february_in_a_leap_year"),
    ],
    "valid to 30/06/2024": [
        (CALENDAR, "test_valid_to_30_june_2024_is_stored_as_midnight_of_1_july_at_plus_7_exclusive"),
    ],
    "time expired, capacity left": [(HERE, "test_time_expired_capacity_left")],
    "both gone": [(HERE, "test_both_gone")],
    "one order paid twice in two tabs": [(RECEIVING, "test_in_two_tabs_the_second_is_surplus_money")],
    "two orders of one account paid at the same moment": [
        (HERE, "test_two_orders_of_one_account_paid_at_the_same_moment"),
        (
            "core/tests/service/test_concurrency.py",
            "test_are_applied_in_turn_the_later_on_the_earliers_result",
        ),
    ],
    "term ends between quote and payment of added capacity": [
        (HERE, "test_sends_the_order_to_review"),
        (HERE, "test_does_so_too_when_a_renewal_has_begun_meanwhile"),
    ],
    "downgrade while usage is above the new quota": [
        (HERE, "test_downgrade_while_usage_is_above_the_new_quota"),
    ],
    "success arrives after the order expired or was cancelled": [
        (RECEIVING, "test_of_an_order_that_has_expired_is_fulfilled_by_default"),
        (RECEIVING, "test_of_an_order_that_has_expired_waits_for_a_person_where_the_policy_says_so"),
        (
            "tests/attacks/test_delivery_late.py",
            "test_DEL_08_of_the_order_pays_once_by_policy_fulfil_and_the_second_money_is_surplus",
        ),
    ],
    "failure callback, then success; success, then failure callback": [
        (RECEIVING, "test_overtakes_a_failure"),
        (RECEIVING, "test_is_not_undone_by_a_later_failure"),
    ],
    "coupon of 100 %": [
        (HERE, "test_coupon_of_100_percent"),
        (RECEIVING, "test_is_paid_at_once_with_the_same_records"),
    ],
    "catalog changed, or package withdrawn, between quote and payment": [
        (HERE, "test_catalog_changed_between_quote_and_payment"),
        (HERE, "test_package_withdrawn_between_quote_and_payment"),
        ("core/tests/service/test_catalogs.py", "test_still_places_and_pays_what_it_priced"),
    ],
    "staff adjustment": [
        (HERE, "test_is_a_grant_with_actor_and_reason_and_no_payment"),
        (HERE, "test_gives_no_credit_at_a_switch"),
    ],
    "tie of remainders in tax or promotion": [
        (HERE, "test_tie_of_remainders_in_tax_goes_to_the_earlier_line"),
        (HERE, "test_tie_of_remainders_in_a_promotion_goes_to_the_earlier_line"),
    ],
}


@pytest.mark.parametrize("row", ROWS)
def test_the_row_has_a_test_that_stands_where_the_table_says(row: str) -> None:
    for path, name in ROWS[row]:
        assert f"def {name}(" in (_ROOT / path).read_text(encoding="utf-8"), (path, name)
