"""The songs service: a provider for the pacts that pact-jvm and pact-js wrote (tests/foreign_pacts/made).

Run as `python songs_service.py --port PORT [--wrong FAULT …]`. Its answers are written as text, byte for byte, so that
a fault may be one digit or one letter.
"""

import argparse
import base64
import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SONG: Mapping[str, str] = {
    "id": "9007199254740993",
    "largest": "9223372036854775807",
    "sum": "0.30000000000000004",
    "tiny": "0.0000001",
    "title": '"Café cafe\u0301 🎵 日本"',
    "album_id": "1",
    "plays": "12",
    "gain": "-3.0",
    "length": "180",
    "released": '"2024-02-29"',
    "played": '"2024-02-29T00:00:00Z"',
    "starts": '"00:00:00"',
    "isrc": '"GBAYE6800011"',
    "artists": '[{"name": "Ólöf"}, {"name": ""}]',
    "owner": '"user-2"',
    "added_later": "true",
}
SAFE_ID = "9007199254740991"
FAULTS: Mapping[str, tuple[str, str]] = {
    "id rounded to a double": ("id", "9007199254740992"),
    "id as a text": ("id", '"9007199254740993"'),
    "largest as a double": ("largest", "9.223372036854776e18"),
    "sum rounded": ("sum", "0.3"),
    "sum off by one bit": ("sum", "0.3000000000000001"),
    "tiny is nothing": ("tiny", "0"),
    "title composed": ("title", '"Café café 🎵 日本"'),
    "title without its astral letter": ("title", '"Café cafe\u0301 ? 日本"'),
    "title in another plane": ("title", '"Café cafe\u0301 \uf3b5 日本"'),
    "plays with a point": ("plays", "1.0"),
    "gain without a point": ("gain", "1"),
    "length as a text": ("length", '"180"'),
    "no such day": ("released", '"2023-02-29"'),
    "a moment without its zone": ("played", '"2024-02-29T00:00:00"'),
    "hour 24": ("starts", '"24:00:00"'),
    "isrc in small letters": ("isrc", '"gbaye6800011"'),
    "no artist": ("artists", "[]"),
    "owner is null": ("owner", "null"),
}
"""Each fault: the field, and what stands there instead."""


def body(wrong: Mapping[str, str], *, safe: bool) -> bytes:
    """A song as JSON. `safe`: with an id that a double holds."""
    told = {**SONG, **({"id": SAFE_ID} if safe else {}), **wrong}
    return ("{" + ", ".join(f'"{name}": {said}' for name, said in told.items()) + "}").encode()


def handler(wrong: Mapping[str, str]) -> type[BaseHTTPRequestHandler]:
    """The service, with what is `wrong` in each song."""

    class Songs(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """A song, or its two ids."""
            place = self.path.partition("?")[0]
            if place == "/songs/7/ids":
                largest = wrong.get("largest", SONG["largest"])
                self.answer(f'{{"id": {wrong.get("id", SONG["id"])}, "largest": {largest}}}'.encode())
            else:
                self.answer(body(wrong, safe=place == "/songs/7"))

        def do_POST(self) -> None:
            """A state, or a message."""
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if self.path == "/_messages":
                self.answer(body(wrong, safe=asked["description"] == "a song on the web"))
            else:
                known = asked["state"] in {"", "the song is there"}
                self.answer(b"{}", 200 if known else 404)

        def answer(self, content: bytes, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json; charset=UTF-8")
            self.send_header("cache-control", "no-store")
            self.send_header("pact-message-metadata", base64.b64encode(b'{"kind": "song"}').decode())
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing."""

    return Songs


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--wrong", choices=sorted(FAULTS), action="append", default=[])
    arguments = parser.parse_args()
    Songs = handler(dict(FAULTS[name] for name in arguments.wrong))
    ThreadingHTTPServer(("127.0.0.1", arguments.port), Songs).serve_forever()
