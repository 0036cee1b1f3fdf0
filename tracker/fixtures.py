"""Reading the report's fixtures: YAML records with natural keys, checked one by one, loaded all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist, ValidationError
from django.db import Error as DatabaseError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Indicator, Margins, PlanYear, ProgressUpdate, Status, Target, Unit
from .models.fields import PrintedDecimalField
from .models.refusals import refusal
from .models.year import MARGINS
from .quantities import read_quantity

#: Files are read in this order, so that a record finds what it refers to: `units.yaml`, …, `targets_2018.yaml`, …
KINDS = (
    "units",
    "years",
    "work_report",
    "sources",
    "sections",
    "departments",
    "indicators",
    "results",
    "targets",
    "responsibilities",
    "milestones",
    "nodes",
    "progress",
)


#: What 0.1 wrote on a report and its year holds now, beside `MARGINS`.
YEAR_RULES = ("needs_endorsement", "is_closed")


class FixtureError(Exception):
    """A record that cannot be loaded: names the file, the line, the record and the reason."""


@dataclass
class Report:
    """What a load did: records by model label, and those left alone because people changed them since."""

    created: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Record:
    """One entry of a fixture file and where it stands."""

    path: Path
    line: int
    label: str
    fields: dict[str, Any]

    def refuse(self, reason: str) -> FixtureError:
        key = next(iter(self.fields.values()), "") if self.fields else ""
        name = "、".join(map(str, key)) if isinstance(key, list) else key
        return FixtureError(
            _("%(file)s 第 %(line)s 行，%(model)s（%(name)s）：%(reason)s")
            % {"file": self.path.name, "line": self.line, "model": self.label, "name": name, "reason": reason}
        )


class _Constructor(yaml.constructor.SafeConstructor):
    """Of two entries with one name plain YAML silently takes the last; here they are a slip of the pen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [name.value for name, _value in node.value]
        if repeated := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(_("“%(field)s”写了两次，请删去一处。") % {"field": repeated})
        return super().construct_mapping(node, deep=deep)


