"""A fake of Grafana: the part of its HTTP API that ``aura grafana`` uses, on a real socket.

No Grafana can be had where these tests run (no package registry has its server). This one is written after Grafana's
API documentation and keeps what matters to a client: roles and credentials, statuses, versions, secrets that are taken
and never told, what Grafana adds by itself, and what it refuses (a folder that is missing, a name that is taken, a
contact point in use). It shows nothing and evaluates no rule.
"""

import base64
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.server import listen

USER, PASSWORD, TOKEN, VIEWER = "admin", "pässword", "glsa_token", "glsa_viewer"
Body = dict[str, Any]


def told(message: str, code: int = 200, **more: Any) -> JSONResponse:
    return JSONResponse({"message": message, **more}, code)


def page_of(found: list[Body], request: Request) -> list[Body]:
    limit, page = (int(request.query_params.get(name, default)) for name, default in (("limit", 1_000), ("page", 1)))
    return found[(page - 1) * limit : page * limit]


@dataclass
class FakeGrafana:
    """What it holds; ``requests`` are those that change something."""

    url: str = ""
    folders: dict[str, Body] = field(default_factory=dict)
    sources: dict[str, Body] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    boards: dict[str, Body] = field(default_factory=dict)
    points: dict[str, Body] = field(default_factory=dict)
    rules: dict[str, Body] = field(default_factory=dict)
    policies: Body = field(default_factory=lambda: {"receiver": "grafana-default-email"})
    requests: list[tuple[str, str]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    # folders

    async def list_folders(self, request: Request) -> Response:
        found = [{"id": one["id"], "uid": one["uid"], "title": one["title"]} for one in self.folders.values()]
        return JSONResponse(page_of(found, request))

    async def create_folder(self, request: Request) -> Response:
        body = await request.json()
        if body["uid"] in self.folders:
            return told("a folder with the same uid already exists", 409)
        made = {"id": next(self.numbers), "uid": body["uid"], "title": body["title"], "version": 1, "canSave": True}
        self.folders[body["uid"]] = made
        return JSONResponse(made)

    async def update_folder(self, request: Request) -> Response:
        found, body = self.folders.get(request.path_params["uid"]), await request.json()
        if found is None:
            return told("folder not found", 404)
        if not body.get("overwrite") and body.get("version") != found["version"]:
            return told("the folder has been changed by someone else", 412, status="version-mismatch")
        found.update(title=body["title"], version=found["version"] + 1)
        return JSONResponse(found)

    async def delete_folder(self, request: Request) -> Response:
        uid = request.path_params["uid"]
        if uid not in self.folders:
            return told("folder not found", 404)
        if any(rule["folderUID"] == uid for rule in self.rules.values()):
            return told("folder cannot be deleted: folder contains alert rules", 400)
        self.boards = {key: board for key, board in self.boards.items() if board["meta"]["folderUid"] != uid}
        return told("Folder deleted", id=self.folders.pop(uid)["id"])

    # data sources

    def _source(self, uid: str) -> Body:
        return {**self.sources[uid], "secureJsonFields": dict.fromkeys(self.secrets.get(uid, {}), True)}

    async def list_sources(self, _: Request) -> Response:
        # As documented: the list does not tell which secrets are set.
        return JSONResponse(list(self.sources.values()))

    async def get_source(self, request: Request) -> Response:
        uid = request.path_params["uid"]
        return JSONResponse(self._source(uid)) if uid in self.sources else told("Data source not found", 404)

    async def create_source(self, request: Request) -> Response:
        body = await request.json()
        if body["uid"] in self.sources or any(one["name"] == body["name"] for one in self.sources.values()):
            return told("data source with the same name already exists", 409)
        return self._keep_source(body["uid"], body, {"id": next(self.numbers), "orgId": 1, "version": 1})

    async def update_source(self, request: Request) -> Response:
        uid, body = request.path_params["uid"], await request.json()
        if uid not in self.sources:
            return told("Data source not found", 404)
        there = self.sources[uid]
        return self._keep_source(uid, body, {"id": there["id"], "orgId": 1, "version": there["version"] + 1})

    def _keep_source(self, uid: str, body: Body, more: Body) -> Response:
        secrets = body.pop("secureJsonData", {})
        assert "secureJsonFields" not in body
        self.sources[uid] = {"isDefault": False, "readOnly": False, "basicAuth": False, "database": "", **body, **more}
        self.secrets.setdefault(uid, {}).update(secrets)
        return told("Datasource kept", datasource=self._source(uid), id=more["id"], name=body["name"])

    async def delete_source(self, request: Request) -> Response:
        uid = request.path_params["uid"]
        if self.sources.pop(uid, None) is None:
            return told("Data source not found", 404)
        self.secrets.pop(uid, None)
        return told("Data source deleted")

    # dashboards

    async def search(self, request: Request) -> Response:
        asked = request.query_params
        found = [
            {"uid": uid, "title": one["dashboard"]["title"], "type": "dash-db", "folderUid": one["meta"]["folderUid"]}
            for uid, one in self.boards.items()
            if asked.get("tag") in (None, *one["dashboard"].get("tags", []))
            and asked.get("folderUIDs") in (None, one["meta"]["folderUid"])
        ]
        return JSONResponse(page_of(found, request))

    async def get_board(self, request: Request) -> Response:
        found = self.boards.get(request.path_params["uid"])
        return JSONResponse(found) if found else told("Dashboard not found", 404)

    async def save_board(self, request: Request) -> Response:
        body = await request.json()
        board, folder = body["dashboard"], body.get("folderUid", "")
        if folder and folder not in self.folders:
            return told("folder not found", 400)
        there = self.boards.get(board["uid"])
        if there and not body.get("overwrite") and board.get("version") != there["dashboard"]["version"]:
            return told("The dashboard has been changed by someone else", 412, status="version-mismatch")
        version = there["dashboard"]["version"] + 1 if there else 1
        kept = {**board, "id": there["dashboard"]["id"] if there else next(self.numbers), "version": version}
        self.boards[board["uid"]] = {"dashboard": kept, "meta": {"folderUid": folder, "provisioned": False}}
        return JSONResponse({"id": kept["id"], "uid": board["uid"], "status": "success", "version": version})

    async def delete_board(self, request: Request) -> Response:
        found = self.boards.pop(request.path_params["uid"], None)
        return told(f"Dashboard {found['dashboard']['title']} deleted") if found else told("Dashboard not found", 404)

    # alerting

    async def list_points(self, _: Request) -> Response:
        hidden = [json.loads(json.dumps(point)) for point in self.points.values()]
        for point in hidden:
            if "url" in point["settings"]:  # of newer versions, in which the address of a webhook is a secret
                point["settings"]["url"] = "[REDACTED]"
        return JSONResponse(hidden)

    async def save_point(self, request: Request) -> Response:
        body = await request.json()
        uid = request.path_params.get("uid") or body["uid"]
        if (request.method == "PUT") != (uid in self.points):
            return told("contact point not found" if request.method == "PUT" else "already exists", 404)
        self.points[uid] = {**body, "uid": uid, "provenance": "api"}
        return JSONResponse(self.points[uid], 202)

    async def delete_point(self, request: Request) -> Response:
        found = self.points.get(request.path_params["uid"])
        if found is None:
            return told("contact point not found", 404)
        used = (rule.get("notification_settings") or {} for rule in self.rules.values())
        if any(settings.get("receiver") == found["name"] for settings in used):
            return told("contact point is currently used by a rule", 409)
        del self.points[found["uid"]]
        return told("contactpoint deleted", 202)

    async def list_rules(self, _: Request) -> Response:
        return JSONResponse(list(self.rules.values()))

    async def save_rule(self, request: Request) -> Response:
        body = await request.json()
        uid = request.path_params.get("uid") or body["uid"]
        if (request.method == "PUT") != (uid in self.rules):
            return told("rule not found", 404)
        if body["folderUID"] not in self.folders:
            return told("folder does not exist", 400)
        receiver = (body.get("notification_settings") or {}).get("receiver")
        if receiver is not None and receiver not in {point["name"] for point in self.points.values()}:
            return told(f"invalid alert rule: receiver {receiver} does not exist", 400)
        others = [rule for key, rule in self.rules.items() if key != uid and rule["folderUID"] == body["folderUID"]]
        if body["title"] in {rule["title"] for rule in others}:
            return told("a rule of that title exists in this folder", 409)
        for query in body["data"]:
            query["model"] |= {"intervalMs": 1000, "maxDataPoints": 43200}
            query.setdefault("queryType", "")
        kept = {"id": next(self.numbers), "orgID": 1, "updated": "2024-05-20T12:00:00Z", "provenance": "api", **body}
        self.rules[uid] = kept
        return JSONResponse(kept, 200 if request.method == "PUT" else 201)

    async def delete_rule(self, request: Request) -> Response:
        self.rules.pop(request.path_params["uid"], None)
        return Response(status_code=204)

    # who may

    async def guard(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        given = request.headers.get("authorization", "")
        if given not in (f"Basic {login}", f"Bearer {TOKEN}", f"Bearer {VIEWER}"):
            return told("Invalid username or password", 401)
        if given == f"Bearer {VIEWER}":
            return told("You'll need additional permissions to perform this action", 403)
        if request.method != "GET":
            self.requests.append((request.method, request.url.path))
        return await call_next(request)

    def app(self) -> Starlette:
        rules, points = "/api/v1/provisioning/alert-rules", "/api/v1/provisioning/contact-points"
        found = [
            ("GET", "/api/folders", self.list_folders),
            ("POST", "/api/folders", self.create_folder),
            ("PUT", "/api/folders/{uid}", self.update_folder),
            ("DELETE", "/api/folders/{uid}", self.delete_folder),
            ("GET", "/api/datasources", self.list_sources),
            ("POST", "/api/datasources", self.create_source),
            ("GET", "/api/datasources/uid/{uid}", self.get_source),
            ("PUT", "/api/datasources/uid/{uid}", self.update_source),
            ("DELETE", "/api/datasources/uid/{uid}", self.delete_source),
            ("GET", "/api/search", self.search),
            ("POST", "/api/dashboards/db", self.save_board),
            ("GET", "/api/dashboards/uid/{uid}", self.get_board),
            ("DELETE", "/api/dashboards/uid/{uid}", self.delete_board),
            ("GET", points, self.list_points),
            ("POST", points, self.save_point),
            ("PUT", points + "/{uid}", self.save_point),
            ("DELETE", points + "/{uid}", self.delete_point),
            ("GET", rules, self.list_rules),
            ("POST", rules, self.save_rule),
            ("PUT", rules + "/{uid}", self.save_rule),
            ("DELETE", rules + "/{uid}", self.delete_rule),
        ]
        return Starlette(
            routes=[Route(path, endpoint, methods=[method]) for method, path, endpoint in found],
            middleware=[Middleware(BaseHTTPMiddleware, dispatch=self.guard)],
        )


@contextmanager
def running() -> Iterator[FakeGrafana]:
    """One that answers on a port of its own."""
    grafana = FakeGrafana()
    listening = listen("127.0.0.1", 0)
    grafana.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(grafana.app(), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < deadline, "the fake Grafana did not start"
        time.sleep(0.01)
    try:
        yield grafana
    finally:
        server.should_exit = True
        thread.join(60)
