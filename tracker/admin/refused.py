"""A refused write as sentences that a page can show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from tracker.models.refusals import refused_as_validation
from tracker.workflow import TransitionError


class RefusedError(Exception):
    """A write that the workflow, a permission or the database refused, with its sentences."""

    def __init__(self, reason: ValidationError, status: int = 200) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@contextmanager
def refusals(*, permissions: bool = True) -> Iterator[None]:
    """Undoes the writes inside, and raises `RefusedError`, when one of them is refused for whatever reason.

    Args:
        permissions: whether `PermissionDenied` is such a reason; around a whole page it is Django's "forbidden".
    """
    try:
        with transaction.atomic(), refused_as_validation():
            yield
    except ValidationError as error:
        raise RefusedError(error) from error
    except TransitionError as error:
        raise RefusedError(ValidationError(str(error)), 409) from error
    except PermissionDenied as error:
        if not permissions:
            raise
        raise RefusedError(ValidationError(str(error)), 403) from error
