"""TRU: genuine messages that do not say the truth, or not the truth about what they are used for."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from payport.rules.entitlement import State as Holding
from payport.rules.money import Money, vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.service.judge import Decision
from payport.signing.received import Channel
from tests.support.bank_shop import BankShop
from tests.support.bank_sign import bank_fields, digest_query, pairs
from tests.support.door import Door
from tests.support.gateways import SPEAKERS, Speaker
from tests.support.shop import Shop
from tests.support.sign import ipn_query
from tests.support.site import Site
from tests.support.unmoved import last_callback, nothing_moves

OpenBank = Callable[..., BankShop]


def holds_nothing(shop: Shop, account: str = "binh-minh") -> bool:
    return shop.payport.entitlement(account).state is Holding.NONE


class TestPayingLittleAndClaimingMuch:
    def test_TRU_01_the_least_amount_for_a_dear_order_goes_to_review(self, site: Site) -> None:
        payment = site.pay(site.shop.order(package="enterprise"))

        answer = site.ipn(site.told(payment, 5_000))

        assert answer.body == site.speaker.wrong_amount
        assert (site.payment(payment).state, site.payment(payment).received) == (State.REVIEW, vnd(5_000))
        assert site.holds_nothing()

    def test_TRU_01_the_money_is_not_lent_to_a_second_attempt(self, shop: Shop, door: Door) -> None:
        """5,000 received and 5,000 short: two wrong payments never make one right order."""
        order = shop.order()
        first, second = shop.pay(order, "NCB"), shop.pay(order, "VIETCOMBANK")

        door.ipn(ipn_query(first.merchant_reference, 5_000, transaction="15000001"))
        door.ipn(ipn_query(second.merchant_reference, order.total.minor - 5_000, transaction="15000002"))

        assert shop.payport.order(order.number).received == order.total
        assert shop.payport.order(order.number).state is OrderState.REVIEW
        assert holds_nothing(shop)

    def test_TRU_01_the_answer_is_the_same_however_often_it_is_delivered(
        self, site: Site, pending: Payment
    ) -> None:
        query = site.told(pending, 5_000)

        assert {site.ipn(query).body for _ in range(3)} == {site.speaker.wrong_amount}
        assert site.payment(pending).received == vnd(5_000)


class TestPayingTooMuch:
    def test_TRU_02_goes_to_review_with_its_surplus_named(self, site: Site) -> None:
        for place, amount in enumerate([1_100_001, 11_000_000]):
            payment = site.pay(site.shop.order(f"khach-{place}"))

            assert site.ipn(site.told(payment, amount)).body == site.speaker.wrong_amount

            assert site.payment(payment).flags == {Flag.AMOUNT, Flag.SURPLUS}
            order = site.shop.payport.order(payment.order_number)
            assert (order.state, order.received) == (OrderState.REVIEW, vnd(amount))
            assert site.holds_nothing(f"khach-{place}")


class TestAnotherCurrency:
    def test_TRU_03_with_the_same_digits_never_pays(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_query")
        for currency in ("USD", "KHR", "vnd", "VNĐ", "XXX", "VN", "VNDD"):
            payment = bank.pay(bank.shop.order(currency))

            receipt = bank.ipn(payment, currency=currency)

            assert receipt.decision in {Decision.WRONG_AMOUNT, Decision.TRY_AGAIN}
            assert bank.shop.payment(payment).state in {State.REVIEW, State.PENDING}
            assert bank.shop.payment(payment).received == vnd(0)
            assert holds_nothing(bank.shop, currency)

    def test_TRU_03_goes_to_review_with_its_flag(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_query")
        payment = bank.pay()

        receipt = bank.ipn(payment, currency="USD")

        assert receipt.reply.body == b'{"said":"wrong_amount"}'
        assert bank.shop.payment(payment).flags == {Flag.CURRENCY}
        assert bank.shop.payment(payment).state is State.REVIEW

    def test_TRU_03_left_out_is_refused_where_the_contract_signs_one(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_query")
        payment = bank.pay()

        for currency in (None, ""):
            assert bank.ipn(payment, currency=currency).decision is Decision.INCOMPLETE

        assert bank.shop.payment(payment).state is State.PENDING
        assert bank.ipn(payment).decision is Decision.RECORDED

    def test_TRU_03_is_the_contracts_own_where_the_contract_fixes_it(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_fixed")
        for account, said in (("mot", None), ("hai", "USD")):
            payment = bank.pay(bank.shop.order(account))

            assert bank.ipn(payment, currency=said).decision is Decision.RECORDED
            assert bank.shop.payment(payment).received == payment.amount

    @pytest.mark.parametrize(
        "speaker", [each for each in SPEAKERS if each.id != "vnpay"], ids=str, indirect=True
    )
    def test_TRU_03_in_a_field_that_may_be_missing_counts_where_it_comes(self, site: Site) -> None:
        """OnePay's domestic results carry vpc_CurrencyCode; without one, it is the contract's đồng."""
        for currency in ("USD", "vnd", "704", " VND"):
            payment = site.pay(site.shop.order(currency))

            assert site.ipn(site.told(payment, vpc_CurrencyCode=currency)).body == site.speaker.stored

            assert (site.payment(payment).state, site.payment(payment).flags) == (
                State.REVIEW,
                {Flag.CURRENCY},
            )
            assert site.payment(payment).received == vnd(0)
            assert site.holds_nothing(currency)
        for account, said in (("mot", "VND"), ("hai", "")):
            payment = site.pay(site.shop.order(account))
            site.ipn(site.told(payment, vpc_CurrencyCode=said))
            assert site.payment(payment).state is State.SUCCEEDED


class TestASlipOfScale:
    def test_TRU_04_by_a_hundred_goes_to_review(self, site: Site) -> None:
        for place, amount in enumerate([11_000, 110_000_000]):
            payment = site.pay(site.shop.order(f"khach-{place}"))

            assert site.ipn(site.told(payment, amount)).body == site.speaker.wrong_amount

            assert site.payment(payment).state is State.REVIEW
            assert site.holds_nothing(f"khach-{place}")

    def test_TRU_04_below_the_dong_is_no_money(self, site: Site, speaker: Speaker) -> None:
        for hundredths in ("110000001", "110000099", "109999999"):
            payment = site.pay(site.shop.order(f"khach-{hundredths}"))

            answer = site.ipn(site.told(payment, **{speaker.amount: hundredths}))

            assert answer.body == speaker.wrong_amount
            assert site.payment(payment).state is State.REVIEW
            assert site.payment(payment).received == vnd(0)

    def test_TRU_04_does_not_cancel_out_on_the_way_there_and_back(self, site: Site) -> None:
        """What the buyer is asked for, read by hand from the link, is the order's total × 100."""
        order = site.shop.order()

        checkout = site.hands_over(order)

        assert parse_qs(urlsplit(checkout.url).query)[site.speaker.amount] == ["110000000"]
        assert order.total == Money(1_100_000, "VND")


