"""Addresses of the pages for officials."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from . import views
from .exports import FORMATS


class FormatConverter(StringConverter):
    regex = "|".join(FORMATS)


class ScopeConverter(StringConverter):
    regex = "view|all"


register_converter(FormatConverter, "format")
register_converter(ScopeConverter, "scope")

urlpatterns = [
    path("", views.Overview.as_view(), name="overview"),
    path("targets/", views.Targets.as_view(), name="targets"),
    path("targets/<scope:scope>.<format:format>", views.TargetExport.as_view(), name="targets_export"),
    path("targets/<slug:code>/", views.TargetDetail.as_view(), name="target"),
    path("departments/", views.Departments.as_view(), name="departments"),
    path("departments/<scope:scope>.<format:format>", views.DepartmentExport.as_view(), name="departments_export"),
    path(
        "departments/<slug:code>/report.docx",
        views.DepartmentDocument.as_view(),
        {"format": "docx"},
        name="department_docx",
    ),
    path("departments/<slug:code>/", views.DepartmentDetail.as_view(), name="department"),
    path("sections/", views.Sections.as_view(), name="sections"),
    path("screen/", views.Screen.as_view(), name="screen"),
    path("data-check/", views.DataCheck.as_view(), name="data_check"),
    path("updates/", views.Updates.as_view(), name="updates"),
    path("updates/<scope:scope>.<format:format>", views.UpdateExport.as_view(), name="updates_export"),
    path("history/", views.History.as_view(), name="history"),
    path("history/<scope:scope>.<format:format>", views.HistoryExport.as_view(), name="history_export"),
    path("overdue/", views.Overdue.as_view(), name="overdue"),
    path("overdue/<scope:scope>.<format:format>", views.OverdueExport.as_view(), name="overdue_export"),
    path("views/<int:pk>/", views.SavedViewChange.as_view(), name="saved_view"),
    path("results/<int:year>/", views.Results.as_view(), name="results"),
    path("results/<int:year>/<scope:scope>.<format:format>", views.ResultExport.as_view(), name="results_export"),
]
