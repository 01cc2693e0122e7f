"""What policies are called and do, for those who offer them; it imports nothing."""

POLICY_TEXTS = {
    "runtime3c": "the fast searcher, at every trigger",
    "exact": "the true optimum, at every trigger",
    "static": "the optimum of the first context, never changed",
    "greedy": "from the backbone, the best change of one layer at a time",
    "random": "a random feasible configuration, at every trigger",
    "ofa": "evolutionary search as once-for-all does it, at every trigger; takes long",
    "nsga2": "NSGA-II over loss and cost, at every trigger; takes long",
    "backbone": "the whole network, never changed",
}

FIXED = "fixed:"
"""Begins the name of a policy that takes one operator wherever it can."""

SLOW_POLICIES = frozenset({"ofa", "nsga2"})
"""Those that take tenths of a second and more for each decision of a day."""


def policy_text(name: str) -> str:
    """What a policy does, in a line."""
    if name.startswith(FIXED):
        return f"{name.removeprefix(FIXED)} on every layer that has it, never changed"
    return POLICY_TEXTS[name]
