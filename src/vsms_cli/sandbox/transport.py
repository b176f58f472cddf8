"""The sandbox as a transport for a client in the same process. The only module here that uses httpx."""

from __future__ import annotations

import httpx

from vsms_cli.sandbox.routing import Request, Sandbox


class SandboxTransport(httpx.BaseTransport):
    """Hands every request, whatever its host, to the sandbox. Nothing leaves the process."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode("ascii")
        answer = self._sandbox.handle(Request.to(request.method, target, request.headers, request.read()))
        return httpx.Response(
            answer.status, headers=dict(answer.headers), stream=httpx.ByteStream(answer.body)
        )
