"""All settings, in one file. Every environment variable is read strictly: a wrong one stops the start with a sentence.

| variable | meaning | default |
|---|---|---|
| DATABASE_URL | PostgreSQL ≥ 15, `postgres://user:password@host:port/name` | the embedded server in var/postgres |
| SECRET_KEY | signs sessions; at least 50 characters | made once, kept in var/secret_key |
| ALLOWED_HOSTS | host names served, comma-separated | localhost,127.0.0.1,[::1] |
| HTTPS | 1 when browsers reach the site by HTTPS: secure cookies, HSTS, redirect | 0 |
| TRUSTED_PROXIES | how many reverse proxies stand before the site (0–5) | 0 |
| DEBUG | 1 while developing: tracebacks in the browser | 0 |
| PUBLIC | 1 lets everybody read what was verified, without remarks, names and evidence | 0 |
| EVIDENCE_DIR | folder for evidence files, outside any web root | var/evidence |
| EMAIL_URL | how reminders are mailed, see `FORMAT` in tracker/mail.py: `smtps://user:password@host:465` | no mail |
| DEFAULT_FROM_EMAIL | sender of the reminders; needed beside EMAIL_URL | |
| SITE_URL | address of this site, for links in mails; needed beside EMAIL_URL | |
"""

import os
import secrets
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from tracker.embedded import database_from_environment
from tracker.mail import mail_from_environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"


def read_flag(name: str) -> bool:
    """A switch from the environment: 1 or 0; unset is 0.

    Raises:
        ImproperlyConfigured: anything else.
    """
    text = os.environ.get(name, "0").strip()
    if text not in {"0", "1"}:
        raise ImproperlyConfigured(f"环境变量 {name} 只能是 0 或 1，现在是“{text}”，请改正。 Set {name} to 0 or 1.")
    return text == "1"


def read_list(name: str, default: str) -> list[str]:
    """A comma-separated list from the environment, none of it empty.

    Raises:
        ImproperlyConfigured: an empty entry.
    """
    entries = [entry.strip() for entry in os.environ.get(name, default).split(",")]
    if not all(entries):
        raise ImproperlyConfigured(
            f"环境变量 {name} 须是用英文逗号分隔的列表，各项不能为空，请改正。 {name} must be a comma-separated list."
        )
    return entries


def read_number(name: str, default: int, largest: int) -> int:
    """A whole number from the environment, 0 to `largest`.

    Raises:
        ImproperlyConfigured: not a number, or out of range.
    """
    text = os.environ.get(name, str(default)).strip()
    if not text.isascii() or not text.isdigit() or int(text) > largest:
        raise ImproperlyConfigured(
            f"环境变量 {name} 须是 0 至 {largest} 的整数，现在是“{text}”，请改正。"
            f" {name} must be a number from 0 to {largest}."
        )
    return int(text)


def read_secret_key() -> str:
    """SECRET_KEY from the environment, else one made for this checkout and kept readable by its owner only.

    Raises:
        ImproperlyConfigured: it is set but too short.
    """
    if key := os.environ.get("SECRET_KEY"):
        if len(key) < 50:
            raise ImproperlyConfigured(
                "环境变量 SECRET_KEY 至少要 50 个字符，请换一个更长的随机串。 SECRET_KEY needs at least 50 characters."
            )
        return key
    path = VAR_DIR / "secret_key"
    VAR_DIR.mkdir(exist_ok=True)
    try:
        # O_EXCL: of two processes that start together one writes, the other reads.
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(60))
    except FileExistsError:
        pass
    if len(key := path.read_text().strip()) < 50:
        raise ImproperlyConfigured(
            f"{path} 不完整，请删除它后重新启动。 {path} is incomplete; delete it and start again."
        )
    return key


DEBUG = read_flag("DEBUG")
HTTPS = read_flag("HTTPS")
PUBLIC = read_flag("PUBLIC")
SECRET_KEY = read_secret_key()
ALLOWED_HOSTS = read_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
TRUSTED_PROXIES = read_number("TRUSTED_PROXIES", 0, 5)

DATABASES = {
    "default": {
        **database_from_environment(VAR_DIR / "postgres"),
        # Connecting costs more than a small page. A connection that died in between is noticed before its next use.
        "CONN_MAX_AGE": 600,  # seconds
        "CONN_HEALTH_CHECKS": True,
    }
}
#: In each process: what pages show, for the next reader (reports/views/conditional.py). A page has some 100 kB.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 200},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "tracker",
    "reports",
    "tracker.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "pgtrigger",
    "pghistory",
    "axes",
    "csp",
    "django_filters",
    "django_tables2",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "tracker.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Everything asks for a login unless it says otherwise.
    "tracker.middleware.LoginRequiredMiddleware",
    "tracker.middleware.HistoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "tracker.urls"
WSGI_APPLICATION = "tracker.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- people ---
AUTH_USER_MODEL = "tracker.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "tracker.public.PublicBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_COOKIE_AGE = 12 * 60 * 60
# A whole office shares one address: lock the pair of name and address, not either alone.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
# As the history does: behind a proxy everybody else would have the proxy's address.
AXES_CLIENT_IP_CALLABLE = "tracker.middleware.client_address"

# --- language and time ---
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", "English")]
# What stands in templates/ is collected into the first.
LOCALE_PATHS = [BASE_DIR / "reports" / "locale", BASE_DIR / "tracker" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
FORMAT_MODULE_PATH = "tracker.formats"
USE_THOUSAND_SEPARATOR = False  # numbers are formatted in one place: reports/templatetags/figures.py

# --- mail ---
_mail = mail_from_environment()
EMAIL_BACKEND, EMAIL_FILE_PATH = _mail.backend, _mail.folder
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.use_tls, _mail.use_ssl
EMAIL_TIMEOUT = 20  # seconds; a server that does not answer would hold the command for minutes
DEFAULT_FROM_EMAIL, SITE_URL = _mail.sender, _mail.site_url

# --- files ---
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [
    ("bootstrap", BASE_DIR / "node_modules" / "bootstrap" / "dist" / "css"),
    ("echarts", BASE_DIR / "node_modules" / "echarts" / "dist"),
]
STATICFILES_FINDERS = [
    "tracker.staticfiles.PickedFilesFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
EVIDENCE_DIR = Path(os.environ.get("EVIDENCE_DIR") or VAR_DIR / "evidence")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "evidence": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # No base_url: these files have no address of their own, only the checked view.
        "OPTIONS": {"location": EVIDENCE_DIR, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

# --- security ---
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]  # asked by the machine itself, behind the proxy
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# --- tables ---
DJANGO_TABLES2_TEMPLATE = "reports/table.html"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django": {"handlers": [], "propagate": True, "level": "WARNING"}},
}
