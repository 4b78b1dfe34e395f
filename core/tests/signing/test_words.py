"""A contract in words, and what a change of contract changes."""

from __future__ import annotations

import pytest

from payport.signing.contract import load_contract
from payport.signing.document import Document
from payport.signing.words import differences, part_words, sentences

_PARTS = """id = "sao-mai"
version = "1.0.0"
source = "saomai.md, 3"
grade = "proof"
fields = "json"
[covers]
merchant_reference = "order"
amount = "amount"
outcome = "code"
[message]
parts = ["field.order", "field.amount", "field.code", "field.note"]
join = "|"
[signature]
at = "header.X-Signature"
algorithm = "HMAC-SHA256"
key = "callback_key"
written = "hex lower"
"""


def _document(*changes: tuple[str, str]) -> Document:
    text = _PARTS
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return load_contract(text, source="sao-mai.toml").document


def _said(document: Document) -> dict[str, str]:
    return {each.topic: each.text for each in sentences(document)}


class TestAContractInWords:
    def test_says_what_is_signed_by_which_key_and_how_strong_it_is(self) -> None:
        said = {each.topic: each.text for each in sentences(_document())}

        assert said["signed"] == (
            "Signed is, in this order: the field order; the field amount; the field code; the field note."
        )
        assert (
            said["key"] == "The key has the role callback_key, and belongs to the gateway account in the URL."
        )
        assert (
            said["at"]
            == "The signature stands in the header X-Signature, in hexadecimal digits, small letters."
        )
        assert said["age"] == "It may be of any age."
        assert said["covers amount"] == "The signed field amount is the amount."
        assert said["grade"].startswith("Its grade is proof. A message that fits may move money")

    def test_says_why_it_is_no_proof(self) -> None:
        weak = _document(
            ('grade = "proof"', 'grade = "hint"\nlocate = { merchant_reference = "order" }'),
            ('amount = "amount"\n', ""),
        )

        said = {each.topic: each.text for each in sentences(weak)}

        assert said["grade"].endswith("It is no proof because covers does not name amount.")

    def test_says_that_nothing_is_signed(self) -> None:
        open_ = load_contract(
            'id = "token"\nversion = "1.0.0"\nsource = "x"\ngrade = "none"\nfields = "query"\n'
            '[locate]\ncheckout_reference = "token"\n',
            source="token.toml",
        ).document

        said = [each.text for each in sentences(open_)]

        assert "Nothing is signed: anybody can send such a message." in said
        assert differences(_document(), open_)[0] == (
            "Our name for the payment, the field order, is no longer part of the signed text: whoever changes"
            " it on the way is not noticed."
        )

    def test_says_of_every_contract_what_else_arrives(self) -> None:
        """Headers, siblings of data, the other place: something is left, whatever names are signed."""
        chosen = ('parts = ["field.order", "field.amount", "field.code", "field.note"]', "select = {s}")
        for select in ('{ prefix = [""] }', '{ prefix = ["a", "o", "c"] }'):
            said = _said(_document((chosen[0], chosen[1].format(s=select)), ("join", "names = true\njoin")))

            assert said["else"] == "Whatever else arrives is not covered by the signature, and is never read."

    def test_says_of_every_prefix_that_the_empty_one_is_all(self) -> None:
        parts = 'parts = ["field.order", "field.amount", "field.code", "field.note"]'
        every = _document(
            (parts, 'select = { prefix = ["", "a"], leave_out = ["x"] }'), ("join", "names = true\njoin")
        )

        assert _said(every)["signed"] == (
            "Every field is signed, but not x; they are sorted by the bytes of their names."
        )

    def test_says_of_what_is_dropped_whether_it_was_signed(self) -> None:
        body = _document(
            ('fields = "json"', 'fields = "body as json"\nnot_covered = ["bank"]'),
            ('"field.order", "field.amount", "field.code", "field.note"', '"body"'),
        )

        assert (
            _said(body)["unread"] == "Part of the text that is signed as a whole, and dropped unread: bank."
        )
        assert "not covered" not in _said(body)

    def test_says_of_parts_without_a_name_that_they_stand_alone(self) -> None:
        weak = _document(
            ('grade = "proof"', 'grade = "hint"\nlocate = { merchant_reference = "order" }'),
            ('"field.note"]', '"field.note", "secret"]\nnames = true\njoiner_in = ["note"]'),
            ("HMAC-SHA256", "MD5"),
        )

        assert _said(weak)["names"] == "Each is written as name=value, but for the secret key."
        assert "joiner" not in _said(weak)  # where a bare digest signs, any value may hold it
        assert _said(weak)["locate"] == (
            "The field order serves to look up our own payment by our name for the payment;"
            " no other field does."
        )

    def test_says_of_what_we_send_nothing_of_age(self) -> None:
        sent = _document(
            ('grade = "proof"', 'direction = "request"'),
            ('[covers]\nmerchant_reference = "order"\namount = "amount"\noutcome = "code"\n', ""),
            ("header.X-Signature", "field.sign"),
            ('"field.note"]', '"field.note"]\njoiner_in = ["note"]'),
        )

        assert not {"age", "else"} & set(_said(sent))
        assert _said(sent)["key"].endswith("belongs to the gateway account that the call is made for.")
        assert _said(sent)["joiner"] == "Only note may hold the sign that joins."

    @pytest.mark.parametrize("part", ["signature.t", "setting.code", "secret", "body", ""])
    def test_has_words_for_every_part(self, part: str) -> None:
        assert part_words(part)


