"""HiGHS, run on a `Program`: in units, interruptible, refined to relative accuracy.

HiGHS's tolerances are absolute (1e-7, at least 1e-10): unscaled, a program in costs of 1e-8 or a mass of 1e-11 gets a wrong
answer that is called optimal. Three things are done about it, none of them with the solver's own scaling options:

1. Units. Costs, right-hand sides and rows are divided by powers of two that bring their largest entries near 1, and
   the answer is multiplied back. Powers of two make both steps exact.
2. Refinement, where an answer is right only relative to the largest entries: see `otmodels.languages.refinement`.
3. The solver runs in a worker thread, so that Ctrl-C reaches it through its interrupt callback.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
from scipy.sparse import csc_array, hstack

from otmodels.arrays import FloatArray
from otmodels.deadline import end
from otmodels.lp import Program, numbered
from otmodels.status import OPTIMAL, PointStatus, Status, Termination
from otmodels.tolerances import SOLVER

_TERMINATION = {
    highspy.HighsModelStatus.kOptimal: Termination.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Termination.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Termination.UNBOUNDED,
    highspy.HighsModelStatus.kUnboundedOrInfeasible: Termination.INFEASIBLE_OR_UNBOUNDED,
    highspy.HighsModelStatus.kTimeLimit: Termination.TIME_LIMIT,
    highspy.HighsModelStatus.kIterationLimit: Termination.ITERATION_LIMIT,
    highspy.HighsModelStatus.kInterrupt: Termination.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one run of HiGHS found, in the program's own units; x and y are None where it has none to show.

    What HiGHS calls optimal may be off by more than its tolerance in the program's own units, which it says: `within` is False.
    """

    status: Status
    x: FloatArray | None
    y: FloatArray | None
    within: bool = True


@dataclass(frozen=True, slots=True)
class Units:
    """x = bound * x', y = cost / rows * y' takes the scaled program's answer to the program's own units."""

    cost: float
    bound: float
    rows: FloatArray

    @classmethod
    def of(cls, program: Program) -> Units:
        """The units in which the largest cost, right-hand side and entry of each row are in [1, 2)."""
        largest = np.zeros(program.shape[0])
        np.maximum.at(largest, program.A.indices, np.abs(program.A.data))
        rows = power_of_two(largest)
        bounds = np.concatenate([program.row_lower / rows, program.row_upper / rows, program.lower, program.upper])
        bound = np.abs(bounds[np.isfinite(bounds)]).max(initial=0.0)
        cost = np.abs(program.c).max(initial=0.0)
        return cls(float(power_of_two(cost)), float(power_of_two(bound)), rows)


@dataclass(frozen=True, slots=True)
class Method:
    """An algorithm of HiGHS; with crossover, interior point methods end at a vertex with a basis, as the simplex methods do.

    Attributes
    ----------
    name : str
        As it is reported.
    solver : str
        HiGHS's name of it.
    strategy : int
        HiGHS's number of a simplex strategy.
    crossover : bool
        Whether an interior point method goes on to a vertex.
    perturbed : bool
        Whether the primal simplex method changes bounds a little at random against degeneracy.
    """

    name: str
    solver: str
    strategy: int = 1
    crossover: bool = True
    perturbed: bool = True


DUAL_SIMPLEX = Method("dual simplex", "simplex", 1)
PRIMAL_SIMPLEX = Method("primal simplex", "simplex", 4)
STEADY = Method("primal simplex", "simplex", 4, perturbed=False)
INTERIOR_POINT = Method("interior point (hipo) and crossover", "hipo")
METHODS = (
    DUAL_SIMPLEX,
    PRIMAL_SIMPLEX,
    INTERIOR_POINT,
    Method("interior point (hipo) alone", "hipo", crossover=False),
    Method("interior point (ipx) and crossover", "ipx"),
    Method("interior point (ipx) alone", "ipx", crossover=False),
)
"""What `otmodels benchmark methods` compares."""