def read(path: Path) -> Iterator[Record]:
    """The records of one file.

    Raises:
        FixtureError: it is not a list of `{model: …, fields: {…}}`.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FixtureError(_("%(file)s 不是有效的 YAML：%(reason)s") % {"file": path.name, "reason": error}) from error
    if root is None:
        return
    if not isinstance(root, yaml.SequenceNode):
        raise FixtureError(_("%(file)s 须是记录的列表，每条以“- model:”开头。") % {"file": path.name})
    constructor = _Constructor()
    for node in root.value:
        line = node.start_mark.line + 1
        try:
            entry = constructor.construct_document(node)
        except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that no calendar has
            raise FixtureError(
                _("%(file)s 第 %(line)s 行：%(reason)s") % {"file": path.name, "line": line, "reason": error}
            ) from error
        if not isinstance(entry, dict) or set(entry) != {"model", "fields"} or not isinstance(entry["fields"], dict):
            raise FixtureError(
                _("%(file)s 第 %(line)s 行：每条记录须有且只有 model 和 fields 两项。")
                % {"file": path.name, "line": line}
            )
        yield Record(path, line, str(entry["model"]), entry["fields"])


def _label(column: Any) -> str:
    return str(column.verbose_name)


def _is_verified(existing: models.Model) -> bool:
    return isinstance(existing, ProgressUpdate) and existing.status == Status.VERIFIED


class Loader:
    """Loads records into the database, looking up each natural key once."""

    def __init__(self, *, update: bool = False) -> None:
        self.update = update
        self.report = Report()
        self._found: dict[tuple[type[models.Model], tuple[Any, ...]], models.Model] = {}

    def load(self, folder: Path) -> Report:
        """Every file of `folder` that belongs to a kind, in one transaction.

        A record that is already there and the same is left alone. One that differs was changed by people since (or the
        file is newer): it is kept and reported, or with `update` made equal to the file.

        Raises:
            FixtureError: one record is refused; nothing at all is then loaded.
        """
        paths = [path for kind in KINDS for path in sorted(folder.glob(f"{kind}*.yaml"))]
        if not paths:
            raise FixtureError(_("文件夹 %(folder)s 中没有可装载的数据文件。") % {"folder": folder})
        with transaction.atomic():
            for path in paths:
                for record in read(path):
                    self._load(record)
        return self.report

    def _load(self, record: Record) -> None:
        if record.label == "tracker.workreport":
            record = self._without_rules(record)
        try:
            model = apps.get_model(record.label)
        except (LookupError, ValueError):
            raise record.refuse(_("没有这种记录，请核对 model。")) from None
        values = {name: self._value(record, model, name, raw) for name, raw in record.fields.items()}
        instance = model(**values)
        existing = self._existing(record, instance)
        if existing is not None:
            changed = [name for name, value in values.items() if self._differs(existing, name, value)]
            if not changed:
                self.report.unchanged[record.label] += 1
                return
            if not self.update or _is_verified(existing):
                self.report.kept.append(f"{model._meta.verbose_name} {existing}（{'、'.join(changed)}）")
                return
            for name in changed:
                setattr(existing, name, values[name])
            instance = existing
        try:
            # Constraints are the database's: it names the one that refuses, and asking it beforehand costs ten queries.
            instance.full_clean(validate_unique=False, validate_constraints=False)
            with transaction.atomic():
                instance.save()
        except ValidationError as error:
            raise record.refuse(" ".join(self._sentences(model, error))) from error
        except DatabaseError as error:
            raise record.refuse(refusal(error)) from error
        (self.report.created if existing is None else self.report.updated)[record.label] += 1

    def _without_rules(self, record: Record) -> Record:
        """A report as it is written today; rules that 0.1 wrote on it open its year with them, where it is new."""
        rules = {name: value for name, value in record.fields.items() if name in YEAR_RULES}
        margins = {name: value for name, value in record.fields.items() if name in MARGINS}
        year: Any = record.fields.get("plan_year")
        if (rules or margins) and not PlanYear.objects.filter(year=year).exists():
            closed = {"closed_at": timezone.now().isoformat()} if rules.pop("is_closed", False) else {}
            self._load(replace(record, label="tracker.planyear", fields={"year": year, **rules, **closed}))
            for name, raw in margins.items():
                value = self._value(record, Margins, name, raw)
                Margins.objects.filter(plan_year__year=year).update(**{name: value})
        rest = {name: value for name, value in record.fields.items() if name not in {*YEAR_RULES, *MARGINS}}
        return replace(record, fields=rest)

    @staticmethod
    def _differs(existing: models.Model, name: str, value: Any) -> bool:
        stored = getattr(existing, name)
        if isinstance(existing._meta.get_field(name), PrintedDecimalField) and None not in (stored, value):
            return f"{stored:f}" != f"{value:f}"  # 9.5 and 9.50 are two prints
        return bool(stored != value)

    @staticmethod
    def _sentences(model: type[models.Model], error: ValidationError) -> Iterator[str]:
        for name, messages in error.message_dict.items():
            label = "" if name == "__all__" else f"{_label(model._meta.get_field(name))}（{name}）："
            yield label + " ".join(messages)

    def _value(self, record: Record, model: type[models.Model], name: str, raw: Any) -> Any:
        try:
            column = model._meta.get_field(name)
        except FieldDoesNotExist:
            raise record.refuse(_("没有“%(field)s”这一项，请核对拼写。") % {"field": name}) from None
        if isinstance(raw, float):
            raise record.refuse(_("%(field)s 的数值须加引号，照印出的位数写，如 '614.8'。") % {"field": name})
        if isinstance(column, models.ForeignKey):
            return None if raw is None else self._related(record, column, raw)
        if not isinstance(column, models.Field) or column.many_to_many or column.generated:
            raise record.refuse(_("“%(field)s”不能在这里填写。") % {"field": name})
        if isinstance(raw, list | dict) and not isinstance(column, ArrayField):
            raise record.refuse(_("“%(field)s”只能写一个值。") % {"field": name})
        try:
            if isinstance(column, PrintedDecimalField) and isinstance(raw, str):
                return read_quantity(raw, self._unit(record) if name == "value" else None)
            return column.to_python(raw)
        except ValidationError as error:
            raise record.refuse(f"{column.verbose_name}（{name}）：{' '.join(error.messages)}") from error

    def _unit(self, record: Record) -> Unit | None:
        """The unit of a record's figure: its indicator's, or that of its target's indicator."""
        indicator: Indicator | None = None
        try:
            if isinstance(key := record.fields.get("indicator"), list):
                indicator = self._by_key(Indicator, tuple(key))
            elif isinstance(key := record.fields.get("target"), list):
                indicator = self._by_key(Target, tuple(key)).indicator
        except (ObjectDoesNotExist, TypeError, ValueError):
            return None  # the key is refused where it is read
        return indicator.unit if indicator else None

    def _related(self, record: Record, column: models.ForeignKey[Any, Any], raw: Any) -> models.Model:
        if not isinstance(raw, list):
            raise record.refuse(_("%(field)s 须写成方括号里的自然键，如 [gdp]。") % {"field": column.name})
        try:
            related: models.Model = self._by_key(column.related_model, tuple(raw))
            return related
        except (ObjectDoesNotExist, TypeError, ValueError):
            raise record.refuse(
                _("%(field)s 所指的 %(key)s 不存在，请先登记它或核对拼写。") % {"field": column.name, "key": raw}
            ) from None

    def _by_key(self, model: Any, key: tuple[Any, ...]) -> Any:
        if (model, key) not in self._found:
            self._found[model, key] = model._default_manager.get_by_natural_key(*key)
        return self._found[model, key]

    def _existing(self, record: Record, instance: models.Model) -> models.Model | None:
        try:
            key = instance.natural_key()  # type: ignore[attr-defined]
        except (AttributeError, ObjectDoesNotExist):
            raise record.refuse(_("缺少识别这条记录所需的项。")) from None
        try:
            return type(instance)._default_manager.get_by_natural_key(*key)  # type: ignore[attr-defined, no-any-return]
        except ObjectDoesNotExist:
            return None
