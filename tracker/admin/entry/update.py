"""Entering progress and taking it from draft to verified: every transition through tracker/workflow.py."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tracker import workflow
from tracker.checks import check
from tracker.models import Evidence, Measure, PlanYear, ProgressUpdate, Responsibility, Status, Target
from tracker.periods import month_end

from .. import unsaved, worklist
from ..display import state, summary
from ..refused import RefusedError, refusals
from .evidence import EvidenceInline
from .form import UpdateForm
from .panel import MONTH, conflict, css_flags, interpret, panel, readonly_fieldsets, unsaved_input
from .queues import Queues
from .transitions import BUTTONS


@admin.register(ProgressUpdate)
class ProgressUpdateAdmin(Queues):
    form = UpdateForm
    inlines = (EvidenceInline,)
    change_form_template = "admin/tracker/update_form.html"
    deletable = True
    marks_samples = True
    list_select_related = ("target__indicator__unit", "target__section", "entered_by")
    search_fields = ("target__indicator__name", "target__indicator__code", "target__wording", "remark", "problem")
    date_hierarchy = "period"
    ordering = ("-period", "target__section__position", "target__position", "-revision", "pk")

    # --- who may do what ---

    def get_queryset(self, request: HttpRequest) -> Any:
        lead = Responsibility.objects.lead_of(models.OuterRef("target"))
        rows: Any = super().get_queryset(request)
        return rows.annotate(lead=models.Subquery(lead.values("department__name")[:1]))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or workflow.editable_by(request.user).filter(pk=obj.pk).exists()
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or workflow.editable_by(request.user).filter(pk=obj.pk).exists()
        )

    # --- the form ---

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        """A new update of `?target=`; without one, the targets to choose from."""
        if "target" not in request.GET and self.has_add_permission(request):
            return self._choose(request)
        target = self._reportable(request)
        if target.year in PlanYear.objects.closed_years():
            text = _("%(year)s年度已封账，不再接受填报。") % {"year": target.year}
            self.message_user(request, text, messages.ERROR)
            return redirect("admin:index")
        context = {"title": _("填报进展"), **(extra_context or {})}
        return super().add_view(request, form_url, context)

    def _reportable(self, request: HttpRequest) -> Target:
        """The target that the address names; the forms of this request are about it.

        Raises:
            PermissionDenied: the user does not enter its progress.
            Http404: there is none.
        """
        if not self.has_add_permission(request):
            raise PermissionDenied
        targets = Target.objects.visible_to(request.user).select_related("indicator__unit", "section")
        try:
            target = get_object_or_404(targets, pk=request.GET.get("target"))
        except (ValueError, OverflowError):
            raise Http404 from None
        if not Target.objects.reportable_by(request.user).filter(pk=target.pk).exists():
            raise PermissionDenied
        request.target = target  # type: ignore[attr-defined]
        return target

    def _choose(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("选择要填报的目标"),
            "opts": self.opts,
            "targets": worklist.reportable(request.user),  # type: ignore[arg-type]
        }
        return TemplateResponse(request, "admin/tracker/choose_target.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        if request.method == "POST":
            update = self.get_object(request, object_id)
            # Pressed twice, or moved on by another user: a sentence, not "forbidden".
            if (
                self.has_change_permission(request)
                and not self.has_change_permission(request, update)
                and Target.objects.reportable_by(request.user).filter(pk=update.target_id).exists()
            ):
                text = _("“%(update)s”现在是“%(state)s”状态，不能再修改；可能已经提交过，或已由他人处理。")
                self.message_user(request, text % {"update": update, "state": state(update)}, messages.ERROR)
                if typed := unsaved_input(update, request.POST):
                    lost = _("您刚才填写的内容没有保存：%(typed)s。") % {"typed": typed}
                    self.message_user(request, lost, messages.WARNING)
                return self._page_of(update)
        return super().change_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.target = getattr(request, "target", None)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        target: Target = obj.target if obj else request.target  # type: ignore[attr-defined]
        if obj and not self.has_change_permission(request, obj):
            return readonly_fieldsets(obj)
        is_correction = obj is not None and obj.revision > 1
        top: list[Any] = ["correction_reason", MONTH] if is_correction else ["period"]
        if target.measure == Measure.MILESTONE:
            top += ["stage", *(["steps_done"] if target.milestones.exists() else [])]
            source = ["source_url", "published_on"]
        else:
            top += [("value", "growth"), "vintage"]
            source = ["stated_rate", "source_url", "published_on"]
        return [
            (None, {"fields": top}),
            (_("说明"), {"fields": ["confirmation", "remark", "problem", "next_step"]}),
            (_("数据来源（没有可不填）"), {"fields": source, "classes": ["collapse"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (MONTH,) if obj and obj.revision > 1 else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        with refusals():
            if change:
                workflow.hold_open(obj, request.POST.get("fingerprint", ""))
            if not change or form.has_changed():
                # The user who changed it last answers for it, and does not check it.
                obj.entered_by = user
            super().save_model(request, obj, form, change)
            if "_submit" in request.POST:
                # Before the files, which would stay on disk if this were refused.
                workflow.submit(obj, user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with refusals():
            workflow.hold_open(obj)
            super().delete_model(request, obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for evidence in formset.save(commit=False):
            evidence.uploaded_by = request.user
            evidence.save()
        for evidence in formset.deleted_objects:
            evidence.delete()

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._saved(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._saved(request, obj)

    def _saved(self, request: HttpRequest, update: ProgressUpdate) -> HttpResponse:
        if update.status == Status.SUBMITTED:
            text = _("“%(update)s”已提交，等待单位审核。")
        elif update.status == Status.ENDORSED:
            text = _("“%(update)s”已提交，等待督查室核验。")
        else:
            text = _("“%(update)s”已保存，尚未提交。")
        meaning = interpret(update, check([update])[0]).sentence
        self.message_user(request, f"{text % {'update': update}}{meaning}", messages.SUCCESS)
        return unsaved.forget(request, redirect("admin:index"))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        update: ProgressUpdate | None = kwargs.get("obj")
        form: UpdateForm = context["adminform"].form
        context |= self._beside(request, form, update)
        context["has_sample"] = bool(update and update.is_sample) or context["panel"]["is_sample"]
        if update:
            context["is_read_only"] = not self.has_change_permission(request, update)
            context["steps"] = self._steps(request, update)
            context["title"] = self.opts.verbose_name
            present = ProgressUpdate.objects.for_list().get(pk=update.pk)
            context["fingerprint"] = present.fingerprint()
            if request.method == "POST" and request.POST.get("fingerprint") != context["fingerprint"]:
                context["conflict"] = conflict(present, form)
        return super().render_change_form(request, context, *args, **kwargs)

    def _beside(self, request: HttpRequest, form: UpdateForm, update: ProgressUpdate | None) -> dict[str, Any]:
        """What stands beside the fields and changes with them."""
        finding = form.finding()
        return {
            "panel": panel(form.instance.target, self._period(form, update), request.user, update),
            "interpretation": interpret(form.instance, finding),
            "css_flags": css_flags(form.instance, finding),
        }

    def meaning_view(self, request: HttpRequest) -> HttpResponse:
        """What the form means as it is filled now, for the page to show while one types; nothing is saved."""
        update: ProgressUpdate | None = None
        if "update" in request.GET:
            update = self.get_object(request, request.GET["update"])
            if not self.has_change_permission(request, update):
                raise PermissionDenied
        else:
            self._reportable(request)
        form = self.get_form(request, update, change=update is not None)(request.POST, instance=update)
        context = {**self._beside(request, form, update), "typed": form}
        parts = {name: render_to_string(f"admin/tracker/update_{name}.html", context) for name in ("panel", "meaning")}
        return JsonResponse({**parts, "demands": context["css_flags"]})

    @staticmethod
    def _period(form: UpdateForm, update: ProgressUpdate | None) -> dt.date:
        """The period that the form speaks of: what was chosen, else what the target reports next."""
        if update and "period" not in form.fields:
            return update.period
        chosen = str(form["period"].value() or "")
        known = [value for value, _label in form.fields["period"].choices]
        if chosen not in known:
            chosen = known[-1]
        return dt.date.fromisoformat(chosen) if chosen else month_end(timezone.localdate())

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The period that the target reports next, unless the link names one."""
        target: Target = request.target  # type: ignore[attr-defined]
        last = target.updates.aggregate(last=models.Max("period"))["last"]
        return {"period": worklist.next_period(target, last), **super().get_changeform_initial_data(request)}

    # --- the steps ---

    def get_urls(self) -> list[Any]:
        step = self.admin_site.admin_view(self.step_view)
        meaning = self.admin_site.admin_view(require_POST(self.meaning_view))
        return [
            path("<int:pk>/step/<slug:name>/", step, name="tracker_progressupdate_step"),
            path("meaning/", meaning, name="tracker_progressupdate_meaning"),
            *super().get_urls(),
        ]

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        """One step, by POST; refused, it shows what was typed and why. A GET, as after signing in again, asks."""
        update = get_object_or_404(self.get_queryset(request), pk=pk)
        if name not in BUTTONS:
            raise Http404
        button = BUTTONS[name]
        form, status = button.form(update)(request.POST if request.method == "POST" else None), 200
        if form.is_valid():
            try:
                with refusals():
                    correction = button.act(update, request.user, **form.cleaned_data)
            except RefusedError as error:
                form.add_error(None, ValidationError(error.reason.messages))
                status = error.status
            else:
                self.message_user(request, button.done % {"update": update}, messages.SUCCESS)
                return self._page_of(correction) if correction else redirect("admin:index")
        elif request.method != "POST" and not self._may(name, request, update):
            return self._page_of(update)
        context = {
            **self.admin_site.each_context(request),
            "title": button.label,
            "subtitle": str(update),
            "opts": self.opts,
            "update": update,
            "step": self._step(name, update, form),
            "summary": summary(update),
            "has_sample": update.is_sample,
        }
        return TemplateResponse(request, "admin/tracker/step.html", context, status=status)

    @staticmethod
    def _may(name: str, request: HttpRequest, update: ProgressUpdate) -> bool:
        user: Any = request.user
        return workflow.movable(name, user).filter(pk=update.pk).exists()

    def _steps(self, request: HttpRequest, update: ProgressUpdate) -> list[dict[str, Any]]:
        """The transitions that the user may take next."""
        return [
            self._step(name, update, button.form(update)(auto_id=f"{name}_%s"))
            for name, button in BUTTONS.items()
            if self._may(name, request, update)
        ]

    @staticmethod
    def _step(name: str, update: ProgressUpdate, form: forms.Form) -> dict[str, Any]:
        url = reverse("admin:tracker_progressupdate_step", args=[update.pk, name])
        return {"name": name, "url": url, "form": form, "step": BUTTONS[name]}

    @staticmethod
    def _page_of(update: ProgressUpdate) -> HttpResponseRedirect:
        return redirect("admin:tracker_progressupdate_change", update.pk)

    # --- history ---

    def history_of(self, row: Any) -> list[models.QuerySet[Any]]:
        """Of all revisions of the period, and of their files."""
        events: Any = ProgressUpdate.pgh_event_model  # type: ignore[attr-defined]
        told = events.objects.filter(target_id=row.target_id, period=row.period)
        files: Any = Evidence.pgh_event_model  # type: ignore[attr-defined]
        return [told, files.objects.filter(update_id__in=told.values("pgh_obj_id"))]
