"""What every form of the admin does alike: take figures as people type them, and say why a write was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from tracker.models import Unit
from tracker.quantities import PERCENT as PERCENT
from tracker.quantities import read_quantity

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm


class FigureField(forms.DecimalField):
    """A figure as it is typed or pasted from a spreadsheet, converted when it states another unit of the dimension."""

    # Not `type=number`: browsers silently drop what they cannot read, and change figures when the wheel is turned.
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "figure"})
    #: The unit that the field is in; a figure without a unit is taken to be in it.
    unit: Unit | None = None

    def to_python(self, value: Any) -> Any:
        return read_quantity(value, self.unit) if isinstance(value, str) else super().to_python(value)


class RefusableForm(ModelForm):
    """Carries the reason for which a first attempt to save it was refused (see `LedgerAdmin.changeform_view`)."""

    refusal: ValidationError | None = None

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound or self.refusal is None:
            return
        refusal = self.refusal
        by_field = refusal.error_dict if hasattr(refusal, "error_dict") else {NON_FIELD_ERRORS: refusal.error_list}
        for name, errors in by_field.items():
            field = name if name in self.fields else None
            said = list(self.errors.get(field or NON_FIELD_ERRORS, ()))
            for error in errors:
                if not set(error.messages) <= set(said):
                    self.add_error(field, error)
