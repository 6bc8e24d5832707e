"""Answers GET /slate?user=N: `python -m service PORT`."""
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from service.rank import slate


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        user = int(parse_qs(urlsplit(self.path).query).get("user", ["0"])[0])
        try:
            status, answer = 200, {"items": [{"id": f"t{item}"} for item in slate(user)]}
        except KeyError:
            status, answer = 500, {}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
