"""InfluencerFlow: from a campaign brief to the creators worth hiring."""

from importlib.metadata import version

__version__ = version("influencerflow")