class TestAnotherMerchantsAccount:
    def test_TRU_05_under_our_own_key_is_not_matched_by_reference_alone(
        self, site: Site, speaker: Speaker, pending: Payment
    ) -> None:
        answer = site.ipn(site.told(pending, **{speaker.merchant: "OTHERTMN"}))

        assert answer.body == speaker.refused
        assert (site.payment(pending).state, site.payment(pending).flags) == (State.REVIEW, {Flag.MERCHANT})
        assert site.payment(pending).received == vnd(0)
        assert site.holds_nothing()

    def test_TRU_05_about_a_reference_that_is_not_here_tells_it_nothing(
        self, site: Site, speaker: Speaker
    ) -> None:
        with nothing_moves(site.shop):
            answer = site.ipn(speaker.told("SVNOBODYKNOW", 1_100_000, **{speaker.merchant: "OTHERTMN"}))

        assert answer.body == speaker.refused

    def test_TRU_05_is_compared_letter_by_letter(self, site: Site, speaker: Speaker) -> None:
        ours = parse_qs(speaker.told("SV", 1).decode())[speaker.merchant][0]
        for place, code in enumerate([ours.lower(), f"{ours} ", ours[:-1], f"{ours}\u200b"]):
            payment = site.pay(site.shop.order(f"khach-{place}"))

            site.ipn(site.told(payment, **{speaker.merchant: code}))

            assert site.payment(payment).state is not State.SUCCEEDED
            assert site.payment(payment).received == vnd(0)


