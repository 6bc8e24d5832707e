"""A forge on loopback, as far as the workflows ask one: pull requests, comments, artifacts; and a `gh` that asks it.

The `gh` here is a small program with the options that the workflows use. It turns fields into a query or a body as the
real one does, follows pages, and hands `--jq` to the real jq. The forge refuses what GitHub refuses.
"""

import io
import json
import stat
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

LONGEST_COMMENT = 65_536
PAGE = 2
"""Comments on a page: few, so that the second page is asked for."""
BOT = "github-actions[bot]"
REPOSITORY = "org/shop"

GH = r"""
import json, subprocess, sys, urllib.error, urllib.request
from urllib.parse import quote, urlencode
api, *words = sys.argv[1:]
assert api == "api", sys.argv
method, path, jq, fields, paginate, silent = None, None, None, {}, False, False
while words:
    word = words.pop(0)
    if word == "--method": method = words.pop(0)
    elif word == "--jq": jq = words.pop(0)
    elif word == "--paginate": paginate = True
    elif word == "--silent": silent = True
    elif word in ("-f", "-F"):
        key, _, value = words.pop(0).partition("=")
        if word == "-F" and value.startswith("@"): value = open(value[1:], encoding="utf-8").read()
        fields[key] = value
    elif word.startswith("-") or path: sys.exit(f"gh: what is {word}?")
    else: path = word
method = method or ("POST" if fields else "GET")
url, body = f"@URL@/{quote(path, safe='/?=&')}", None
if method == "GET": url += "?" + urlencode(fields) if fields else ""
else: body = json.dumps(fields).encode()
while url:
    request = urllib.request.Request(url, body, {"Authorization": "token x"}, method=method)
    try: answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error: sys.exit(f"gh: HTTP {error.code}")
    content = answer.read()
    if not silent:
        if jq: content = subprocess.run(["jq", "-r", jq], input=content, capture_output=True, check=True).stdout
        sys.stdout.buffer.write(content)
    url = answer.headers.get("X-Next") if paginate else None
"""


class Forge:
    """What it holds. `pulls`: number to head (owner, branch, sha); `artifacts`: run to (name, zip); comments by id."""

    def __init__(self) -> None:
        self.pulls: dict[int, dict[str, str]] = {}
        self.artifacts: dict[int, list[tuple[str, bytes]]] = {}
        self.comments: dict[int, dict[str, Any]] = {}
        self.asked: list[str] = []

    def say(self, number: int, login: str, body: str) -> int:
        """Somebody's comment on a pull request; its id."""
        name = len(self.comments) + 1
        self.comments[name] = {"id": name, "user": {"login": login}, "body": body, "number": number}
        return name

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, str]) -> tuple[int, Any, str]:
        """Status, answer (JSON, or bytes as they are) and the next page."""
        match (method, path.removeprefix(f"/repos/{REPOSITORY}/").split("/")):
            case ("GET", ["pulls"]):
                heads = [
                    {"number": n, "head": {"sha": pull["sha"]}}
                    for n, pull in self.pulls.items()
                    if f"{pull['owner']}:{pull['branch']}" == query.get("head")
                ]
                return 200, heads, ""
            case ("GET", ["pulls", number]):
                return 200, {"number": int(number), "head": {"sha": self.pulls[int(number)]["sha"]}}, ""
            case ("GET", ["actions", "runs", run, "artifacts"]):
                named = [
                    {"id": 1000 * int(run) + n, "name": name, "size_in_bytes": len(data), "created_at": f"{n:04}"}
                    for n, (name, data) in enumerate(self.artifacts.get(int(run), []))
                    if name == query.get("name", name)
                ]
                return 200, {"total_count": len(named), "artifacts": named}, ""
            case ("GET", ["actions", "artifacts", name, "zip"]):
                return 200, self.artifacts[int(name) // 1000][int(name) % 1000][1], ""
            case ("GET", ["issues", number, "comments"]):
                return self._page(int(number), int(query.get("page", "1")))
            case ("POST", ["issues", number, "comments"]):
                return self._written(self.say(int(number), BOT, ""), body["body"], 201)
            case ("PATCH", ["issues", "comments", name]):
                return self._written(int(name), body["body"], 200)
        return 404, {}, ""

    def _page(self, number: int, page: int) -> tuple[int, Any, str]:
        found = [comment for comment in self.comments.values() if comment["number"] == number]
        following = f"/repos/{REPOSITORY}/issues/{number}/comments?page={page + 1}" if found[page * PAGE :] else ""
        return 200, found[(page - 1) * PAGE : page * PAGE], following

    def _written(self, name: int, body: str, status: int) -> tuple[int, Any, str]:
        if not body or len(body) > LONGEST_COMMENT:
            return 422, {}, ""
        self.comments[name]["body"] = body
        return status, self.comments[name], ""


@contextmanager
def serve(forge: Forge) -> Iterator[str]:
    """The forge on a free port of loopback; its address."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            forge.asked.append(f"{self.command} {self.path}")
            status, found, following = forge.answer(self.command, parts.path, query, body)
            content = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if following:
                self.send_header("X-Next", f"http://127.0.0.1:{server.server_address[1]}{following}")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _any  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def install_gh(directory: Path, url: str) -> None:
    """Put a `gh` into a directory of PATH."""
    _program(directory / "gh", f"#!{sys.executable} -I\n" + GH.replace("@URL@", url))


def install_gate(directory: Path) -> None:
    """Put the gate where the workflows have it, `.venv/bin/guardrails` below a directory."""
    root = Path(__file__).resolve().parents[1]
    script = f'#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -m guardrails "$@"\n'
    _program(directory / ".venv/bin/guardrails", script)


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def zipped(files: dict[str, bytes]) -> bytes:
    """An artifact as the forge keeps it; the names are written as they are."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()
