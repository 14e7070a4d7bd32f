"""The state of the vector index and of the tables searches read, and what would make them faster."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from influencerflow.embeddings.index_build import BuildMemory, build_memory, unfinished_indexes
from influencerflow.embeddings.index_due import WORTH_AN_INDEX
from influencerflow.embeddings.partitions import is_indexed, partition_name
from influencerflow.embeddings.registry import EmbeddingModel

LEAST_RECALL = 0.99
MOST_UNUSED, MOST_DEAD = 0.3, 0.2
# pgvector's layout of a page (8 kB): headers of an element beside its vector, and of its links (m = 16), each aligned.
_PAGE, _USABLE, _ELEMENT, _LINKS, _POINTERS = 8192, 8160, 80, 200, 8


@dataclass(frozen=True, slots=True)
class TableFigures:
    """`dead` rows are not vacuumed yet; `vacuumed`: hours since, None for never."""

    name: str
    rows: int
    dead: int
    bytes: int
    vacuumed: float | None

    @property
    def dead_share(self) -> float:
        return self.dead / max(1, self.rows + self.dead)


@dataclass(frozen=True, slots=True)
class IndexFigures:
    """`unused`: the share (0-1) of the index beyond what its vectors take, left by what was deleted or replaced.

    `recall` at 20 as searches use the index, `recall_wider` looking at four times as many; None where not measured.
    `uncopied`: vectors that are not beside the facets yet.
    """

    model_id: int
    model: str
    valid: bool
    unfinished: list[str]
    vectors: int
    bytes: int
    unused: float
    recall: float | None
    recall_wider: float | None
    copied: bool
    uncopied: int
    tables: list[TableFigures]
    shared_buffers: int
    effective_cache_size: int
    build: BuildMemory

    @property
    def read_by_searches(self) -> int:
        """Bytes of the index and of what filters look at."""
        return self.bytes + sum(table.bytes for table in self.tables if table.name == "creator_facets")


@dataclass(frozen=True, slots=True)
class Advice:
    what: str
    why: str
    how: str


def index_figures(
    connection: Connection, model: EmbeddingModel, *, recall: float | None = None, recall_wider: float | None = None
) -> IndexFigures:
    name = partition_name(model)
    size = int(connection.scalar(text("SELECT pg_relation_size(to_regclass(:name))"), {"name": f"{name}_hnsw"}) or 0)
    vectors = int(connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0)
    settings = connection.execute(
        text("""
            SELECT pg_size_bytes(current_setting('shared_buffers')) AS buffers,
                   pg_size_bytes(current_setting('effective_cache_size')) AS cache
        """)
    ).one()
    uncopied = connection.scalar(
        text(f"""
            SELECT count(*) FROM {name} e JOIN creator_facets f ON f.creator_id = e.creator_id WHERE f.vector IS NULL
        """)
    )
    return IndexFigures(
        model.id,
        str(model),
        is_indexed(connection, model),
        unfinished_indexes(connection, model),
        vectors,
        size,
        max(0.0, 1 - vectors * bytes_per_vector(model.dimensions) / size) if size > 100 * _PAGE else 0.0,
        recall,
        recall_wider,
        model.copied,
        int(uncopied or 0) if model.state == "active" else vectors,
        _tables(connection, ["creators", "creator_facets", name]),
        settings.buffers,
        settings.cache,
        build_memory(connection, model),
    )


def bytes_per_vector(dimensions: int) -> float:
    """What a vector takes in an index that was just built."""
    element = _aligned(_ELEMENT + 2 * dimensions) + _LINKS + _POINTERS
    return _PAGE / max(1, _USABLE // element)


def _aligned(size: int) -> int:
    return (size + 7) // 8 * 8


def _tables(connection: Connection, names: list[str]) -> list[TableFigures]:
    rows = connection.execute(
        text("""
            SELECT s.relname, s.n_live_tup, s.n_dead_tup, pg_table_size(s.relid) AS bytes,
                   extract(epoch FROM now() - greatest(s.last_vacuum, s.last_autovacuum)) / 3600.0 AS hours
            FROM pg_stat_user_tables s WHERE s.relid IN (SELECT to_regclass(n) FROM unnest(CAST(:names AS text[])) n)
            ORDER BY array_position(:names, CAST(s.relname AS text))
        """),
        {"names": names},
    )
    return [
        TableFigures(
            row.relname, row.n_live_tup, row.n_dead_tup, row.bytes, None if row.hours is None else float(row.hours)
        )
        for row in rows
    ]


def advise(figures: IndexFigures, *, embedded: bool) -> list[Advice]:
    """What to change, the most urgent first; empty when all is well."""
    return [*_about_index(figures), *_about_tables(figures), *_about_memory(figures, embedded=embedded)]


def _about_index(figures: IndexFigures) -> list[Advice]:
    advice = []
    build, rebuild = "influencerflow index build", "influencerflow index build --rebuild"
    if figures.unfinished:
        why = f"{', '.join(figures.unfinished)} was left half-made: never searched, but written to with every vector"
        advice.append(Advice("Clear away what is half-made", why, build))
    if not figures.valid and figures.vectors >= WORTH_AN_INDEX:
        why = f"without it, searches compare all {figures.vectors:,} vectors: right, but slow"
        advice.append(Advice("Build the index", why, build))
    if figures.valid and figures.unused > MOST_UNUSED:
        why = f"{figures.unused:.0%} of the index is room left by vectors that were deleted or replaced"
        advice.append(Advice("Rebuild the index", why, rebuild))
    elif figures.valid and figures.recall is not None and figures.recall < LEAST_RECALL:
        advice.append(_about_recall(figures, rebuild))
    if not figures.copied or figures.uncopied:
        why = f"{figures.uncopied:,} vectors are not beside the facets yet: filtered searches are slower, and find the same"
        advice.append(Advice("Let a worker finish the copy of the vectors", why, "influencerflow worker"))
    return advice


def _about_recall(figures: IndexFigures, rebuild: str) -> Advice:
    wider = figures.recall_wider
    why = f"it finds {figures.recall:.1%} of the 20 nearest" + (
        f", {wider:.1%} when it looks four times as far" if wider is not None else ""
    )
    index = f"creator_embeddings_{figures.model_id}_hnsw"
    finer = f"ALTER INDEX {index} SET (ef_construction = 128); then {rebuild}"
    return Advice("Rebuild the index more finely", why, finer)


def _about_tables(figures: IndexFigures) -> list[Advice]:
    advice = []
    for table in figures.tables:
        if table.dead_share > MOST_DEAD and table.dead > 1000:
            why = f"{table.dead:,} dead rows beside {table.rows:,}: deleted or replaced, and still read past"
            vacuum = f"VACUUM (ANALYZE) {table.name}"
            if table.name.startswith("creator_embeddings") and figures.valid:
                why += "; a new index is made faster than so many vectors are taken out of one"
                rebuild = "influencerflow index build --rebuild"
                advice.append(Advice(f"Rebuild the index, then vacuum {table.name}", why, f"{rebuild}; then {vacuum}"))
            else:
                advice.append(Advice(f"Vacuum {table.name}", why, vacuum))
    return advice


def _about_memory(figures: IndexFigures, *, embedded: bool) -> list[Advice]:
    where = "influencerflow.conf in the server's data folder" if embedded else "postgresql.conf"
    advice = []
    if figures.read_by_searches > figures.shared_buffers:
        why = (
            f"index and facets take {_megabytes(figures.read_by_searches)}, shared_buffers are "
            f"{_megabytes(figures.shared_buffers)}: what is not there is read from the disk or its cache"
        )
        wanted = _megabytes(int(1.25 * figures.read_by_searches))
        advice.append(
            Advice("Give the server more memory", why, f"shared_buffers = {wanted} in {where}, then restart it")
        )
    if figures.build.short:
        why = f"the graph takes {_megabytes(figures.build.needed)} while it is built, and would get "
        why += _megabytes(figures.build.given)
        how = f"maintenance_work_mem = {_megabytes(figures.build.needed)} in {where}, if the machine has it"
        advice.append(Advice("Give index builds more memory", why, how))
    return advice


def _megabytes(size: int) -> str:
    return f"{(size + (1 << 20) - 1) >> 20}MB"
