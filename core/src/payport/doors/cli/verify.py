"""`payport verify`: one message against one contract, with every step shown, for whoever audits it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Parameter

from payport.doors.cli.printing import heading, plain, record, table
from payport.doors.cli.usage import UsageError

if TYPE_CHECKING:
    from payport.signing.contract import Contract
    from payport.signing.explain import Attempt, Explanation
    from payport.signing.message import Material

__all__ = ["verify"]

_VERIFIED, _REJECTED = 0, 1
_LONGEST: Final = 4096  # signs of a received signature or value that are shown


def verify(
    *,
    contract: Annotated[str, Parameter(help='Its id, "id@1", "id@1.0.0", or the path of a .toml file.')],
    key: Annotated[
        tuple[str, ...],
        Parameter(help="role=@file, role=env:NAME or role=VALUE; role:id=… names one of several."),
    ] = (),
    setting: Annotated[tuple[str, ...], Parameter(help="name=value, where the contract names one.")] = (),
    at: Annotated[str | None, Parameter(help="When it arrived, with its offset; else now.")] = None,
    door_method: Annotated[
        Literal["GET", "POST"], Parameter(help="How a bare query string or body came.")
    ] = "GET",
    body: Annotated[bool, Parameter(help="Standard input is the body alone, byte for byte.")] = False,
    signed_text: Annotated[
        Path | None, Parameter(help="Another program's signed text: shows where ours first differs.")
    ] = None,
    write_text: Annotated[
        Path | None, Parameter(help="Write the exact bytes of the signed text there.")
    ] = None,
) -> int:
    """Check one message against a contract, and show the signed text, the digests and the verdict.

    The message comes on standard input: a whole HTTP request or response, a URL, or a query string. Exit
    status 0: it is what its contract claims, a proof or a hint. 1: rejected. 2: called wrongly.
    """
    from payport.doors.cli.keys_given import read_keys, read_settings  # noqa: PLC0415
    from payport.doors.cli.message import understand  # noqa: PLC0415
    from payport.doors.cli.shelf import load_shelf  # noqa: PLC0415
    from payport.errors import CallbackRejected, ConfigurationError  # noqa: PLC0415
    from payport.signing.explain import explain  # noqa: PLC0415
    from payport.signing.verify import gather  # noqa: PLC0415

    chosen = load_shelf().find(contract, option="--contract")
    if chosen.direction == "request":
        raise UsageError(
            field="--contract", problem="is for what we send", remedy="Take one for a callback or an answer"
        )
    moment = _moment(at)
    keyring, settings = read_keys(key, chosen), read_settings(setting)
    offered = None if signed_text is None else _read(signed_text)
    came = understand(sys.stdin.buffer.read(), chosen, method=door_method, is_body=body, received_at=moment)
    try:
        result = explain(
            chosen, came.received, keyring=keyring, settings=settings, at=moment, offered=offered
        )
    except ConfigurationError as error:
        raise UsageError(
            field="--setting", problem=f"{error.field} {error.problem}", remedy="Write it as name=value"
        ) from None
    try:
        material = gather(chosen, came.received, settings)
    except CallbackRejected:
        material = None
    _show_contract(chosen, came.words, moment)
    _show_texts(chosen, result, write_text)
    if material is not None:
        _show_digests(chosen, result, material)
        _show_difference(chosen, result, material, offered)
    _show_verdict(chosen, result, material)
    _warn_of_inline(key)
    return _REJECTED if result.verdict == "rejected" else _VERIFIED


def _show_contract(contract: Contract, words: str, at: datetime) -> None:
    grade: str = contract.grade or "-"
    if contract.computed_grade != contract.grade:
        grade = f"{grade} (could be {contract.computed_grade})"
    record(
        [
            ("contract", f"{contract.label}, {contract.direction}"),
            ("grade", grade),
            ("source", contract.source),
            ("sha256", contract.digest),
            ("input", words),
            ("judged at", at.isoformat(" ", "seconds")),
        ]
    )


def _show_texts(contract: Contract, result: Explanation, write_text: Path | None) -> None:
    """Each form of the text on a line of its own, unchanged where a terminal can show it so."""
    signature = contract.document.signature
    if signature is None:
        return
    forms: dict[bytes, list[str]] = {}
    for attempt in result.attempts:
        written = forms.setdefault(attempt.text, [])
        if attempt.form not in written:
            written.append(attempt.form)
    if not forms:
        heading("No text could be made of this message.")
        return
    for text, written in forms.items():
        shown = text.decode(errors="backslashreplace")
        escaped = "" if shown.isprintable() else ", shown with escapes"
        heading(f"signed text, values {' or '.join(written)}, {len(text)} bytes{escaped}:")
        print(plain(shown))
    if write_text is not None:
        _write(write_text, _chosen(result).text)
        from payport.doors.cli.openssl import openssl_command  # noqa: PLC0415

        command = openssl_command(signature, str(write_text))
        if command is not None:
            heading(f"values {_chosen(result).form} were written; the same digest, with the key in $KEY:")
            print(command)


def _chosen(result: Explanation) -> Attempt:
    """The one that fits, else the first."""
    return next((attempt for attempt in result.attempts if attempt.fits), result.attempts[0])


def _show_digests(contract: Contract, result: Explanation, material: Material) -> None:
    signature = contract.document.signature
    if signature is None:
        return
    heading(f"digests, {signature.algorithm}, {signature.written}:")
    rows = []
    for attempt in result.attempts:
        untried = "" if attempt.tried else ", not valid at this time"
        fit = "fits" if attempt.fits else "does not fit"
        rows.append((f"key {attempt.key_id}, {attempt.form}", f"{attempt.digest or '-'}  ({fit}{untried})"))
    rows.append((f"received in {signature.at}", _received_signature(signature.at, material)))
    record(rows, indent=2)


def _received_signature(at: str, material: Material) -> str:
    kind, _, name = at.partition(".")
    found = material.fields.values.get(name) if kind == "field" else material.headers.get(name.lower())
    return "(none)" if found is None else found[:_LONGEST] or "(empty)"


def _show_difference(
    contract: Contract, result: Explanation, material: Material, offered: bytes | None
) -> None:
    if offered is None:
        return
    if result.difference is None:
        heading("The offered text is the same." if result.attempts else "There is no text to compare with.")
        return
    from payport.doors.cli.difference import describe_difference  # noqa: PLC0415

    heading("first difference from the offered text:")
    texts = [attempt.text for attempt in result.attempts]
    record(describe_difference(contract, material, texts, result.difference, offered), indent=2)


def _show_verdict(contract: Contract, result: Explanation, material: Material | None) -> None:
    heading(_verdict(contract, result))
    if result.verdict == "rejected" or material is None:
        return
    meanings = {name: meaning for meaning, name in contract.covers.named().items()}
    if material.names:
        heading("covered by the signature:")
        rows = [
            (name, _limited(material.fields.values[name]), meanings.get(name, "").replace("_", " "))
            for name in material.names
        ]
        table(("field", "value", "meaning"), rows, indent=2)
    if contract.document.not_covered:
        heading(f"not covered, and never seen: {', '.join(contract.document.not_covered)}")


def _verdict(contract: Contract, result: Explanation) -> str:
    from payport.signing.received import Hint, Verified  # noqa: PLC0415

    match result.result:
        case Verified() as proven:
            return f"verdict: proof. It is authentic, by the key {proven.key_id}."
        case Hint() as hint:
            signed = "nothing in it is signed" if contract.scheme is None else "its signature fits"
            return (
                f"verdict: hint ({signed}). It proves nothing: the core looks up {hint.locator} "
                f"{plain(hint.value)!r} and asks the gateway."
            )
        case _:
            return f"verdict: rejected, {result.reason}. {plain(result.problem)}"


def _limited(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(
            field="--at",
            problem="is not a time with its offset",
            remedy="Write it as 2026-11-25T10:26:00+07:00",
        )
    return moment.astimezone(UTC)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            field="--signed-text",
            problem=f"cannot be read: {error.strerror or type(error).__name__}",
            remedy="Give the path of a file that holds the text",
        ) from None


def _write(path: Path, text: bytes) -> None:
    try:
        path.write_bytes(text)
    except OSError as error:
        raise UsageError(
            field="--write-text",
            problem=f"cannot be written: {error.strerror or type(error).__name__}",
            remedy="Give a path in a folder that this user may write",
        ) from None


def _warn_of_inline(keys: Sequence[str]) -> None:
    sources = [text.partition("=")[2] for text in keys]
    if any(not source.startswith(("@", "env:")) for source in sources):
        print(
            "note: a key on the command line stands in the process list and in the shell's history; "
            "role=@file and role=env:NAME do not",
            file=sys.stderr,
        )