class Session:
    """A linear program inside HiGHS, in units, that can be solved, changed and solved again."""

    def __init__(self, program: Program, deadline: float, verbose: bool) -> None:
        self.program = program
        self.units = Units.of(program)
        self.deadline = min(deadline, end())
        self.verbose = verbose
        self.iterations = 0
        self.seconds = 0.0
        self.highs = highspy.Highs()
        self.highs.silent()
        self._load()

    def _load(self) -> None:
        program, units, matrix = self.program, self.units, self.program.A
        rows, columns = program.shape
        scale = units.rows * units.bound
        empty, no_value = np.array([], dtype=np.int32), np.array([], dtype=np.float64)
        self.highs.addRows(
            rows, _bounds(program.row_lower / scale), _bounds(program.row_upper / scale), 0, empty, empty, no_value
        )
        self.highs.addCols(
            columns,
            program.c / units.cost,
            _bounds(program.lower / units.bound),
            _bounds(program.upper / units.bound),
            matrix.nnz,
            matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data / units.rows[matrix.indices],
        )
        if program.sense == "max":
            self.highs.changeObjectiveSense(highspy.ObjSense.kMaximize)

    def change(self, c: FloatArray, row_lower: FloatArray, row_upper: FloatArray, lower: FloatArray, upper: FloatArray) -> None:
        """Replace costs and bounds, given in the program's units; the basis stays."""
        rows, columns = (np.arange(size, dtype=np.int32) for size in self.program.shape)
        scale = self.units.rows * self.units.bound
        self.highs.changeColsCost(columns.size, columns, c / self.units.cost)
        self.highs.changeRowsBounds(rows.size, rows, _bounds(row_lower / scale), _bounds(row_upper / scale))
        self.highs.changeColsBounds(columns.size, columns, _bounds(lower / self.units.bound), _bounds(upper / self.units.bound))

    def change_costs(self, c: FloatArray) -> None:
        """Replace the costs (k,), given in the program's units; the basis stays."""
        self.program = replace(self.program, c=c)
        self.highs.changeColsCost(c.size, np.arange(c.size, dtype=np.int32), c / self.units.cost)

    def add_columns(self, c: FloatArray, matrix: csc_array) -> None:
        """Append variables >= 0 with their costs (k,) and columns (r, k), in the program's units; the basis stays."""
        program, units, count = self.program, self.units, c.size
        self.program = replace(
            program,
            c=np.concatenate([program.c, c]),
            A=csc_array(hstack([program.A, matrix])),
            lower=np.concatenate([program.lower, np.zeros(count)]),
            upper=np.concatenate([program.upper, np.full(count, np.inf)]),
            column_names=numbered("column_", program.shape[1] + count),
        )
        self.highs.addCols(
            count,
            c / units.cost,
            np.zeros(count),
            np.full(count, highspy.kHighsInf),
            matrix.nnz,
            matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data / units.rows[matrix.indices],
        )

    def run(self, method: Method = DUAL_SIMPLEX, *, seconds: float = np.inf, iterations: int | None = None) -> Answer:
        """Run a method, the simplex methods from where the last run ended; no presolve: what measured best here.

        Parameters
        ----------
        method : Method
            Which.
        seconds : float
            Most of this run, besides the session's deadline.
        iterations : int, optional
            Most of this run, of the simplex methods.
        """
        started = time.perf_counter()
        remaining = min(seconds, self.deadline - started)
        if remaining <= 0:
            return Answer(Status(Termination.TIME_LIMIT, PointStatus.NONE, PointStatus.NONE), None, None)
        options: dict[str, Any] = {"solver": method.solver, "simplex_strategy": method.strategy, "presolve": "off"}
        options["run_crossover"] = "on" if method.crossover else "off"
        options |= {"primal_feasibility_tolerance": SOLVER, "dual_feasibility_tolerance": SOLVER, "output_flag": self.verbose}
        options["time_limit"] = self.highs.getRunTime() + remaining if np.isfinite(remaining) else highspy.kHighsInf
        for name, value in options.items():
            self.highs.setOptionValue(name, value)
        limits: dict[str, Any] = {} if iterations is None else {"simplex_iteration_limit": iterations}
        if not method.perturbed:
            limits["primal_simplex_bound_perturbation_multiplier"] = 0.0
        with self._set(limits):
            _run_in_thread(self.highs)
        self.seconds += time.perf_counter() - started
        return self._answer()

    @contextmanager
    def _set(self, options: dict[str, Any]) -> Iterator[None]:
        """Within, options have other values."""
        before = {name: self.highs.getOptionValue(name)[1] for name in options}
        for name, value in options.items():
            self.highs.setOptionValue(name, value)
        yield
        for name, value in before.items():
            self.highs.setOptionValue(name, value)

    def afresh(self, method: Method) -> Answer:
        """Run a method from the beginning, whatever the last run left."""
        self.highs.clearSolver()
        return self.run(method)

    def _answer(self) -> Answer:
        if self.highs.getModelStatus() == highspy.HighsModelStatus.kModelEmpty:
            rows, columns = self.program.shape
            if (self.program.row_lower > 0).any() or (self.program.row_upper < 0).any():
                return Answer(Status(Termination.INFEASIBLE, PointStatus.NONE, PointStatus.NONE), None, None)
            return Answer(OPTIMAL, np.zeros(columns), np.zeros(rows))
        termination = _TERMINATION.get(self.highs.getModelStatus(), Termination.FAILED)
        info, solution = self.highs.getInfo(), self.highs.getSolution()
        counts = info.simplex_iteration_count, info.ipm_iteration_count, info.crossover_iteration_count
        self.iterations += sum(max(0, count) for count in counts)
        x = y = None
        within = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        if solution.value_valid and (within or termination is Termination.OPTIMAL):
            x = np.array(solution.col_value) * self.units.bound
        if solution.dual_valid and (termination is Termination.OPTIMAL or termination.stopped):
            y = np.array(solution.row_dual) * (self.units.cost / self.units.rows)
        if termination is Termination.OPTIMAL:
            nothing = Status(Termination.FAILED, PointStatus.NONE, PointStatus.NONE)
            return Answer(nothing if x is None or y is None else OPTIMAL, x, y, within)
        primal = PointStatus.NONE if x is None else PointStatus.FEASIBLE
        return Answer(Status(termination, primal, PointStatus.NONE if y is None else PointStatus.FEASIBLE), x, y)

    def rays(self) -> tuple[FloatArray | None, FloatArray | None]:
        """What the last run left as proof: row multipliers (r,) of an infeasible program, a direction (k,) of an unbounded one.

        Only the simplex methods leave any. HiGHS is asked for one that it has, since it would solve again for another.
        """
        dual_ray = primal_ray = None
        status = self.highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible and self.highs.getDualRayExist()[1]:
            dual_ray = np.array(self.highs.getDualRay()[2]) / self.units.rows
        if status == highspy.HighsModelStatus.kUnbounded and self.highs.getPrimalRayExist()[1]:
            primal_ray = np.array(self.highs.getPrimalRay()[2])
        return dual_ray, primal_ray


