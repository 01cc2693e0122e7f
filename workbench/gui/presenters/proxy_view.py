"""How well proxies rank configurations, as it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.provenance import Provenance
from workbench.export.proxy_report import TAU_METHOD, ProxyCheck, ProxyRank, Tau
from workbench.gui.presenters.compare_runner import Watch
from workbench.gui.presenters.formats import table_csv
from workbench.gui.presenters.problem import Problem
from workbench.jobs import Done, Failed, Job, JobContext, JobEvent, TerminalEvent, run_in_thread

Check = Callable[[], tuple[ProxyCheck, ...]]


@dataclass(frozen=True, slots=True)
class ProxyCard:
    """One network on one measured device.

    Attributes:
        verdict: which proxies rank best, in a sentence.
        story: how and when it was measured.
    """

    check: ProxyCheck
    title: str
    subtitle: str
    provenance: Provenance
    trust: str
    verdict: str
    story: str


def card_of(check: ProxyCheck) -> ProxyCard:
    """A check in words."""
    counts = [tau.configurations for rank in check.ranks for tau in (_tau(rank),) if tau]
    unseen = max((rank.unseen.configurations for rank in check.ranks if rank.unseen), default=0)
    when = check.measured_at.replace("T", " ").split("+")[0]
    return ProxyCard(
        check,
        check.profile_title,
        f"{check.network} · {max(counts, default=0)} measured, {unseen} held out · {when} UTC",
        check.provenance,
        "; ".join(check.trust_reasons),
        _verdict(check.ranks),
        f"{TAU_METHOD}. Plan: {check.plan}.",
    )


def rank_story(rank: ProxyRank) -> str:
    """One proxy in words."""
    lines = [f"{rank.title} ({rank.meaning})"]
    if rank.unseen is not None:
        lines.append(
            f"held-out configurations: τ = {rank.unseen.text} over {rank.unseen.configurations}"
        )
    if rank.every is not None:
        lines.append(f"all configurations: τ = {rank.every.text} over {rank.every.configurations}")
    elif rank.unseen is not None:
        lines.append("fitted to most of the others, so judged by the held-out ones alone")
    if rank.unseen is None and rank.every is None:
        lines.append("nothing can be said: too few configurations, or it is the same for all")
    return "\n".join(lines)


def checks_csv(checks: tuple[ProxyCheck, ...]) -> str:
    """Every rank correlation with its bounds."""
    heading = ("profile", "network", "provenance", "measured_at", "proxy", "over", "tau")
    rows = []
    for check in checks:
        for rank in check.ranks:
            for over, tau in (("held out", rank.unseen), ("all", rank.every)):
                if tau is not None:
                    bounds = ("" if b is None else f"{b:.6g}" for b in (tau.low, tau.high))
                    rows.append(
                        (check.profile, check.network, str(check.provenance), check.measured_at,
                         rank.id, over, f"{tau.value:.6g}", *bounds, tau.configurations)
                    )  # fmt: skip
    return table_csv((*heading, "tau_low", "tau_high", "configurations"), rows)


def _tau(rank: ProxyRank) -> Tau | None:
    return rank.every or rank.unseen


def _verdict(ranks: tuple[ProxyRank, ...]) -> str:
    """The proxy that ranks best on held-out configurations, and the paper's criterion."""
    known = [(rank.unseen.value, rank) for rank in ranks if rank.unseen is not None]
    if not known:
        return "Too few held-out configurations to say which proxy ranks best."
    best, winner = max(known, key=lambda pair: pair[0])
    text = f"Ranks best: {winner.title}, τ = {best:.2f}."
    criterion = next((value for value, rank in known if rank.id == "intensity"), None)
    if criterion is not None and winner.id != "intensity":
        text += f" The paper's criterion E: τ = {criterion:.2f}."
    return text.replace("-0", "−0")


class ProxyRunner:
    """Works the checks out as a job."""

    def __init__(
        self,
        watch: Watch,
        on_checks: Callable[[tuple[ProxyCheck, ...]], None],
        on_problem: Callable[[Problem], None],
        check: Check | None = None,
    ) -> None:
        self._watch = watch
        self._on_checks = on_checks
        self._on_problem = on_problem
        self._check = check or _every_check
        self._job: Job | None = None
        self._again = False

    @property
    def busy(self) -> bool:
        """Whether they are worked out."""
        return self._job is not None

    def ask(self) -> None:
        """Work them out, once more if something changed while they are."""
        if self._job is not None:
            self._again = True
            return
        self._job = run_in_thread(_run, {"check": self._check}, name="Check the proxies")
        self._watch(self._job, self._on_event)

    def _on_event(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        if isinstance(event, TerminalEvent):
            self._job = None
            if isinstance(event, Done):
                self._on_checks(event.result)
            elif isinstance(event, Failed):
                self._on_problem(Problem.of(event))
            if self._again:
                self._again = False
                self.ask()


def _every_check() -> tuple[ProxyCheck, ...]:
    from workbench.services.proxy_check import every_proxy_check

    return every_proxy_check()


def _run(context: JobContext, check: Check) -> tuple[ProxyCheck, ...]:
    context.progress(None, "reading measurements")
    return check()
