"""Files that support an update: kept outside the web root, digested, and frozen with what they support."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import Storage, storages
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .attachments import check_attachment
from .fields import named_check
from .history import ledger_history
from .progress import ProgressUpdate

if TYPE_CHECKING:
    from .target import AnyUser


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def visible_to(self, user: AnyUser) -> EvidenceQuerySet:
        """Files of the updates that `user` may see. Adds: nothing. Queries: none of its own (subqueries)."""
        if not user.has_perm("tracker.view_evidence"):
            return self.none()
        return self.filter(update__in=ProgressUpdate.objects.visible_to(user).values("pk"))


def evidence_storage() -> Storage:
    return storages["evidence"]


def evidence_path(evidence: Evidence, filename: str) -> str:
    """A name on disk that says nothing of the original, which a person chose."""
    return f"{uuid.uuid4().hex[:2]}/{uuid.uuid4().hex}"


@ledger_history()
class Evidence(models.Model):
    """佐证材料: a file that supports an update, kept outside the web root and served through a permission check."""

    update = models.ForeignKey(
        ProgressUpdate, verbose_name=_("进展填报"), on_delete=models.CASCADE, related_name="evidence"
    )
    file = models.FileField(_("文件"), upload_to=evidence_path, storage=evidence_storage, max_length=120)
    name = models.CharField(_("文件名"), max_length=200, editable=False)
    size = models.PositiveBigIntegerField(_("大小（字节）"), editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("上传人"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    uploaded_at = models.DateTimeField(_("上传时间"), default=timezone.now, editable=False)

    objects = models.Manager.from_queryset(EvidenceQuerySet)()

    class Meta:
        verbose_name = _("佐证材料")
        verbose_name_plural = _("佐证材料")
        ordering = ["update", "pk"]
        constraints = [
            named_check("evidence_not_empty", models.Q(size__gt=0), _("文件是空的，请重新选择。")),
        ]
        triggers = [
            # Evidence of a verified update is part of what was verified.
            pgtrigger.Trigger(
                name="verified_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM tracker_progressupdate u
                        WHERE u.id IN (OLD.update_id, NEW.update_id) AND u.status = 'verified' AND NOT u.is_sample
                    ) THEN
                        RAISE EXCEPTION 'the evidence of a verified update stays as it was'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_kept';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.name = self.name or Path(self.file.name or "").name[-200:]
            self.size = self.file.size
            digest = hashlib.sha256()
            for chunk in self.file.chunks():
                digest.update(chunk)
            self.sha256 = digest.hexdigest()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse what may not be kept as evidence.

        Raises:
            ValidationError: on the file, with a sentence that says what may be uploaded.
        """
        if self._state.adding and self.file:
            try:
                check_attachment(self.file)
            except ValidationError as error:
                raise ValidationError({"file": error}) from error


@receiver(post_delete, sender=Evidence)
def discard_file(instance: Evidence, using: str, **kwargs: Any) -> None:
    """A deleted draft's file goes too, once it is certain that the row is gone; also when the draft took it along."""
    storage, name = instance.file.storage, instance.file.name
    if name:
        transaction.on_commit(lambda: storage.delete(name), using=using)