class TestAReferenceThatWeNeverIssued:
    def test_TRU_06_is_kept_and_answered_order_not_found(self, site: Site, speaker: Speaker) -> None:
        for reference in ("SVNOBODYKNOWS", "' OR 1=1 --", "%", "_" * 12, "x" * 100):
            with nothing_moves(site.shop):
                answer = site.ipn(speaker.told(reference, 1_100_000))

            assert answer.body == speaker.unknown
            assert last_callback(site.shop)[:2] == ("proof", "unknown_reference")

    def test_TRU_06_differs_from_ours_by_case_and_by_blanks(
        self, site: Site, speaker: Speaker, pending: Payment
    ) -> None:
        ours = pending.merchant_reference

        for like in (ours.lower(), f" {ours}", f"{ours} ", ours[:-1], f"{ours}0"):
            assert site.ipn(speaker.told(like, pending.amount.minor)).body == speaker.unknown

        assert site.payment(pending).state is State.PENDING


class TestTheSuccessOfOneOrderShownAsAnothers:
    @pytest.fixture
    def two(self, site: Site) -> tuple[Payment, Payment]:
        return site.pay(site.shop.order("mot")), site.pay(site.shop.order("hai"))

    def test_TRU_07_by_fields_that_nobody_signed_pays_the_first_at_most(
        self, site: Site, speaker: Speaker, two: tuple[Payment, Payment]
    ) -> None:
        mine, theirs = two
        ours = speaker.reference
        names = (ours[4:], "order", "merchant_reference", "orderId", ours.replace("_", "-"), f"#&{ours}")

        for name in names:
            site.ipn(site.told(mine) + f"&{name}={theirs.merchant_reference}".encode())

        assert site.payment(theirs).state is State.PENDING
        assert site.holds_nothing("hai")

    def test_TRU_07_by_cookie_header_or_body_pays_the_first_alone(
        self, site: Site, speaker: Speaker, two: tuple[Payment, Payment]
    ) -> None:
        mine, theirs = two
        other = theirs.merchant_reference.encode()

        answer = site.ipn(
            site.told(mine),
            headers=[
                (b"cookie", b"order=" + other),
                (speaker.reference.encode(), other),
                (b"x-order", other),
            ],
            body=site.told(theirs, secret="0F" * 16),
        )

        assert answer.body == speaker.stored
        assert (site.payment(mine).state, site.payment(theirs).state) == (State.SUCCEEDED, State.PENDING)

    def test_TRU_07_by_the_signed_reference_itself_is_no_longer_signed(
        self, site: Site, two: tuple[Payment, Payment]
    ) -> None:
        mine, theirs = two

        site.refuses(
            site.told(mine).replace(mine.merchant_reference.encode(), theirs.merchant_reference.encode())
        )

    def test_TRU_07_by_one_transaction_for_two_orders_is_money_once(
        self, site: Site, speaker: Speaker, two: tuple[Payment, Payment]
    ) -> None:
        for payment in two:
            site.ipn(site.told(payment, **{speaker.transaction: "15000009"}))

        assert [site.payment(payment).state for payment in two] == [State.SUCCEEDED, State.REVIEW]
        assert site.holds_nothing("hai")

    def test_TRU_07_at_another_accounts_door_pays_nobody(
        self, site: Site, speaker: Speaker, two: tuple[Payment, Payment]
    ) -> None:
        """A message is judged by the account whose door it came to, and finds that account's payments."""
        for account in set(site.shop.payport.seller.accounts) - {speaker.account}:
            with nothing_moves(site.shop):
                Door(site.shop, account).ipn(site.told(two[0]))


