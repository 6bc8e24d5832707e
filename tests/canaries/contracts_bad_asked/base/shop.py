import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STATES = {"", "the track is there"}


def track():
    return {"id": 7, "title": "Blue", "reason": "listening"}


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, {} if self.path == "/readyz" else track())

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/_messages":
            self.answer(200 if asked["description"] == "a listen" else 404, {"id": 7, "at": 1.5})
        else:
            self.answer(200 if asked["state"] in STATES else 404, {})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("cache-control", "no-store")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Shop).serve_forever()
