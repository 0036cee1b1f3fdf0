"""The form that keeps a view of a table under a name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from tracker.models import Department, SavedView, Sharing, User
from tracker.wording import named

NAME = SavedView._meta.get_field("name")


class ViewForm(forms.Form):
    """The name of a view, and with whom it is shared: no one, everyone, or one of the owner's departments."""

    name = forms.CharField(
        label=_("名称"),
        max_length=NAME.max_length,
        error_messages={
            "required": _("请给视图起一个名称。"),
            "max_length": _("名称最多 %(limit_value)d 个字，现在是 %(show_value)d 个，请缩短。"),
            "null_characters_not_allowed": _("名称里有不能保存的字符，请重新输入。"),
        },
    )
    sharing = forms.ChoiceField(
        label=_("共享范围"),
        required=False,
        error_messages={"invalid_choice": _("只能与自己所属的单位共享，请改选。")},
    )
    is_default = forms.BooleanField(label=_("设为我的默认视图"), required=False)

    def __init__(self, data: QueryDict | None, departments: Iterable[Department]) -> None:
        super().__init__(data, auto_id="view-%s", label_suffix="")
        self.departments = {f"unit-{department.code}": department for department in departments}
        self.fields["sharing"].choices = [  # type: ignore[attr-defined]
            (Sharing.PRIVATE, Sharing.PRIVATE.label),
            *(
                (key, _("本单位（%(unit)s）") % {"unit": named(department)})
                for key, department in self.departments.items()
            ),
            (Sharing.EVERYONE, Sharing.EVERYONE.label),
        ]

    def keep(self, owner: User, table: str, query: str) -> bool:
        """Saves the view, or says in `errors` why not.

        Args:
            query: what the address says of the table.
        """
        if not self.is_valid():
            return False
        asked: dict[str, Any] = self.cleaned_data
        department = self.departments.get(asked["sharing"])
        view = SavedView(
            owner=owner,
            table=table,
            name=asked["name"],
            query=query,
            sharing=Sharing.UNIT if department else asked["sharing"] or Sharing.PRIVATE,
            department=department,
            is_default=asked["is_default"],
        )
        try:
            SavedView.objects.keep(view)
        except ValidationError as error:
            self.add_error(None, error.messages)
        return not self.errors

    @property
    def mistakes(self) -> list[str]:
        """Every sentence that says why the view is not saved."""
        return [str(sentence) for sentences in self.errors.values() for sentence in sentences]
