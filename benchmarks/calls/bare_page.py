"""Start of a call between two bare pages: the lower bound.

They have the same devices, and a server copies their signals.
No office, no lobby, no rules: a press makes a peer connection, whose description and candidates the other page
gets at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web
from playwright.async_api import Browser, Page

PAGE_TIMEOUT_MS = 15_000
BARE_PAGE = """<!doctype html><title>bare</title><video autoplay playsinline></video><script>
const now = () => performance.timeOrigin + performance.now();
const video = document.querySelector("video");
let pc, socket, stream;
async function open(config) {
  window.config = config;
  stream = await navigator.mediaDevices.getUserMedia(DEVICES);
  socket = new WebSocket(`ws://${location.host}/signals`);
  socket.onmessage = async ({ data }) => {
    const { description, candidate } = JSON.parse(data);
    if (!pc) connect();
    if (candidate !== undefined) return pc.addIceCandidate(candidate ?? undefined);
    await pc.setRemoteDescription(description);
    if (description.type === "offer") await offer();
  };
  await new Promise((opened) => (socket.onopen = opened));
}
const send = (signal) => socket.send(JSON.stringify(signal));
async function offer() {
  await pc.setLocalDescription();
  send({ description: pc.localDescription });
}
function connect() {
  pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", ...window.config });
  pc.onicecandidate = ({ candidate }) => send({ candidate });
  pc.ontrack = ({ track, streams }) => {
    video.srcObject = streams[0];
    if (track.kind === "video") video.requestVideoFrameCallback(() => { window.frame = now(); });
  };
  for (const track of stream.getTracks()) pc.addTrack(track, stream);
}
function press() {
  window.pressed = now();
  connect();
  void offer();
}
</script>"""
# The devices as static/core/media/get_user_media.js opens them.
DEVICES = "{ audio: true, video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } } }"


@asynccontextmanager
async def serve_bare_pages() -> AsyncIterator[str]:
    """Serve the page and copy each signal to the other page. Yields its address."""
    sockets: list[web.WebSocketResponse] = []

    async def signals(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sockets.append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                for other in sockets:
                    if other is not socket and not other.closed:
                        await other.send_str(message.data)
        sockets.remove(socket)
        return socket

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=BARE_PAGE.replace("DEVICES", DEVICES), content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/signals", signals)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port, *_ = runner.addresses[0]
        yield f"http://{host}:{port}/"
    finally:
        await runner.cleanup()


async def measure_bare_call(browser: Browser, url: str, config: dict[str, object] | None = None) -> float:
    """Return the ms from a press until each page shows a frame of the other."""
    contexts = [await browser.new_context(viewport={"width": 1280, "height": 800}) for _ in range(2)]
    pages: list[Page] = []
    for context in contexts:
        page = await context.new_page()
        await page.goto(url)
        await page.evaluate("(config) => open(config)", config or {})
        pages.append(page)
    caller, called = pages
    await caller.evaluate("press()")
    for page in pages:
        await page.wait_for_function("() => window.frame", timeout=PAGE_TIMEOUT_MS)
    pressed = float(await caller.evaluate("window.pressed"))
    frames = [float(await page.evaluate("window.frame")) for page in (caller, called)]
    for context in contexts:
        await context.close()
    return max(frames) - pressed