class TestAResultCodeThatNoSheetLists:
    def test_TRU_08_waits_for_a_query(self, site: Site, speaker: Speaker) -> None:
        for place, said in enumerate(speaker.unlisted):
            payment = site.pay(site.shop.order(f"khach-{place}"))

            assert site.ipn(site.told(payment, **said)).body == speaker.stored, said

            assert site.payment(payment).state is State.PENDING, said
        assert site.shop.payport.work().asked == len(speaker.unlisted)

    def test_TRU_08_of_another_form_is_refused_and_neither_yes_nor_no(self, shop: Shop, door: Door) -> None:
        payment = shop.pay(shop.order())

        for response, status in (
            ("0", "0"),
            ("", ""),
            ("00 ", "00"),
            ("0", "00"),
            ("000", "00"),
            ("٠٠", "00"),
        ):
            codes = {"vnp_ResponseCode": response, "vnp_TransactionStatus": status}
            with nothing_moves(shop):
                answer = door.ipn(ipn_query(payment.merchant_reference, payment.amount.minor, **codes))
            assert answer.body == b'{"RspCode":"99","Message":"Invalid request"}'

    def test_TRU_08_in_another_gateways_words_waits_too(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_query")
        for status in ("PAID", "paid ", "success", "0", "refunded"):
            payment = bank.pay(bank.shop.order(status))

            assert bank.ipn(payment, status=status).decision is Decision.RECORDED
            assert bank.shop.payment(payment).state is State.PENDING
        assert bank.shop.payport.work().asked == 5


class TestAnAmountThatNobodySigned:
    def test_TRU_09_is_not_believed_and_a_query_decides(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_amountless")
        for amount in ("1", "1100000", "99999999999"):
            payment = bank.pay(bank.shop.order(amount))
            signed = {"order_ref": payment.merchant_reference, "status": "paid", "txn": amount}

            receipt = bank.deliver(pairs(signed, unsigned=f"&amount={amount}&currency=VND"))

            assert receipt.decision is Decision.HINT_TAKEN
            assert bank.shop.payment(payment).state is State.PENDING
            assert bank.shop.payment(payment).received == vnd(0)
        assert bank.shop.payport.work().asked == 3

    def test_TRU_09_a_digest_with_the_secret_in_front_only_prompts_the_query(
        self, open_bank: OpenBank
    ) -> None:
        bank = open_bank("bank_digest")
        payment = bank.pay()

        receipt = bank.deliver(digest_query(bank_fields(payment.merchant_reference, 1_100_000)))

        assert receipt.decision is Decision.HINT_TAKEN
        assert bank.shop.payment(payment).state is State.PENDING


class TestSomeoneElsesGrant:
    def test_TRU_10_goes_to_the_orders_account_whoever_comes_back(self, shop: Shop, door: Door) -> None:
        payment = shop.pay(shop.order("binh-minh"))
        query = ipn_query(payment.merchant_reference, payment.amount.minor)

        door.ipn(query, headers=[(b"cookie", b"account=ke-la")])
        door.back(query + b"&account=ke-la", headers=[(b"cookie", b"account=ke-la; session=ke-la")])

        assert shop.payport.entitlement("binh-minh").package == "standard"
        assert holds_nothing(shop, "ke-la")


class TestTwoStatusFieldsThatDisagree:
    def test_TRU_11_are_never_a_yes_and_make_an_ask_due(self, shop: Shop, door: Door) -> None:
        for response, status in (("00", "02"), ("00", "01"), ("24", "00"), ("51", "00"), ("00", "05")):
            payment = shop.pay(shop.order(f"{response}-{status}"))

            door.ipn(ipn_query(payment.merchant_reference, 1_100_000, response=response, status=status))

            assert shop.payment(payment).state is State.PENDING
        assert shop.payport.work().asked == 5

    def test_TRU_11_with_a_dispute_among_them_go_to_review(self, shop: Shop, door: Door) -> None:
        for response, status in (("00", "07"), ("07", "00"), ("00", "04")):
            account = number = f"{response}{status}"
            payment = shop.pay(shop.order(account))
            said = {"response": response, "status": status, "transaction": f"15{number}"}

            door.ipn(ipn_query(payment.merchant_reference, 1_100_000, **said))

            assert shop.payment(payment).state is State.REVIEW
            assert shop.payment(payment).flags == {Flag.SUSPECT}
            assert holds_nothing(shop, account)


class TestTheReturnOfAGenuineSuccess:
    """By VNPAY's own rule only the IPN moves money."""

    def test_TRU_07_pays_nothing_and_asks(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())

        shop.deliver(ipn_query(payment.merchant_reference, payment.amount.minor), channel=Channel.RETURN)

        assert (shop.payment(payment).state, shop.payment(payment).received) == (State.PENDING, vnd(0))
