"""A Django process for tests/test_embedded.py: connects to the embedded server of a data folder.

    embedded_client.py DATA [USER] [--hold]

Prints when that server was started (the name of a server's life, so to say). With --hold it then
writes rows until it is killed. Run by root it becomes USER after its imports: the interpreter may
lie where USER cannot read.
"""

import itertools
import os
import pwd
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings
from django.db import connection, utils

data, *rest = [word for word in sys.argv[1:] if word != "--hold"]
settings.configure(
    DATABASES={"default": {"ENGINE": "tracker.embedded", "NAME": "tracker", "EMBEDDED_DATA": data}}, USE_TZ=True
)
django.setup()
connection.ops  # noqa: B018  (imports the engine)
if rest:
    user = pwd.getpwnam(rest[0])
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
try:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()::text")
        print(cursor.fetchone()[0], flush=True)  # noqa: T201
        if "--hold" in sys.argv:
            cursor.execute("CREATE TABLE IF NOT EXISTS work (n bigint)")
            for n in itertools.count():
                cursor.execute("INSERT INTO work VALUES (%s)", [n])
except utils.OperationalError as error:
    sys.exit(str(error))
