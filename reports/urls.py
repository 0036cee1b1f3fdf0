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
    path("results/<int:year>/", views.Results.as_view(), name="results"),
    path("results/<int:year>/all.<format:format>", views.ResultExport.as_view(), name="results_export"),
]
