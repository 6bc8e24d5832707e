"""A service that answers GET requests: `python -m service PORT`."""
import asyncio
import sys

from service.answer import answer


async def converse(reader, writer):
    while request := await reader.readuntil(b"\r\n\r\n"):
        status, body = b"200 OK", b"{}"
        if b"/readyz" not in request:
            try:
                body = await answer(int(request.split(b" ", 2)[1].rpartition(b"=")[2]))
            except ValueError:
                status = b"500 Internal Server Error"
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))


async def serve():
    server = await asyncio.start_server(converse, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(serve())
