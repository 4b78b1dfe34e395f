"""The auditor's report: what each contract says in words, how it was checked, and who approved it.

values.py says what a report holds; gathering.py makes it of what is installed and configured; page.py and
document.py write the same values as HTML and as PDF; sampling.py re-verifies stored callbacks by a script
that stands alone; commands.py is `payport audit`.
"""

__all__: list[str] = []
