"""The web service: a picture in, its class and probabilities out."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, HTTPException, Query, Request, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic import BaseModel

import dogs_vs_cats
from dogs_vs_cats.compute.cpu import cpu_cores
from dogs_vs_cats.data.reading.decoding import UnreadableError
from dogs_vs_cats.evaluation.deciding import Answers
from dogs_vs_cats.prediction.predict import answer, decision_of
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.text import printable
from dogs_vs_cats.serving.limits import LimitBytes, Limits
from dogs_vs_cats.serving.oracle import Oracle

_PAGE = files(__package__).joinpath("page")
_PAGE_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_ANSWERS = (
    "`raw`: as the model says. `calibrated`: probabilities as they came true on validation."
    " `decided`: also by what mistakes cost, and without a class where it is not sure."
)


class Row(BaseModel):
    """What is said of one file; all but ``file`` and ``error`` is null where it is no picture."""

    file: str
    predicted: str | None = None
    """The likeliest class; of ``answers=decided`` null where the model does not know."""
    probability: float | None = None
    """Of that class, or of the one that it is not sure enough of."""
    probabilities: dict[str, float] | None = None
    """Of each class; of more than 20, of the likeliest."""
    heatmap: str | None = None
    """A ``data:`` URL, if asked for: the picture, and over it what spoke for the class."""
    error: str | None = None


class Answer(BaseModel):
    """A row a file, in the order that they came in."""

    model: str
    pictures: list[Row]


class About(BaseModel):
    """The model that answers."""

    name: str
    method: str
    classes: list[str]
    image_size: int
    preprocessing: str
    version: str
    """Of this program."""


def create_app(oracle: Oracle, limits: Limits) -> FastAPI:
    """The service, which closes the oracle when it ends.

    Args:
        oracle: answers.
        limits: of a request.
    """
    registry = CollectorRegistry()
    requests = Counter("requests", "Answered requests", ["path", "status"], registry=registry)
    pictures = Counter("pictures", "Pictures by what came of them", ["result"], registry=registry)
    seconds = Histogram("predict_seconds", "Time of a /predict request", registry=registry)
    # So many are decoded at once; more would only hold more pixels.
    decoding = CapacityLimiter(2 * cpu_cores())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        oracle.close()

    app = FastAPI(
        title="dogs-vs-cats",
        version=dogs_vs_cats.__version__,
        summary="A picture in, its class and the probability of each class out.",
        lifespan=lifespan,
    )
    app.add_middleware(LimitBytes, most=limits.request_bytes)

    @app.middleware("http")
    async def counted(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call(request)
        known = request.scope.get("route")
        path = getattr(known, "path", "other")
        requests.labels(path, response.status_code).inc()
        if path not in ("/docs", "/redoc"):  # FastAPI's pages take their scripts from elsewhere
            response.headers.update(_HEADERS)
        return response

    @app.get("/health")
    async def health() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        """The model is loaded and has answered once: before, nobody is listened to."""
        return {"status": "ready"}

    @app.get("/model")
    async def model() -> About:
        """Which model answers, and what its classes are."""
        told = oracle.model
        about = told.about
        return About(
            name=told.name,
            method=about.method,
            classes=list(about.classes),
            image_size=about.image_size,
            preprocessing=about.preprocessing,
            version=dogs_vs_cats.__version__,
        )

    @app.get("/metrics")
    async def metrics() -> Response:
        """For Prometheus."""
        return PlainTextResponse(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    @app.post("/predict")
    async def predict(
        files: list[UploadFile],
        heatmap: bool = Query(False, description="Also draw what spoke for the class."),
        answers: Annotated[Answers, Query(description=_ANSWERS)] = "raw",
    ) -> Answer:
        """Tell what is in pictures: JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP, upright by EXIF.

        What is no picture has an ``error`` in its row; where none is one, the answer is a 422.
        """
        started = time.perf_counter()
        if len(files) > limits.files:
            raise HTTPException(413, f"A request may have {limits.files} files.")
        if answers != "raw":
            decision_of(oracle.model)

        async def row(file: UploadFile) -> Row:
            name = printable(file.filename or "")
            if (file.size or 0) > limits.file_bytes:
                return Row(file=name, error=f"has more than {limits.file_bytes // 2**20} MB")
            content = await file.read()
            try:
                square, shown = await to_thread.run_sync(oracle.read, content, limiter=decoding)
            except UnreadableError as error:
                return Row(file=name, error=str(error))
            probabilities = await asyncio.wrap_future(oracle.ask(square))
            told = answer(probabilities, oracle.model, answers)
            drawn = None
            if heatmap:
                drawn = await to_thread.run_sync(
                    oracle.heatmap, square, shown, told.label, limiter=decoding
                )
            return Row(
                file=name,
                predicted=told.decided,
                probability=told.probability,
                probabilities=told.probabilities,
                heatmap=drawn,
            )

        rows = await asyncio.gather(*map(row, files))
        for each in rows:
            pictures.labels("unreadable" if each.error else "predicted").inc()
        seconds.observe(time.perf_counter() - started)
        if all(each.error for each in rows):
            raise HTTPException(422, "; ".join(f"{each.file}: {each.error}" for each in rows[:5]))
        return Answer(model=oracle.model.name, pictures=list(rows))

    @app.exception_handler(PipelineError)
    async def refused(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 422)

    for path, (name, kind) in _PAGE_FILES.items():
        app.add_api_route(path, _static(name, kind), include_in_schema=False)
    return app


def _static(name: str, kind: str) -> Callable[[], Awaitable[Response]]:
    content = _PAGE.joinpath(name).read_bytes()

    async def page() -> Response:
        return Response(content, media_type=kind)

    return page
