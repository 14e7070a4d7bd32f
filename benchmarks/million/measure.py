"""The side-by-side run: every query goes to every engine before the next one, so that a noisy machine hits all alike."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from benchmarks.million.buckets import Bucket, Task
from benchmarks.million.engines.base import Engine, Found, Setting
from benchmarks.million.truth import DEPTH, Answer, Truth, judge

from influencerflow.embeddings.encoder import Vectors

# An engine that takes longer than this for a query is asked fewer of them.
SLOW_SECONDS = 0.25
SLOW_QUERIES = 5
# What a setting has to reach to be preferred to a dearer one, and the queries a bucket that decide on it.
ENOUGH_RECALL = 0.99
TUNING_QUERIES = 3


@dataclass(slots=True)
class Result:
    """One engine in one bucket. Times in seconds."""

    seconds: list[float] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    plans: Counter[str] = field(default_factory=Counter)
    setting: str = ""

    @property
    def recall(self) -> float:
        return float(np.mean([answer.recall for answer in self.answers]))

    def percentile(self, percent: float) -> float:
        return float(np.percentile(self.seconds, percent))

    def total(self, what: str) -> int:
        return sum(getattr(answer, what) for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Contestant:
    """An engine with the setting it has in each bucket, by the bucket's name; none where there is nothing to tune."""

    name: str
    engine: Engine
    settings: Mapping[str, Setting] = field(default_factory=dict)


class Judge:
    """Keeps the distances to a query: the same ones are asked in every bucket."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._distances: dict[bytes, Vectors] = {}

    def distances(self, task: Task) -> Vectors:
        key = task.query.vector.tobytes()
        if key not in self._distances:
            self._distances[key] = self._truth.distances(task.query.vector)
        return self._distances[key]

    def __call__(self, task: Task, found: Found) -> Answer:
        return judge(found.rows, self._truth.passing(task.filters), self.distances(task))


def tune(engine: Engine, buckets: Iterable[Bucket], judge_answer: Judge) -> dict[str, dict[str, tuple[float, float]]]:
    """Recall and seconds a query by bucket and setting, over the tuning queries of each bucket."""
    measured: dict[str, dict[str, tuple[float, float]]] = {}
    for bucket in buckets:
        measured[bucket.name] = {}
        for setting in engine.settings:
            engine.use(setting)
            started = time.perf_counter()
            found = [_ask(engine, task)[0] for task in bucket.tasks[:TUNING_QUERIES]]
            seconds = (time.perf_counter() - started) / TUNING_QUERIES
            answers = [judge_answer(task, rows) for task, rows in zip(bucket.tasks, found, strict=False)]
            measured[bucket.name][setting.name] = (float(np.mean([a.recall for a in answers])), seconds)
    return measured


def contestants(engine: Engine, measured: Mapping[str, Mapping[str, tuple[float, float]]]) -> list[Contestant]:
    """With one setting for all, the one of the best recall; and with the fastest a bucket that has recall enough, if any."""
    by_name = {setting.name: setting for setting in engine.settings}

    def mean_recall(name: str) -> float:
        return float(np.mean([of_bucket[name][0] for of_bucket in measured.values()]))

    best = max(by_name, key=lambda name: (round(mean_recall(name), 4), -list(by_name).index(name)))

    def per_bucket(of_bucket: Mapping[str, tuple[float, float]]) -> Setting:
        enough = [name for name, (recall, _) in of_bucket.items() if recall >= ENOUGH_RECALL]
        most = max(round(recall, 3) for recall, _ in of_bucket.values())
        equal = enough or [name for name, (recall, _) in of_bucket.items() if round(recall, 3) == most]
        return by_name[min(equal, key=lambda name: of_bucket[name][1])]

    return [
        Contestant(f"{engine.name}, best recall", engine, dict.fromkeys(measured, by_name[best])),
        Contestant(f"{engine.name}, tuned per bucket", engine, {name: per_bucket(of) for name, of in measured.items()}),
    ]


def measure(
    bucket: Bucket, taking_part: Sequence[Contestant], judge_answer: Judge, *, seed: int = 0
) -> dict[str, Result]:
    """By contestant. The tuning queries are not among those that count."""
    results = {contestant.name: Result() for contestant in taking_part}
    chance = random.Random(seed)
    tasks = bucket.tasks[TUNING_QUERIES:]
    # Beforehand: BLAS, which they take, keeps a core busy for a while afterwards, at the cost of whoever is asked next.
    for task in tasks:
        judge_answer.distances(task)
    for contestant in taking_part:
        _use(contestant, bucket)
        _warm(contestant.engine, tasks)
    for task in tasks:
        for contestant in chance.sample(list(taking_part), len(taking_part)):
            result = results[contestant.name]
            if len(result.seconds) >= SLOW_QUERIES and np.median(result.seconds) > SLOW_SECONDS:
                continue
            result.setting = _use(contestant, bucket)
            found, seconds = _ask(contestant.engine, task)
            result.seconds.append(seconds)
            result.answers.append(judge_answer(task, found))
            result.plans[found.plan] += 1
    return results


def _warm(engine: Engine, tasks: Sequence[Task]) -> None:
    """Every query once before it counts: engines that were tuned have their pages in memory, the others get them there."""
    for asked, task in enumerate(tasks, start=1):
        if _ask(engine, task)[1] > SLOW_SECONDS and asked >= SLOW_QUERIES:
            return


def _use(contestant: Contestant, bucket: Bucket) -> str:
    setting = contestant.settings.get(bucket.name)
    if setting is None:
        return ""
    contestant.engine.use(setting)
    return setting.name


def _ask(engine: Engine, task: Task) -> tuple[Found, float]:
    started = time.perf_counter()
    found = engine.search(task.query.vector, task.filters, DEPTH)
    return found, time.perf_counter() - started


def measure_all(
    buckets: Sequence[Bucket],
    taking_part: Sequence[Contestant],
    judge_answer: Judge,
    say: Callable[[str], None],
) -> dict[str, dict[str, Result]]:
    """By bucket, then by contestant."""
    results = {}
    for bucket in buckets:
        results[bucket.name] = measure(bucket, taking_part, judge_answer)
        medians = ", ".join(f"{1000 * result.percentile(50):.1f}" for result in results[bucket.name].values())
        say(f"{bucket.name}: p50 {medians} ms")
    return results
