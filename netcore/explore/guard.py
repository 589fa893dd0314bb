"""Who may ask: the page that this server itself has sent, on this machine, in small requests.

    Host      must be this server's own name and port: another name that was made to point here (DNS rebinding) is refused
    Origin    where a browser sends one it must be this server's: another site's page can neither read nor post (CSRF)
    body      at most LIMIT bytes, in a type that no plain HTML form can send, so that other sites need a permission they never get
    CSP       scripts, styles and connections from here alone, nothing inline, no frames

Sources: RFC 6454 (origins); W3C Content Security Policy Level 3; the Fetch standard's Sec-Fetch-Site.
"""

from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

LIMIT = 1 << 20  # bytes of a request's body
BODIES = ("application/json", "application/octet-stream")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """ASGI middleware. `port()` tells the port, which is known only when the server listens."""

    def __init__(self, app: Any, port: Any) -> None:
        self.app, self.port = app, port

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return

        async def send_guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        refused = refusal(scope["method"], Headers(scope=scope), self.port())
        await (self.app if refused is None else PlainTextResponse(refused[1], refused[0]))(scope, receive, send_guarded)


def refusal(method: str, headers: Headers, port: int) -> tuple[int, str] | None:
    """(status, reason), or None for a request that is welcome."""
    names = [f"{name}:{port}" for name in ("127.0.0.1", "localhost")]
    if len(headers.getlist("host")) != 1 or headers["host"].lower() not in names:
        return 421, f"this server answers to http://{names[0]} only"
    if any(origin not in [f"http://{name}" for name in names] for origin in headers.getlist("origin")):
        return 403, "a page of another origin may not ask here"
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and headers.get("sec-fetch-mode") != "navigate":
        return 403, "a page of another site may not ask here"
    if method == "POST":
        if headers.get("content-type", "").split(";")[0].strip().lower() not in BODIES:
            return 415, f"a body must be one of {', '.join(BODIES)}"
        if "origin" not in headers and "sec-fetch-site" in headers:
            return 403, "a browser must say which page asks"
        size = headers.get("content-length", "")
        if "transfer-encoding" in headers or not size.isascii() or not size.isdigit():
            return 411, "a body must come with its length"
        if len(size) > 8 or int(size) > LIMIT:
            return 413, f"a body has at most {LIMIT} bytes"
    elif method not in ("GET", "HEAD"):
        return 405, "GET and POST only"
    return None
