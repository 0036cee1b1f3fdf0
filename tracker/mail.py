"""EMAIL_URL, DEFAULT_FROM_EMAIL and SITE_URL, read strictly: what is almost right is refused with one sentence.

No message repeats a part of EMAIL_URL, which may hold a password.
"""

import os
import re
from email.utils import parseaddr
from typing import NamedTuple, NoReturn
from urllib.parse import unquote

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

BACKENDS = "django.core.mail.backends"
#: Sends nothing; it stands for "no mail is configured".
NO_MAIL = f"{BACKENDS}.dummy.EmailBackend"
#: Scheme → the port where it is usually spoken.
SMTP = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
FORMAT = (
    "smtp://用户:密码@主机:25、smtp+starttls://用户:密码@主机:587、smtps://用户:密码@主机:465、file:///目录、console:"
)


class Mail(NamedTuple):
    """Django's settings of how mail leaves, and where its links lead."""

    backend: str = NO_MAIL
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    use_tls: bool = False  # STARTTLS
    use_ssl: bool = False  # TLS from the first byte
    folder: str = ""
    sender: str = ""
    site_url: str = ""


def _wrong(name: str, chinese: str, english: str) -> NoReturn:
    raise ImproperlyConfigured(f"环境变量 {name} {chinese}。 {name}: {english}.")


def mail_from_url(url: str) -> Mail:
    """How mail leaves, without sender and links.

    Raises:
        ImproperlyConfigured: it is anything but one of the forms in `FORMAT`.
    """
    if url == "console:":
        return Mail(f"{BACKENDS}.console.EmailBackend")
    if url.startswith("file:///") and len(url) > len("file:///"):
        return Mail(f"{BACKENDS}.filebased.EmailBackend", folder=unquote(url.removeprefix("file://")))
    shape = re.fullmatch(
        r"(?P<scheme>[a-z+]+)://(?:(?P<user>[^:@/?#\s]+):(?P<password>[^:@/?#\s]+)@)?"
        r"(?P<host>[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?/?",
        url,
    )
    if shape is None or shape["scheme"] not in SMTP:
        _wrong(
            "EMAIL_URL",
            f"的格式不对，应当是 {FORMAT}，用户名和密码里的特殊字符（如 @ : / ? # 空格）要写成百分号编码",
            "write smtp://user:password@host:25, smtp+starttls://…:587, smtps://…:465, file:///folder or console:, with"
            " special characters in user and password percent-encoded",
        )
    port = int(shape["port"] or SMTP[shape["scheme"]])
    if not 0 < port < 65536:
        _wrong("EMAIL_URL", "的端口必须是 1 到 65535 的整数", "the port must be a number from 1 to 65535")
    return Mail(
        f"{BACKENDS}.smtp.EmailBackend",
        host=shape["host"].strip("[]"),
        port=port,
        user=unquote(shape["user"] or ""),
        password=unquote(shape["password"] or ""),
        use_tls=shape["scheme"] == "smtp+starttls",
        use_ssl=shape["scheme"] == "smtps",
    )


def mail_from_environment() -> Mail:
    """What the three variables say; all of them unset, no mail leaves.

    Raises:
        ImproperlyConfigured: one is wrong, or EMAIL_URL is set without the other two.
    """
    url, sender, site_url = (
        os.environ.get(name, "").strip() for name in ("EMAIL_URL", "DEFAULT_FROM_EMAIL", "SITE_URL")
    )
    if sender:
        try:
            validate_email(parseaddr(sender)[1])
        except ValidationError:
            _wrong(
                "DEFAULT_FROM_EMAIL",
                f"应当是一个邮箱地址，如 目标台账 <ducha@example.gov.cn>，现在是“{sender}”",
                "it must be an e-mail address",
            )
    if site_url and not re.fullmatch(r"https?://[\w.-]+(:[0-9]{1,5})?/?", site_url):
        _wrong(
            "SITE_URL",
            f"应当是网站的地址，如 https://ledger.example.gov.cn，不带路径，现在是“{site_url}”",
            "it must be the address of the site without a path",
        )
    if not url:
        return Mail(sender=sender, site_url=site_url.rstrip("/"))
    for name, value, example in (
        ("DEFAULT_FROM_EMAIL", sender, "目标台账 <ducha@example.gov.cn>"),
        ("SITE_URL", site_url, "https://ledger.example.gov.cn"),
    ):
        if not value:
            _wrong(name, f"没有设置；设了 EMAIL_URL 就要写明它，如 {example}", "it is needed beside EMAIL_URL")
    return mail_from_url(url)._replace(sender=sender, site_url=site_url.rstrip("/"))
