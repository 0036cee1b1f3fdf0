"""What every test may use: people of each role in two units, and a browser."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.test import Client

from tests.factories import DepartmentFactory, UserFactory
from tracker import roles
from tracker.models import Department, Evidence, User


@pytest.fixture(scope="session", autouse=True)
def folder_of_static_files():
    """A fresh clone has collected none yet, and WhiteNoise warns of a folder that is missing."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """What tests write need not survive a power cut."""
    options = settings.DATABASES["default"].setdefault("OPTIONS", {})
    options["options"] = f"{options.get('options', '')} -c synchronous_commit=off".strip()


@pytest.fixture(autouse=True)
def quick_and_quiet(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
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
