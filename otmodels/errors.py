"""Exceptions. Every message names the argument, the offending label or value, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otmodels.feasibility import Infeasibility
    from otmodels.lipschitz_solution import ExtendedFlow, LipschitzSolution
    from otmodels.lp import Conflict, PrimalRay
    from otmodels.solution import ExtendedSolution, Solution
    from otmodels.status import Status


class OtmodelsError(Exception):
    """Base class of every error that otmodels raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        """Errors come out of other processes as they are: `__init__` takes its arguments apart and cannot be called again."""
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[OtmodelsError], arguments: tuple[object, ...]) -> OtmodelsError:
    error = kind.__new__(kind)
    error.args = arguments
    return error


class InputError(OtmodelsError, ValueError):
    """The data as given cannot be used.

    Parameters
    ----------
    argument : str
        The argument, file or column that is at fault.
    fault : str
        What is wrong with it, with the offending label or value.
    remedy : str
        What to do.
    """

    def __init__(self, argument: str, fault: str, remedy: str) -> None:
        super().__init__(f"{argument}: {fault}. {remedy}.")
        self.argument = argument
        self.fault = fault
        self.remedy = remedy


class NotANumberError(InputError):
    """A mass, a coordinate or a cost is NaN."""


class InfiniteValueError(InputError):
    """A mass or a coordinate is infinite, or a cost is minus infinity."""


class NegativeMassError(InputError):
    """An atom has negative mass."""


class ZeroMassError(InputError):
    """A measure has no mass at all."""


class DuplicateLabelError(InputError):
    """Two atoms of one measure share a label."""


class LabelMismatchError(InputError):
    """The labels of a table do not match the labels of the measures."""


class ShapeError(InputError):
    """An array has the wrong shape."""


class UnbalancedError(InputError):
    """Source and target differ in total mass by more than rounding."""


class UnknownNameError(InputError):
    """A metric, form, language or other option is not one that exists."""


class ParameterError(InputError):
    """A number or an option is outside its range."""


class FileFormatError(InputError):
    """A file is missing, empty or malformed; the message has the line."""


class ModelError(InputError):
    """A native model is not the one that was built, or lacks what was declared in it."""


class NotLinearError(InputError):
    """A model that was extended by its user is no longer a linear program."""


class NotAMetricError(InputError):
    """The cost is no metric where one is needed."""


class SolveError(OtmodelsError, RuntimeError):
    """A solve ended without an optimal solution.

    Parameters
    ----------
    message : str
        What happened, and what to try.
    status : Status
        Termination, primal and dual status.
    interval : tuple of float
        Certified (lower, upper) bounds on the optimal value; infinite where nothing is known.
    solution : Solution, LipschitzSolution, ExtendedSolution, ExtendedFlow or None
        The best solution at hand, which is not certified; None where there is none.
    """

    def __init__(
        self,
        message: str,
        status: Status,
        interval: tuple[float, float] = (float("-inf"), float("inf")),
        solution: Solution | LipschitzSolution | ExtendedSolution | ExtendedFlow | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.interval = interval
        self.solution = solution


class InfeasibleError(SolveError):
    """No feasible plan exists.

    Parameters
    ----------
    message, status, interval
        As for `SolveError`.
    explanation : Infeasibility or Conflict
        Who is to blame, with the proof, see `otmodels.explain_infeasibility`.
    """

    def __init__(
        self, message: str, status: Status, interval: tuple[float, float], explanation: Infeasibility | Conflict
    ) -> None:
        super().__init__(message, status, interval)
        self.explanation = explanation


class UnboundedError(SolveError):
    """The value of an extended model is unbounded.

    Parameters
    ----------
    message, status, interval
        As for `SolveError`.
    ray : PrimalRay
        A feasible point and a direction that prove it.
    """

    def __init__(self, message: str, status: Status, interval: tuple[float, float], ray: PrimalRay) -> None:
        super().__init__(message, status, interval)
        self.ray = ray


class StoppedError(SolveError):
    """The solve was stopped by a limit or by Ctrl-C before it was done."""


class CertificateError(OtmodelsError):
    """A certificate did not pass and the caller insisted on one that does."""
