"""`payport new-plugin NAME`: a gateway plugin that runs as it is made, and waits to be filled in.

The template is a folder of files; `NAME` in their paths and `[[ name ]]`, `[[ title ]]`, `[[ code ]]` in them
are filled. What stands in it is a made-up wallet: a page, a signed IPN, a query and a refund. Its vectors are
written by the script that it brings, as its author will write them.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from keyword import iskeyword
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

from cyclopts import Parameter
from jinja2 import Environment, StrictUndefined

from payport.errors import RequestRefused

__all__ = ["new_plugin", "write_plugin"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]{1,30}")
# What is ours: a distribution payport-NAME or a package payport_NAME of the same name would replace it.
_TAKEN: Final = frozenset(
    {"vnpay", "onepay", "nganluong", "payport", "sample", "test", "contracts", "web", "simulators"}
    | {"storefront", "backoffice", "django", "workspace"}
)
_ENDING: Final = ".jinja"


def new_plugin(
    name: str,
    /,
    *,
    title: Annotated[str | None, Parameter(help="As a buyer reads it; the name, if not given.")] = None,
    folder: Annotated[Path | None, Parameter(help="Where; ./payport-NAME, if not given.")] = None,
) -> None:
    """Make a gateway plugin that runs and passes its tests, to be filled in by a protocol sheet.

    NAME is the gateway's id: small letters and digits.
    """
    where = Path(f"payport-{name}") if folder is None else folder
    written = write_plugin(name, title=title or name.capitalize(), folder=where)
    print(f"{where}: {len(written)} files. README.md says what to fill in; then:")
    print(f"  cd {where} && pip install -e '.[test]' && python -m pytest && payport gateways")


def write_plugin(name: str, *, title: str, folder: Path) -> tuple[Path, ...]:
    """Write the files into a new folder. Raises RequestRefused, naming the field, and writes nothing."""
    if not _NAME.fullmatch(name) or name in _TAKEN or iskeyword(name):
        problem = (
            "taken"
            if name in _TAKEN or iskeyword(name)
            else "not 2 to 31 small letters and digits, beginning with a letter"
        )
        raise RequestRefused(
            field="NAME", problem=problem, remedy="Take the gateway's own name, as in saomai"
        )
    if not title.strip() or len(title) > 30 or not title.isprintable() or set(title) & set("\"'\\{}[]"):
        raise RequestRefused(
            field="--title",
            problem="blank, longer than 30, or holds quotes or brackets",
            remedy="Write its name",
        )
    if folder.exists():
        raise RequestRefused(
            field="--folder", problem="is there already", remedy="Name a folder that is not, or move it away"
        )
    engine = Environment(
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - source code, no page
    )
    values = {"name": name, "title": title, "code": f"{name.upper()[:6]:X<6}01"}
    texts = {
        path: engine.from_string(text).render(values)
        for path, text in _template(files(__name__) / "template", PurePosixPath())
    }
    made = []
    for path, text in texts.items():
        file = folder / str(path).replace("NAME", name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        made.append(file)
    vectors = runpy.run_path(str(folder / "tests/genuine.py"))["write_vectors"]()
    return (*made, *vectors)


def _template(place: Traversable, path: PurePosixPath) -> Iterator[tuple[PurePosixPath, str]]:
    for entry in sorted(place.iterdir(), key=lambda each: each.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _template(entry, path / entry.name)
        elif entry.name.endswith(_ENDING):
            yield path / entry.name.removesuffix(_ENDING), entry.read_text(encoding="utf-8")
