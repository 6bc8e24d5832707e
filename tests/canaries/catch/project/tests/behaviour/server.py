"""The service over a fixed store, to be asked by the gate `behaviour`."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from shop.domain import Item, Request
from shop.errors import InvalidRequestError
from shop.memory import MemoryStore
from shop.service import recommend, render

ITEMS = [
    Item(
        f"b{number:02}",
        f"artist{number % 7}",
        (number * 37 % 101) / 10,
        frozenset({"SE", "US"} if number % 3 else {"US"}),
        withdrawn=number % 11 == 0,
    )
    for number in range(60)
]
SEEN = {f"user{user}": frozenset(f"b{(user * 13 + step * 7) % 60:02}" for step in range(user * 2)) for user in range(9)}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        status, body = 200, {}
        if asked:
            request = Request(asked["user"], int(asked.get("k", 10)), asked.get("market", "SE"))
            try:
                body = render(recommend(MemoryStore(ITEMS, SEEN), request))
            except InvalidRequestError:
                status = 422
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *words):
        """Quiet."""


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
