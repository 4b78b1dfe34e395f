"""One Django project for all of these tests; each has its own payport.toml, on SQLite."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from payport import Payport
from tests.support.shop import write_configuration

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

if not settings.configured:
    settings.configure(
        SECRET_KEY="synthetic",
        ALLOWED_HOSTS=["127.0.0.1", "testserver"],
        ROOT_URLCONF="hosts.django.tests.site",
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "payport_django",
        ],
        MIDDLEWARE=MIDDLEWARE,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        LOGGING_CONFIG=None,
        STATIC_URL="static/",
        USE_TZ=True,
    )
    django.setup()


@pytest.fixture(scope="session")
def _tables_of_django() -> None:
    call_command("migrate", verbosity=0)


@pytest.fixture
def configuration(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file that PAYPORT_CONFIG names. Its database has its tables."""
    monkeypatch.delenv("PAYPORT_CONFIG", raising=False)
    shutil.copy(migrated_sqlite, tmp_path / "payport.sqlite")
    file = write_configuration(tmp_path, "sqlite:///payport.sqlite")
    with override_settings(PAYPORT_CONFIG=file):
        yield file


@pytest.fixture
def payport(configuration: Path) -> Payport:
    from payport_django import get_payport

    return get_payport()
