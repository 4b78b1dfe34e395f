"""The pages, one module for each room, and the ground that they stand on.

How a page is added, with Today as the example (pages/today.py):

1. A module with one subclass of `Page`. `entry` is its line in the navigation (None: none). `told` says the
   sentence for each code that its acts end with.
2. `routes()` lists what it answers. `self.look(path, handler, right=…)` is a GET, `self.act(path, handler,
   right=…, fields=(…))` a POST. There is no third way: guard, token and bounded reading come with these.
3. A handler of `look` is `async def f(self, request) -> Response` and ends in `self.desk.page(request,
   "today.html", …)`. A handler of `act` also gets the declared `fields` and ends in `self.desk.done(request,
   "/orders/…", "refunded")`, or in a page with status 422 that keeps what was typed. Act in the name of
   `self.desk.operator(request).name`.
4. The template extends base.html, says `{% set here = "today" %}` and takes its parts from parts.html:
   `{% from "parts.html" import badge, empty, … with context %}`. Links are `at("/orders", state="review")`.
5. Filters of a list are read by `Asked(request, self.desk.zone)` (asked.py), a download is `spreadsheet(…)`
   (export.py). What the core refuses and a handler does not catch is a page with its words (409).
6. The class is added to PAGES in app.py; its place there is its place in the navigation. Texts go to
   locales/vi.po, a state to states.py, a new drawing to payport-web. Tests say what is missing.

    class Today(Page):
        entry = Entry("today", "/", msg("Today"), icon="layout-dashboard")

        def routes(self) -> list[BaseRoute]:
            return [self.look("/", self._today, right=Right.READ)]

        async def _today(self, request: Request) -> Response:
            return self.desk.page(request, "today.html", now=self.desk.clock())
"""

from __future__ import annotations

from payport_backoffice.pages.page import Page

__all__ = ["Page"]
