"""Addresses: the admin, signing in, evidence files, health checks; all pages belong to `reports`."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeDoneView, PasswordChangeView
from django.urls import include, path
from django.views.i18n import set_language

from .evidence import download_evidence
from .health import alive, ready

urlpatterns = [
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", PasswordChangeView.as_view(), name="password_change"),
    path("password/done/", PasswordChangeDoneView.as_view(), name="password_change_done"),
    # Also on the login page.
    path("language/", login_not_required(set_language), name="set_language"),
    path("evidence/<int:pk>/", download_evidence, name="evidence"),
    path("healthz", alive, name="healthz"),
    path("readyz", ready, name="readyz"),
    path("", include("reports.urls")),
]
