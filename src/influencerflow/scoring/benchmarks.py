"""The field's published figures: tiers, engagement, reach, CPM, thresholds. A TOML file an operator can replace."""

import math
import tomllib
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from influencerflow.errors import ConfigurationError

SHIPPED = Path(__file__).with_name("data") / "benchmarks.toml"
REMEDY = (
    f"Correct the file, or unset INFLUENCERFLOW_BENCHMARKS to use the shipped one; its form is that of {SHIPPED.name}."
)

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Sourced(_Entry):
    source: Text
    date: Text


class Threshold(_Sourced):
    value: Positive


class Interval(_Sourced):
    """Factors around an estimate."""

    low: Annotated[float, Field(gt=0, le=1)]
    high: Annotated[float, Field(ge=1, allow_inf_nan=False)]


class Tiers(_Sourced):
    """`starts`, in the file `from`: each tier's fewest followers, ascending, the first 0."""

    starts: Annotated[dict[Text, Annotated[int, Field(ge=0)]], Field(alias="from", min_length=1)]

    @model_validator(mode="after")
    def _ascending_from_zero(self) -> "Tiers":
        starts = list(self.starts.values())
        if starts[0] != 0 or any(low >= high for low, high in pairwise(starts)):
            raise ValueError("tiers ascend, and the first begins at 0 followers")
        return self


class Band(_Entry):
    followers: Annotated[int, Field(ge=0)]
    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _low_is_lower(self) -> "Band":
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) is above high ({self.high})")
        return self


class Published(_Sourced):
    """What one source says about one platform, by number of followers."""

    platform: Annotated[str, Field(pattern=r"^[a-z]+$")]
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ascending(self) -> "Published":
        if any(a.followers >= b.followers for a, b in pairwise(self.bands)):
            raise ValueError("bands ascend by followers")
        return self

    def band(self, followers: int) -> Band | None:
        return next((band for band in reversed(self.bands) if followers >= band.followers), None)


class Figure(_Entry):
    """Lowest, typical and highest of what the sources say; typical is the geometric mean of their middles."""

    low: float
    typical: float
    high: float
    sources: tuple[str, ...]


class Benchmarks(_Entry):
    """Everything in the file. Look-ups take a platform in any case and return None where nothing is published."""

    version: Text
    tiers: Tiers
    engagement_spread: Threshold
    cold_start: Interval
    implausible_engagement: Threshold
    implausible_reach: Threshold
    credibility_caution: Threshold
    credibility_merit: Threshold
    engagement_rates: Annotated[tuple[Published, ...], Field(alias="engagement_rate")]
    reaches: Annotated[tuple[Published, ...], Field(alias="reach")]
    cpms: Annotated[tuple[Published, ...], Field(alias="cpm")]

    @model_validator(mode="after")
    def _credibility_in_order(self) -> "Benchmarks":
        if not self.credibility_caution.value < self.credibility_merit.value < 1:
            raise ValueError("credibility_caution is below credibility_merit, and both are below 1")
        return self

    def tier(self, followers: int) -> str:
        """`nano`, `micro`, `mid`, `macro` or `mega`, unless the file names others."""
        return [name for name, start in self.tiers.starts.items() if followers >= start or start == 0][-1]

    def engagement_rate(self, platform: str | None, followers: int | None) -> Figure | None:
        """Percent."""
        return _figure(self.engagement_rates, platform, followers)

    def reach(self, platform: str | None, followers: int | None) -> Figure | None:
        """People a post reaches, as a share of the followers."""
        return _figure(self.reaches, platform, followers)

    def cpm(self, platform: str | None, followers: int | None) -> Figure | None:
        """USD for 1,000 impressions."""
        return _figure(self.cpms, platform, followers)


def _figure(published: tuple[Published, ...], platform: str | None, followers: int | None) -> Figure | None:
    if platform is None or followers is None:
        return None
    name = platform.strip().lower()
    found = [(entry.source, band) for entry in published if entry.platform == name and (band := entry.band(followers))]
    if not found:
        return None
    bands = [band for _, band in found]
    middle = math.fsum(0.5 * math.log(band.low * band.high) for band in bands) / len(bands)
    return Figure(
        low=min(band.low for band in bands),
        typical=math.exp(middle),
        high=max(band.high for band in bands),
        sources=tuple(source for source, _ in found),
    )


@lru_cache
def load_benchmarks(path: Path | None = None) -> Benchmarks:
    """The operator's file, or the shipped one. Raises ConfigurationError naming the entry that is wrong."""
    file = path or SHIPPED
    try:
        return Benchmarks.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigurationError(f"INFLUENCERFLOW_BENCHMARKS: {file}: {error.strerror}.", remedy=REMEDY) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"INFLUENCERFLOW_BENCHMARKS: {file} is not TOML: {error}.", remedy=REMEDY) from None
    except ValidationError as error:
        first = error.errors()[0]
        entry = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigurationError(
            f"INFLUENCERFLOW_BENCHMARKS: {file}: {entry}: {first['msg']}.", remedy=REMEDY
        ) from None
