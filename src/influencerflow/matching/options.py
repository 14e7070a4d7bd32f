"""How a match is to be made, beside the brief and the filters."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from influencerflow.campaigns.understanding import TopicWanted, Understanding
from influencerflow.lexicon.accounts import PERSON, accounts
from influencerflow.lexicon.topics import topics
from influencerflow.scoring.budget import PLANNED_CREATORS

MAX_EXAMPLES = 20
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Language = Annotated[str, Field(pattern="^[a-z]{2,3}$")]
Age = Annotated[int, Field(ge=0, le=120)]


class Correction(BaseModel):
    """What the reader of the brief got wrong: a field that is given replaces what was read, an empty list asks for nothing."""

    model_config = ConfigDict(extra="forbid")

    topics: list[str] | None = Field(
        None, description="Keys of topics; one that was not read is wanted fully.", examples=[["cooking"]]
    )
    countries: list[Country] | None = None
    languages: list[Language] | None = None
    genders: list[Annotated[str, Field(pattern="^(female|male)$")]] | None = None
    age_ranges: list[tuple[Age, Age]] | None = None
    platforms: list[str] | None = None
    excluded_topics: list[str] | None = None
    excluded_accounts: list[str] | None = None

    @field_validator("topics", "excluded_topics")
    @classmethod
    def _topics_are_known(cls, keys: list[str] | None) -> list[str] | None:
        for key in keys or ():
            if key not in topics().by_key:
                raise ValueError(f"there is no topic {key!r}; GET /api/topics lists them")
        return keys

    @field_validator("excluded_accounts")
    @classmethod
    def _accounts_are_known(cls, kinds: list[str] | None) -> list[str] | None:
        known = sorted(accounts().kinds - {PERSON})
        for kind in kinds or ():
            if kind not in known:
                raise ValueError(f"there is no kind of account {kind!r}; there are {', '.join(known)}")
        return kinds

    @field_validator("age_ranges")
    @classmethod
    def _ages_ascend(cls, ranges: list[tuple[int, int]] | None) -> list[tuple[int, int]] | None:
        for low, high in ranges or ():
            if low > high:
                raise ValueError(f"the range {low}-{high} is empty: give the lower age first")
        return ranges

    def apply(self, understood: Understanding) -> Understanding:
        """What is ruled out is not wanted, too, unless the correction names it as both."""
        given = self.model_dump(exclude_none=True)
        if self.topics is not None:
            read = {topic.key: topic for topic in understood.topics}
            given["topics"] = [
                read.get(key) or TopicWanted(key=key, label=topics().by_key[key].label, weight=1.0)
                for key in self.topics
            ]
        elif self.excluded_topics:
            given["topics"] = [item for item in understood.topics if item.key not in self.excluded_topics]
        return understood.model_copy(update=given)


class MatchOptions(BaseModel):
    """Part of every request for matches."""

    understanding: Correction | None = Field(None, description="Corrects what was read from the brief.")
    planned_creators: int = Field(
        PLANNED_CREATORS, ge=1, le=10_000, description="How many creators share the budget; null means 10."
    )
    mmr_lambda: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Diversity of the best matches: 1 is pure relevance, lower mixes more. Off by default.",
    )
    like: Annotated[list[UUID], Field(max_length=MAX_EXAMPLES)] = Field(
        [],
        description="Creators whose kind is wanted: the order moves towards them. Those not embedded yet do nothing.",
    )
    unlike: Annotated[list[UUID], Field(max_length=MAX_EXAMPLES)] = Field(
        [], description="Creators whose kind is not wanted: the order moves away from them."
    )

    @field_validator("like", "unlike")
    @classmethod
    def _in_one_order(cls, ids: list[UUID]) -> list[UUID]:
        return sorted(set(ids))

    @model_validator(mode="after")
    def _liked_or_not(self) -> "MatchOptions":
        if both := set(self.like) & set(self.unlike):
            raise ValueError(f"creator {min(both)} is in like and in unlike: take it out of one of the two")
        return self

    @field_validator("planned_creators", mode="before")
    @classmethod
    def _null_is_default(cls, value: Any) -> Any:
        return PLANNED_CREATORS if value is None else value

    def asked(self) -> dict[str, Any]:
        """What differs from the default, for keeping beside a stored run."""
        return self.model_dump(mode="json", include=set(MatchOptions.model_fields), exclude_defaults=True)
