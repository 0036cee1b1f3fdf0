"""What every test may use: people of each role in two units, and a browser."""

from __future__ import annotations

import os

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test import Client
from django.test.client import store_rendered_templates

from tests.factories import DepartmentFactory, UserFactory
from tracker import roles
from tracker.models import Department, Evidence, User


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config) -> int:
    """One more than there are processors: a test often waits, for a browser, a server or the database."""
    return (os.cpu_count() or 1) + 1


#: Who has one of these opens pages; that takes longer than asking the rules themselves.
OPENS_PAGES = {"client", "as_user", "live_server", "admin_client", "rf"}
#: What besides takes its time: servers of its own, thousands of records, whole files.
SLOW = {
    *("test_embedded", "test_permission_matrix", "test_upgrade", "test_settings", "test_translations"),
    *("test_fixtures", "test_demo", "test_expected", "test_assessment_properties", "test_concurrency"),
    *("test_history", "test_docx", "test_exports", "test_export_command", "test_streams", "test_spreadsheets"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks as `slow` what `make check` leaves out."""
    for item in items:
        if item.path.stem in SLOW or OPENS_PAGES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tests see no committed rows: statistics gathered among them say that every table is empty, and a query of two
    thousand targets then takes minutes where it takes milliseconds. So none are gathered."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'ALTER TABLE "{table}" SET (autovacuum_enabled = false)')


@pytest.fixture(scope="session", autouse=True)
def folder_of_static_files():
    """A fresh clone has collected none yet, and WhiteNoise warns of a folder that is missing."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """What tests write need not survive a power cut, and a server's thread keeps no connection: until it went away, the
    database of the tests could not."""
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0
    options = settings.DATABASES["default"].setdefault("OPTIONS", {})
    options["options"] = f"{options.get('options', '')} -c synchronous_commit=off".strip()


@pytest.fixture(autouse=True)
def quick_and_quiet(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Each page is made anew; tests/reports/test_remembered.py tries what is remembered.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def evidence_in_a_temporary_folder(monkeypatch, tmp_path):
    # The field took its storage from the settings when the model was made; changing the settings comes too late.
    storage = FileSystemStorage(location=tmp_path / "evidence")
    monkeypatch.setattr(Evidence._meta.get_field("file"), "storage", storage)


@pytest.fixture
def unit(db) -> Department:
    """The unit under test."""
    return DepartmentFactory(code="jiaoyu", name="区教育局", name_en="Education Bureau")


@pytest.fixture
def other_unit(db) -> Department:
    """A unit that has nothing to do with the one under test."""
    return DepartmentFactory(code="gongan", name="岳阳楼公安分局", name_en="Public Security Branch")


@pytest.fixture
def reporter(unit) -> User:
    return UserFactory(role=roles.REPORTER, departments=[unit])


@pytest.fixture
def colleague(other_unit) -> User:
    """A reporter of another unit."""
    return UserFactory(role=roles.REPORTER, departments=[other_unit])


@pytest.fixture
def endorser(unit) -> User:
    return UserFactory(role=roles.ENDORSER, departments=[unit])


@pytest.fixture
def supervisor(db) -> User:
    return UserFactory(role=roles.SUPERVISOR)


@pytest.fixture
def official(db) -> User:
    return UserFactory(role=roles.VIEWER)


@pytest.fixture
def auditor(db) -> User:
    return UserFactory(role=roles.AUDITOR)


@pytest.fixture
def system_admin(db) -> User:
    return UserFactory(role=roles.SYSTEM_ADMIN)


@pytest.fixture
def outsider(db) -> User:
    """Somebody with an account and no role."""
    return UserFactory()


@pytest.fixture
def as_user():
    """A signed-in test client for a user: `as_user(reporter).get(…)`."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture(autouse=True)
def only_the_pages_own_context_is_kept(monkeypatch):
    """The test client would copy the context of every template that a page includes, and a page has hundreds."""

    def store_the_first(store, *args, **kwargs):
        if "context" not in store:
            store_rendered_templates(store, *args, **kwargs)

    monkeypatch.setattr("django.test.client.store_rendered_templates", store_the_first)
