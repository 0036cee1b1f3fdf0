from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TrackerConfig(AppConfig):
    name = "tracker"
    verbose_name = _("目标台账")
    default = True

    def ready(self) -> None:
        from .roles import sync_roles

        # After every migrate (and every flush of a live-server test), because rows made in a migration would be lost.
        post_migrate.connect(sync_roles, sender=self)


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin, served by our own site."""

    default = False
    default_site = "tracker.admin.site.LedgerAdminSite"

    def ready(self) -> None:
        super().ready()
        # Here, because models can be imported only when all apps are loaded. Their order is the order of the menu.
        from .admin.entry import update  # noqa: F401
        from .admin.records import evidence, move, organisation, reminder, report, target, year  # noqa: F401