class TestAChangeOfContract:
    def test_that_takes_the_amount_out_of_the_signed_text_is_told_first(self) -> None:
        told = differences(
            _document(),
            _document(
                ('grade = "proof"', 'grade = "hint"\nlocate = { merchant_reference = "order" }'),
                ('amount = "amount"\n', ""),
                (', "field.amount"', ""),
            ),
        )

        assert told[0] == (
            "The amount, the field amount, is no longer part of the signed text: whoever changes it on the"
            " way is not noticed."
        )

    def test_that_stops_comparing_a_signed_field_is_told(self) -> None:
        told = differences(_document(('code"\n', 'code"\ncurrency = "note"\n')), _document())

        assert "The currency, the field note, is still signed, and no longer compared with ours." in told

    def test_that_takes_an_outcome_or_no_more_is_told_as_what_we_believe(self) -> None:
        """We have no outcome of our own to compare it with."""
        without = _document(
            ('grade = "proof"', 'grade = "hint"\nlocate = { merchant_reference = "order" }'),
            ('outcome = "code"\n', ""),
        )

        assert differences(_document(), without)[0] == (
            "The outcome, the field code, is still signed, and no longer believed."
        )
        assert differences(without, _document())[0] == (
            "The outcome is now believed: the field code was signed before."
        )

    def test_that_signs_less_or_more_of_what_means_nothing_is_told(self) -> None:
        less = _document((', "field.note"', ""))

        assert differences(_document(), less)[0].startswith(
            "The field note is no longer part of the signed text"
        )
        assert differences(less, _document())[0] == "The field note is now part of the signed text."

    def test_that_reads_a_meaning_elsewhere_is_told(self) -> None:
        told = differences(_document(), _document(('outcome = "code"', 'outcome = "note"')))

        assert told[0] == "The outcome is now read from the field note, and was from code."

    def test_of_the_algorithm_and_of_age_is_told_as_before_and_now(self) -> None:
        told = differences(_document(), _document(("HMAC-SHA256", "HMAC-SHA512")))

        assert told == ("Before: It is signed by HMAC-SHA256. Now: It is signed by HMAC-SHA512.",)

    def test_of_nothing_but_the_version_is_no_change(self) -> None:
        assert differences(_document(), _document(("1.0.0", "1.0.1"))) == ()

    def test_that_leaves_a_field_out_is_told_but_for_where_the_signature_stands(self) -> None:
        parts = 'parts = ["field.order", "field.amount", "field.code", "field.note"]'
        every = _document((parts, 'select = { prefix = [""] }'), ("join", "names = true\njoin"))
        fewer = _document(
            (parts, 'select = { prefix = [""], leave_out = ["sign", "note"] }'),
            ("join", "names = true\njoin"),
            ("header.X-Signature", "field.sign"),
        )

        assert [each for each in differences(every, fewer) if "part of the signed text" in each] == [
            "The field note is no longer part of the signed text: whoever changes it on the way is not"
            " noticed."
        ]
        assert differences(fewer, every)[0] == "The field note is now part of the signed text."
