"""The composition root of the web process."""

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from influencerflow import __version__
from influencerflow.campaigns.endpoints import router as campaigns_router
from influencerflow.creators.catalogue_endpoints import router as catalogue_router
from influencerflow.creators.endpoints import router as creators_router
from influencerflow.creators.exclusion_endpoints import router as exclusions_router
from influencerflow.creators.importing.runner import Runner
from influencerflow.creators.notes_endpoints import router as notes_router
from influencerflow.database.engine import Database
from influencerflow.feedback.endpoints import router as feedback_router
from influencerflow.http import problem_handlers
from influencerflow.images.cache import ImageCache
from influencerflow.matching.endpoints import router as matching_router
from influencerflow.matching.similar_endpoints import router as similar_router
from influencerflow.monitoring.endpoints import router as monitoring_router
from influencerflow.monitoring.metrics import RequestTimes, create_registry
from influencerflow.settings import Settings
from influencerflow.web.frame import mount_static
from influencerflow.web.pages import ROUTERS as PAGES


def create_app(database: Database, settings: Settings) -> FastAPI:
    """The API, the pages and the metrics over one database."""
    app = FastAPI(
        title="InfluencerFlow",
        version=__version__,
        summary="From a campaign brief to the creators worth hiring.",
        docs_url=None,  # its pages load scripts from elsewhere; ours is web/reference_page.py
        redoc_url=None,
        description="Errors are RFC 9457 problem details (`application/problem+json`) that name the field and the remedy.",
    )
    app.state.database = database
    app.state.settings = settings
    app.state.imports = Runner(database)
    app.state.images = ImageCache(settings.home / "images")
    app.state.registry, latency = create_registry(database)
    app.add_middleware(RequestTimes, latency=latency)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    problem_handlers(app)
    # `search` and `similar` before what takes any other word there for a creator's id.
    creators = (catalogue_router, similar_router, notes_router, creators_router, exclusions_router)
    for router in (*creators, matching_router, campaigns_router, feedback_router, monitoring_router, *PAGES):
        app.include_router(router)
    mount_static(app)
    return app
