"""DATABASE_URL, read strictly: a URL that is almost right is refused with one sentence.

No message ever repeats a part of the URL: when a password holds an unescaped `@`, `/` or `?`, any
part may turn out to be a piece of the password.
"""

import ipaddress
import re
from typing import Any, NoReturn
from urllib.parse import unquote

from django.core.exceptions import ImproperlyConfigured

FORMAT = "postgres://用户:密码@主机:5432/库名"
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# libpq's options that make sense in a URL. Whatever else stands there is more often a slip of the
# pen, or an option of another driver, than a wish.
OPTIONS = (
    "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding", "gssencmode",
    "connect_timeout", "application_name", "options", "target_session_attrs", "keepalives",
    "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
)  # fmt: skip
# A server that does not answer would hold a command for minutes.
CONNECT_TIMEOUT = 10


def _wrong(chinese: str, english: str) -> NoReturn:
    raise ImproperlyConfigured(f"环境变量 DATABASE_URL {chinese}。 DATABASE_URL: {english}.")


def _decode(text: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        _wrong(
            "里有不完整的百分号编码，百分号本身要写成 %25",
            "broken percent-encoding, write % itself as %25",
        )
    try:
        plain = unquote(text, errors="strict")
    except UnicodeDecodeError:
        _wrong("的百分号编码不是 UTF-8", "the percent-encoding is not UTF-8")
    if "\0" in plain:
        _wrong("里有空字符（%00）", "it holds a NUL character (%00)")
    return plain


def _host(text: str) -> str:
    """A name, an address, or the folder of a unix socket (`%2Frun%2Fpostgresql`)."""
    if text.startswith("["):
        try:
            return str(ipaddress.IPv6Address(text.removeprefix("[").removesuffix("]")))
        except ValueError:
            _wrong("的 IPv6 地址不对", "the IPv6 address is not valid")
    host = _decode(text)
    if not host.startswith("/") and not re.fullmatch(r"[\w.-]+", host):
        _wrong("的主机名不对", "the host name is not valid")
    return host


def _options(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        value = _decode(value)
        if name not in (*OPTIONS, "host"):
            _wrong(
                f"问号后有不认识的选项，可以写的是 {'、'.join(OPTIONS)}，以及指向套接字目录的 host",
                "unknown option after the question mark",
            )
        if name in found or not value:
            _wrong(f"问号后的选项 {name} 重复了或没有值", f"option {name} is repeated or has no value")
        if name == "host" and not value.startswith("/"):
            _wrong(
                "问号后的 host 只能是套接字目录（以 / 开头）",
                "?host= must be the folder of a unix socket",
            )
        if name == "sslmode" and value not in SSL_MODES:
            _wrong(
                f"的 sslmode 只能是 {'、'.join(SSL_MODES)}",
                f"sslmode must be one of {', '.join(SSL_MODES)}",
            )
        if name == "connect_timeout" and not re.fullmatch(r"[0-9]{1,4}", value):
            _wrong("的 connect_timeout 必须是秒数", "connect_timeout must be a number of seconds")
        found[name] = value
    return found


def database_from_url(url: str) -> dict[str, Any]:
    """The entry of DATABASES for `postgres://user:password@host:port/name?sslmode=…`.

    Raises:
        ImproperlyConfigured: one Chinese sentence (then English) for anything wrong.
    """
    # By hand: urlsplit() drops tabs and newlines, folds the host's case and forgives too much.
    shape = re.fullmatch(r"postgres(?:ql)?://([^/?#\s]*)(?:/([^?#\s]*))?(?:\?([^#\s]*))?", url.strip())
    if not shape:
        _wrong(
            f"的格式不对，应当是 {FORMAT}，其中用户名和密码里的特殊字符（如 # / ? 空格）要写成百分号编码",
            "the format is postgres://user:password@host:5432/name, with special characters in user"
            " and password percent-encoded",
        )
    place, name, query = (part or "" for part in shape.groups())
    account, _, address = place.rpartition("@")
    if "@" in account or account.count(":") > 1:
        _wrong(
            "的用户名或密码里有没编码的 @ 或冒号，请把 @ 写成 %40、冒号写成 %3A",
            "user or password holds a bare @ or colon, write %40 or %3A",
        )
    user, _, password = account.partition(":")
    if not user and (password or "@" in place):
        _wrong(f"缺少用户名，应当是 {FORMAT}", "the user is missing")

    split = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(.*))?", address)
    if not split:
        _wrong(f"的主机不对，应当是 {FORMAT}", "the host is not valid")
    host, port = split[1], split[2]
    if port is not None and not (re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536):
        _wrong(
            "的端口不对，必须是 1 到 65535 的整数（密码里的 / 或 ? 要写成 %2F、%3F）",
            "the port must be a number from 1 to 65535 (in a password write / as %2F, ? as %3F)",
        )
    name = _decode(name) if "/" not in name else ""
    if not name or len(name.encode()) > 63:
        _wrong(f"缺少库名，或库名不对，应当是 {FORMAT}", "the database name is missing or not valid")
    options = _options(query)
    socket = options.pop("host", "")
    # A comma would be a list of hosts to libpq.
    if bool(host) == bool(socket) or "," in host + socket:
        _wrong(
            f"要写明一个主机，应当是 {FORMAT}，或用 ?host=/套接字目录",
            "it must name one host, before the slash or as ?host=/folder",
        )
    return {
        "ENGINE": "tracker.embedded",
        "NAME": name,
        "USER": _decode(user),
        "PASSWORD": _decode(password),
        "HOST": socket or _host(host),
        "PORT": port or "5432",
        "OPTIONS": {"connect_timeout": CONNECT_TIMEOUT, **options},
    }
