"""The noise panel of the bank app: which switches it shows, in two languages."""

from __future__ import annotations

from typing import Final

from payport_simulators.switches import Group, Switch

__all__ = ["GROUPS"]

GROUPS: Final = (
    Group(
        ("Nội dung trên sao kê", "The text on the statement"),
        (
            Switch("upper_case", ("Viết hoa", "In upper case")),
            Switch("strip_punctuation", ("Bỏ dấu câu", "Without punctuation")),
            Switch("split_code", ("Chèn khoảng trắng vào mã", "A blank inside the code")),
            Switch("prefix", ("Thêm MBVCB.<n>. ở đầu", "MBVCB.<n>. in front")),
            Switch("suffix", ("Thêm FT<số> ở cuối", "FT<digits> at the end")),
            Switch("cut", ("Cắt còn 25 ký tự", "Cut to 25 characters")),
            Switch("drop_memo", ("Mất nội dung", "Without the payer's text")),
        ),
    ),
    Group(
        ("Số tiền và thời gian", "Money and time"),
        (
            Switch("twice", ("Chuyển hai lần", "Paid twice")),
            Switch("amount_off_by", ("Số tiền lệch", "Amount is off by"), unit=("đồng", "đồng")),
            Switch("late_by", ("Muộn bao lâu", "Late by"), unit=("giây", "seconds")),
        ),
    ),
)
