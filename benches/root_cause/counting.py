"""Counts the rows that `HANGTAG_BENCH_ROWS=FILE cargo bench --bench root_cause -- counting` wrote, with DuckDB (pip install duckdb numpy pyarrow)."""

import sys
import time

import duckdb
import numpy as np
import pyarrow as pa

dims = [f"d{at}" for at in range(8)]
row = np.dtype([(dim, "<u4") for dim in dims] + [("claims", "<u4"), ("exposure", "<f8")])
raw = np.fromfile(sys.argv[1], row)
threads = int(sys.argv[2]) if len(sys.argv) > 2 else 2
rows = pa.table({name: np.ascontiguousarray(raw[name].astype("u2") if name in dims else raw[name]) for name in row.names})
db = duckdb.connect()
db.execute(f"set threads={threads}")
db.execute("create table claims as select * from rows")
sums = "sum(claims) c, sum(exposure) e"


def timed(name, queries):
    start, before = time.perf_counter(), time.process_time()
    found = sum(db.execute(f"select count(*) from ({query})").fetchone()[0] for query in queries)
    print(f"| {name} ({found} combinations), DuckDB {duckdb.__version__}, {threads} thread(s) | {time.perf_counter() - start:.2f} | {time.process_time() - before:.2f} |")


timed("8 one-way counts", [f"select {dim}, {sums} from claims group by {dim}" for dim in dims])
timed("8 one-way counts as grouping sets", [f"select {','.join(dims)}, {sums} from claims group by grouping sets ({','.join(f'({dim})' for dim in dims)})"])
timed("28 two-way counts", [f"select {a}, {b}, {sums} from claims group by {a}, {b}" for at, a in enumerate(dims) for b in dims[at + 1 :]])