def power_of_two(size: FloatArray | np.float64) -> FloatArray:
    """The largest power of two that is not above the size; 1 for a size of 0."""
    return np.asarray(np.ldexp(1.0, np.frexp(np.where(size > 0, size, 1.0))[1] - 1))


def _bounds(values: FloatArray) -> FloatArray:
    return np.clip(values, -highspy.kHighsInf, highspy.kHighsInf)


def _run_and_say(highs: Any, done: threading.Event) -> None:
    try:
        highs.run()
    finally:
        done.set()


def _run_in_thread(highs: Any) -> None:
    """Run HiGHS while this thread waits for Ctrl-C, which asks it to stop; its best so far stays readable."""
    stop, done = threading.Event(), threading.Event()

    def interrupt(event: Any) -> None:
        if stop.is_set():
            event.interrupt()

    callbacks = highs.cbSimplexInterrupt, highs.cbIpmInterrupt
    for callback in callbacks:
        callback.subscribe(interrupt)
    worker = threading.Thread(target=_run_and_say, args=(highs, done), daemon=True)
    with _interrupts_set(stop):
        worker.start()
        while not done.is_set():
            try:
                done.wait(0.2)
            except KeyboardInterrupt:
                stop.set()
        worker.join()
    for callback in callbacks:
        callback.unsubscribe(interrupt)


@contextmanager
def _interrupts_set(stop: threading.Event) -> Iterator[None]:
    """Within, Ctrl-C sets an event in place of raising wherever Python happens to be, such as half-way into a thread's start.

    Where it does something else than raise, or this is not the main thread, it is left as it is.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
