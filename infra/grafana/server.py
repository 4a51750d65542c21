"""A Grafana, through its HTTP API; only what is ours there."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import niquests
from grafana_client import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException, GrafanaTimeoutError, GrafanaUnauthorizedError

from infra.errors import CommandError
from infra.grafana.names import is_ours
from infra.grafana.things import Body, Place, Sort, Thing

TIMEOUT_SECONDS: Final = 30.0
"""A Grafana that has just started is busy with its plugins; the client's own 5 s were too few."""

PAGE: Final = 1_000
"""As many as Grafana lists at once by itself."""

MESSAGE: Final = "aura grafana apply"
"""In a dashboard's list of versions."""


class GrafanaError(CommandError):
    """A Grafana that does not do what it is asked.

    Attributes:
        status: of its answer; None when there was none.
    """

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class Grafana:
    """One Grafana.

    Args:
        url: where it answers, without user and password.
        credential: a token of a service account, or (user, password); of the role Admin.

    Raises:
        GrafanaError: that is no such URL.
    """

    def __init__(self, url: str, credential: str | tuple[str, str]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise GrafanaError("expected the http or https URL of Grafana, without user and password")
        self._url = url.rstrip("/")
        # The client sets "api" right behind the path: one of a Grafana that is not at the root must end with a slash.
        self._api = GrafanaApi.from_url(f"{self._url}/", credential, timeout=TIMEOUT_SECONDS)

    def there(self) -> dict[Place, Body]:
        """Everything there that is ours.

        Raises:
            GrafanaError: it does not answer, or refuses.
        """
        with self._asked("read what is there"):
            found: dict[Place, Body] = {}
            for folder in self._listed("/folders"):
                _keep(found, "folder", folder)
            for source in self._api.datasource.list_datasources():
                if is_ours(source["uid"]):
                    # The list does not tell which secrets are set.
                    _keep(found, "data source", self._api.datasource.get_datasource_by_uid(source["uid"]))
            for board in self._listed("/search", type="dash-db", tag="aura"):
                if is_ours(board["uid"]):
                    answer = self._api.dashboard.get_dashboard(board["uid"])
                    body = {"dashboard": answer["dashboard"], "folderUid": answer["meta"].get("folderUid", "")}
                    found[Place("dashboard", board["uid"])] = body
            for point in self._api.alertingprovisioning.get_contactpoints():
                _keep(found, "contact point", point)
            for rule in self._api.alertingprovisioning.get_alertrules_all():
                _keep(found, "alert rule", rule)
        return found

    def put(self, thing: Thing, *, exists: bool) -> None:
        """Create or update a thing.

        Raises:
            GrafanaError: it does not answer, or refuses.
        """
        place, body = thing.place, thing.body
        with self._asked(f"put the {place.sort} {place.uid}"):
            match place.sort:
                case "folder" if exists:
                    self._api.folder.update_folder(place.uid, title=body["title"], overwrite=True)
                case "folder":
                    self._api.folder.create_folder(body["title"], uid=place.uid)
                case "data source":
                    self._put_source(place.uid, body, thing.secrets, exists=exists)
                case "dashboard":
                    self._api.dashboard.update_dashboard({**body, "overwrite": True, "message": MESSAGE})
                case "contact point" if exists:
                    self._api.alertingprovisioning.update_contactpoint(place.uid, body)
                case "contact point":
                    self._api.alertingprovisioning.create_contactpoint(body)
                case "alert rule" if exists:
                    self._api.alertingprovisioning.update_alertrule(place.uid, body)
                case "alert rule":
                    self._api.alertingprovisioning.create_alertrule(body)

    def remove(self, place: Place) -> bool:
        """Take a thing away; False: it is a folder in which others have put something, and stays.

        Raises:
            GrafanaError: it does not answer, or refuses.
        """
        with self._asked(f"remove the {place.sort} {place.uid}"):
            match place.sort:
                case "folder":
                    # With a folder everything in it goes, whoever made it.
                    if self._api.search.search_dashboards(folder_uids=place.uid):
                        return False
                    if any(one["folderUID"] == place.uid for one in self._rules()):
                        return False
                    self._api.folder.delete_folder(place.uid)
                case "data source":
                    self._api.datasource.delete_datasource_by_uid(place.uid)
                case "dashboard":
                    self._api.dashboard.delete_dashboard(place.uid)
                case "contact point":
                    self._api.alertingprovisioning.delete_contactpoint(place.uid)
                case "alert rule":
                    self._api.alertingprovisioning.delete_alertrule(place.uid)
        return True

    def _listed(self, path: str, **params: str) -> Iterator[dict[str, Any]]:
        """Everything that is listed there, page after page; the client itself asks for the first one alone."""
        for page in itertools.count(1):
            found = self._api.client.GET(path, params={**params, "limit": PAGE, "page": page})
            yield from found
            if len(found) < PAGE:
                return

    def _rules(self) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = self._api.alertingprovisioning.get_alertrules_all()
        return rules

    def _put_source(self, uid: str, body: Body, secrets: Mapping[str, str], *, exists: bool) -> None:
        sent = {name: value for name, value in body.items() if name != "secureJsonFields"}
        if secrets:
            sent["secureJsonData"] = dict(secrets)
        put: Callable[..., Any] = (
            (lambda: self._api.datasource.update_datasource_by_uid(uid, sent))
            if exists
            else (lambda: self._api.datasource.create_datasource(sent))
        )
        put()

    @contextmanager
    def _asked(self, to: str) -> Iterator[None]:
        try:
            yield
        except GrafanaUnauthorizedError:
            raise GrafanaError(f"Grafana at {self._url} does not know this token, or user and password", 401) from None
        except GrafanaClientError as error:
            why = "the role Admin is needed" if error.status_code == 403 else error.message
            raise GrafanaError(f"Grafana at {self._url} refused to {to}: {why}", error.status_code) from None
        except (GrafanaTimeoutError, niquests.exceptions.ConnectionError, niquests.exceptions.Timeout):
            raise GrafanaError(f"Grafana does not answer at {self._url}") from None
        except (GrafanaException, niquests.exceptions.RequestException) as error:
            raise GrafanaError(f"Grafana at {self._url} could not {to}: {error}") from None


def _keep(found: dict[Place, Body], sort: Sort, body: Body) -> None:
    if is_ours(body.get("uid")):
        found[Place(sort, body["uid"])] = body
