"""
What the pages are measured beside: the same table from the same database, by Django behind gunicorn, as one would write it
there: models over the tables that there are, one query with subqueries, a template, sessions and a login. See bench/web.py.
"""

import os
import time

import django
from django.conf import settings

WORK = os.environ["BENCH_WORK"]
settings.configure(
    DEBUG=False, SECRET_KEY="of a measurement on loopback", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(WORK, "django.db")},
               "data": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BENCH_DATABASE"]}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.gzip.GZipMiddleware",
                "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.middleware.clickjacking.XFrameOptionsMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth"], "loaders": [
            ("django.template.loaders.cached.Loader", [("django.template.loaders.locmem.Loader", {"page.html": """
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Dashboard</title></head><body>
<h1>{{ bad }} of {{ hosts|length }} hosts need attention</h1>
<table><thead><tr><th>Host</th><th>State</th><th>Last good</th><th>Cron</th><th>Size</th><th>New data</th></tr></thead>
<tbody>{% for host in hosts %}<tr><th><a href="/hosts/{{ host.name }}">{{ host.name }}</a></th>
<td><span class="badge s-{{ host.last_state }}">{{ host.last_state|default:"never" }}</span></td>
<td>{{ host.ago }}</td><td>{{ host.cron|default:"not scheduled" }}</td>
<td>{{ host.size|filesizeformat }}</td><td>{{ host.fresh|filesizeformat }}</td></tr>{% endfor %}</tbody></table>
<p>{{ user.username }}</p></body></html>"""})])]}}])
django.setup()

from django.contrib.auth.decorators import login_required  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402


class Host(models.Model):
    name = models.TextField()
    enabled = models.IntegerField(null=True)

    class Meta:
        app_label, db_table, managed = "bench", "host", False


class Run(models.Model):
    host = models.ForeignKey(Host, models.DO_NOTHING)
    job, state = models.TextField(), models.TextField()
    requested_at = models.IntegerField()

    class Meta:
        app_label, db_table, managed = "bench", "run", False


class Schedule(models.Model):
    host = models.OneToOneField(Host, models.DO_NOTHING, primary_key=True)
    cron = models.TextField()

    class Meta:
        app_label, db_table, managed = "bench", "schedule", False


class Snapshot(models.Model):
    host = models.ForeignKey(Host, models.DO_NOTHING)
    name, status = models.TextField(), models.TextField()
    started_at, bytes, new_bytes = models.IntegerField(), models.IntegerField(), models.IntegerField()

    class Meta:
        app_label, db_table, managed = "bench", "snapshot", False


def load():
    good = Snapshot.objects.filter(host=models.OuterRef("pk"), status__in=["success", "warning"]).order_by("-name")
    runs = Run.objects.filter(host=models.OuterRef("pk"), job="backup").order_by("-id")
    return list(Host.objects.using("data").order_by("name").annotate(
        last_state=models.Subquery(runs.values("state")[:1]), good_at=models.Subquery(good.values("started_at")[:1]),
        size=models.Subquery(good.values("bytes")[:1]), fresh=models.Subquery(good.values("new_bytes")[:1]),
        cron=models.Subquery(Schedule.objects.filter(host=models.OuterRef("pk")).values("cron")[:1])))


@login_required
def dashboard(request):
    hosts, now = load(), time.time()
    for host in hosts:
        host.ago = f"{int((now - host.good_at) // 3600)} h ago" if host.good_at else "never"
    return render(request, "page.html", {"hosts": hosts, "bad": sum(host.last_state == "failed" for host in hosts)})


@login_required
def status(request):
    run = Run.objects.using("data").order_by("-id").values("id", "job", "state").first()
    return JsonResponse({
        "database": "sqlite", "counts": {"hosts": Host.objects.using("data").count(),
                                         "snapshots": Snapshot.objects.using("data").count(),
                                         "runs": Run.objects.using("data").count()},
        "latest_run": run, "hosts": [{"host": host.name, "state": host.last_state, "last_good": host.good_at,
                                      "cron": host.cron} for host in load()]})


urlpatterns = [path("", dashboard), path("api/status/", status)]
application = get_wsgi_application()


def prepare():
    """The tables of accounts and sessions, a user, and the cookie of a session."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("admin", password="of a measurement")
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    print("sessionid=" + session.session_key)


if __name__ == "__main__":
    prepare()
