"""Statements that read with several processes of PostgreSQL."""

from contextlib import contextmanager

# What the planner takes for so dear that it shares out large tables only. It counts a fingerprint
# as little as a comparison, and of a table that was filled just now it knows no sizes.
COSTS = (
    "parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size",
    "min_parallel_index_scan_size",
)  # fmt: skip


@contextmanager
def parallel(cr):
    """Have statements shared out meanwhile, where the server allows it: those that write are not.

    Only for what runs once all others are through: during a load each core has a worker.
    """
    cr.execute(";".join(f"SET LOCAL {name} = 0" for name in COSTS))
    yield
    # After an error the transaction is undone, and these with it.
    cr.execute(";".join(f"SET LOCAL {name} TO DEFAULT" for name in COSTS))
