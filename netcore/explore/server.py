"""From a run's folder to an address: the server, on loopback alone, and which path is answered by whom.

    with serve(open_session("runs/lenet")) as server:
        print(server.url)

Every view is a function `(session, asked) -> answer` in a file of its own; here they are put behind paths, run in a thread one at a
time, and their errors become messages. Starlette routes, uvicorn listens (see CONTRIBUTING for why these). Static files are
read once, from a list, so no path of a request ever reaches the file system.
"""

import socket
import threading
import time
from collections.abc import Callable
from importlib import resources
from typing import Any

from netcore.errors import ArgumentError, NetcoreError
from netcore.explore import codes, curves, images, steps, texts, units
from netcore.explore.asked import Asked
from netcore.explore.session import Broken, Session, open_session
from netcore.explore.wire import pack

View = Callable[[Any, Asked], dict[str, Any]]
VIEWS: dict[tuple[str, str], tuple[str, View]] = {  # (method, path): the page's view that asks there, and what answers
    ("GET", "/api/example"): ("image", images.example),
    ("POST", "/api/image"): ("image", images.look),
    ("POST", "/api/unit"): ("image", units.unit),
    ("GET", "/api/codes"): ("codes", codes.plane),
    ("POST", "/api/decode"): ("codes", codes.decode_point),
    ("POST", "/api/gates"): ("gates", texts.gates),
    ("GET", "/api/step"): ("step", steps.step),
    ("GET", "/api/training"): ("training", curves.training),
}
TYPES = {"html": "text/html; charset=utf-8", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def static_files() -> dict[str, tuple[str, bytes]]:
    """{name: (type, content)} of the page's files; index.html also under ''."""
    files = {}
    for file in resources.files("netcore.explore").joinpath("static").iterdir():
        kind = TYPES.get(file.name.rpartition(".")[2])
        if kind is not None:
            files[file.name] = (kind, file.read_bytes())
    return files


class Server:
    """A server in a thread of its own, from the moment it is made until `stop`. `port` 0 takes any that is free."""

    def __init__(self, session: Session | Broken, port: int = 0) -> None:
        self.session, self.port = session, port
        self._server = self._listen(self._app())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ---- listening --------------------------------------------------------------------------------------------------

    def _listen(self, app: Any) -> Any:
        try:
            import uvicorn
        except ModuleNotFoundError as error:
            raise missing(error) from None
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(("127.0.0.1", self.port))
            bound.listen(64)
        except OSError as error:
            bound.close()
            raise ArgumentError(f"cannot listen on port {self.port} of this machine ({error.strerror}); take another by --port") from None
        self.port = bound.getsockname()[1]
        quiet: dict[str, Any] = {"log_config": None, "log_level": "critical", "access_log": False, "server_header": False}
        limits: dict[str, Any] = {"timeout_graceful_shutdown": 1, "timeout_keep_alive": 5, "limit_concurrency": 64}
        server = uvicorn.Server(uvicorn.Config(app, loop="asyncio", http="h11", ws="none", lifespan="off", **quiet, **limits))
        self.thread = threading.Thread(target=server.run, args=([bound],), name="netcore explore", daemon=True)
        self.thread.start()
        while not server.started and self.thread.is_alive():
            time.sleep(0.005)
        return server

    def stop(self) -> None:
        """Close the port and wait for the thread; a second call does nothing."""
        self._server.should_exit = True
        self.thread.join(5)

    # ---- answering --------------------------------------------------------------------------------------------------

    def _app(self) -> Any:
        try:
            from starlette.applications import Starlette
            from starlette.middleware import Middleware
            from starlette.routing import Route
        except ModuleNotFoundError as error:
            raise missing(error) from None
        from netcore.explore.guard import Guard

        routes = [Route(path, self._endpoint(*view), methods=[method]) for (method, path), view in VIEWS.items()]
        routes.append(Route("/api/run", self._endpoint("", self._about), methods=["GET"]))
        files = static_files()
        routes += [Route(f"/static/{name}", static(*file), methods=["GET"]) for name, file in files.items()]
        routes.append(Route("/", static(*files["index.html"]), methods=["GET"]))
        return Starlette(routes=routes, middleware=[Middleware(Guard, port=lambda: self.port)])

    def _about(self, session: Any, asked: Asked) -> dict[str, Any]:
        """What the page asks first. A folder that was broken is tried again: a training may have written into it meanwhile."""
        if isinstance(session, Broken):
            session = self.session = open_session(session.folder, session.root)
        return session.about()

    def _endpoint(self, name: str, view: View) -> Any:
        from starlette.concurrency import run_in_threadpool
        from starlette.requests import Request
        from starlette.responses import JSONResponse, Response

        async def endpoint(request: Request) -> Response:
            body = await request.body()  # the guard has seen to its length
            is_json = request.headers.get("content-type", "").startswith("application/json")
            status, answer = await run_in_threadpool(self._answer, name, view, dict(request.query_params), body, is_json)
            if isinstance(answer, str):
                return JSONResponse({"error": answer}, status)
            return Response(answer, status, media_type="application/octet-stream")

        return endpoint

    def _answer(self, name: str, view: View, query: dict[str, str], body: bytes, is_json: bool) -> tuple[int, "bytes | str"]:
        session = self.session
        try:
            asked = Asked(query, body, is_json)
            if isinstance(session, Broken):
                return (409, session.why) if name else (200, pack(view(session, asked)))
            if name and name not in session.views():
                raise ArgumentError(f"a run of {session.recipe.name!r} has no view {name!r}")
            with session.lock:
                session.refresh()
                return 200, pack(view(session, asked))
        except NetcoreError as error:
            return 400, str(error)
        except Exception as error:
            return 500, f"{type(error).__name__}: {error}"


def static(kind: str, content: bytes) -> Any:
    """An endpoint that gives one file."""
    from starlette.responses import Response

    async def endpoint(request: Any) -> Any:
        return Response(content, media_type=kind)

    return endpoint


def missing(error: ModuleNotFoundError) -> ArgumentError:
    return ArgumentError(f"the explorer needs {error.name}; install it with: pip install 'netcore-nn[explore]'")


def serve(session: Session | Broken, port: int = 0) -> Server:
    """Start a server; it listens when this returns."""
    return Server(session, port)
