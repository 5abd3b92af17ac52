"""Kantorovich's problem and its dual, as in a textbook, in cvxpy and in pyomo.

Given a (n,) and b (m,) >= 0 of equal total, and C (n, m):

Primal
    over   gamma_ij >= 0                              (P3)
    min    sum_ij C_ij gamma_ij                       (P0)
    s.t.   sum_j gamma_ij = a_i    for all i          (P1)
           sum_i gamma_ij = b_j    for all j          (P2)

Dual
    over   f_i, g_j free
    max    sum_i a_i f_i + sum_j b_j g_j              (D0)
    s.t.   f_i + g_j <= C_ij       for all i, j       (D1)

The multipliers of (P1) and (P2) are the potentials f and g, the multipliers of (D1) are the plan gamma. A pair that is
forbidden, or not in the support, has no variable in the primal and no row in the dual. Stacked row by row, gamma is a
vector, (P1) and (P2) are A vec(gamma) = (a, b) with the incidence matrix A of the bipartite graph of the pairs, and the two
are an ordinary linear program and its dual: `primal_program`, `dual_program`.

Source: Kantorovich (1942), On the translocation of masses; Peyre and Cuturi (2019), Computational Optimal Transport,
equations 2.11 and 2.20.
"""

from __future__ import annotations

import cvxpy as cp
import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression as Sum
from scipy.sparse import csc_array

from otmodels.formulations.support import Support
from otmodels.languages import Block, Declaration
from otmodels.languages.highspy import declared
from otmodels.lp import LinearProgram


def primal_cvxpy(s: Support) -> Declaration:
    """The primal in cvxpy, gamma an n x m matrix."""
    gamma = cp.Variable(s.C.shape, name="gamma", nonneg=True, sparsity=s.pairs)  # (P3)
    cost = cp.Minimize(cp.sum(cp.multiply(s.C, gamma)))  # (P0)
    source_marginal = cp.sum(gamma, axis=1) == s.a  # (P1)
    target_marginal = cp.sum(gamma, axis=0) == s.b  # (P2)
    problem = cp.Problem(cost, _labelled(source_marginal=source_marginal, target_marginal=target_marginal))
    return _primal(s, problem, gamma, source_marginal, target_marginal)


def primal_pyomo(s: Support) -> Declaration:
    """The primal in pyomo, gamma indexed by labels; `Sum` is pyomo's sum of linear terms, made at once from a list."""
    m, a, b, c = s.sets(), s.supply(), s.demand(), s.costs_by_pair()
    targets_of, sources_of = s.partners()
    m.gamma = pyo.Var(m.pairs, domain=pyo.NonNegativeReals)  # (P3)
    m.cost = pyo.Objective(expr=Sum([c[i, j] * m.gamma[i, j] for i, j in c]))  # (P0)
    m.source_marginal = pyo.Constraint(m.sources, rule=lambda m, i: Sum([m.gamma[i, j] for j in targets_of[i]]) == a[i])  # (P1)
    m.target_marginal = pyo.Constraint(m.targets, rule=lambda m, j: Sum([m.gamma[i, j] for i in sources_of[j]]) == b[j])  # (P2)
    return _primal(s, m, m.gamma, m.source_marginal, m.target_marginal)


def dual_cvxpy(s: Support) -> Declaration:
    """The dual in cvxpy, one row a pair."""
    f, g = cp.Variable(s.a.size, name="f"), cp.Variable(s.b.size, name="g")
    potential = cp.Maximize(s.a @ f + s.b @ g)  # (D0)
    below_cost = f[:, None] + g[None, :] <= s.C if s.pairs is None else f[s.pairs[0]] + g[s.pairs[1]] <= s.costs  # (D1)
    return _dual(s, cp.Problem(potential, _labelled(below_cost=below_cost)), f, g, below_cost)


def dual_pyomo(s: Support) -> Declaration:
    """The dual in pyomo, indexed by labels."""
    m, a, b, c = s.sets(), s.supply(), s.demand(), s.costs_by_pair()
    m.f, m.g = pyo.Var(m.sources), pyo.Var(m.targets)
    m.potential = pyo.Objective(expr=pyo.sum_product(a, m.f) + pyo.sum_product(b, m.g), sense=pyo.maximize)  # (D0)
    m.below_cost = pyo.Constraint(m.pairs, rule=lambda m, i, j: m.f[i] + m.g[j] <= c[i, j])  # (D1)
    return _dual(s, m, m.f, m.g, m.below_cost)


def primal_program(s: Support) -> LinearProgram:
    """The primal stacked: min c'x, A x = (a, b), x = vec(gamma) >= 0, pairs in C order."""
    k = s.size
    right = np.concatenate([s.a, s.b])
    return LinearProgram(
        s.costs.copy(),
        _incidence(s),
        right,
        right.copy(),
        np.zeros(k),
        np.full(k, np.inf),
        [*s.source_names("source_marginal"), *s.target_names("target_marginal")],
        s.pair_names("gamma"),
    )


def dual_program(s: Support) -> LinearProgram:
    """The dual stacked: max (a, b)'y, A'y <= c, y = (f, g) free, pairs in C order."""
    (n, m), k = s.problem.shape, s.size
    return LinearProgram(
        np.concatenate([s.a, s.b]),
        csc_array(_incidence(s).T),
        np.full(k, -np.inf),
        s.costs.copy(),
        np.full(n + m, -np.inf),
        np.full(n + m, np.inf),
        s.pair_names("below_cost"),
        [*s.source_names("f"), *s.target_names("g")],
        "max",
    )


def primal_highspy(s: Support) -> Declaration:
    """The primal as arrays in HiGHS."""
    n, m = s.problem.shape
    marginals = {"source_marginal": range(n), "target_marginal": range(n, n + m)}
    return declared(primal_program(s), {"gamma": range(s.size)}, marginals)


def dual_highspy(s: Support) -> Declaration:
    """The dual as arrays in HiGHS."""
    n, m = s.problem.shape
    return declared(dual_program(s), {"f": range(n), "g": range(n, n + m)}, {"below_cost": range(s.size)})


def _incidence(s: Support) -> csc_array:
    """A (n + m, k): column (i, j) has a 1 in row i and a 1 in row n + j."""
    n, m = s.problem.shape
    i, j = s.indices()
    index = np.empty(2 * s.size, dtype=np.int32)
    index[0::2], index[1::2] = i, n + j
    return csc_array((np.ones(index.size), index, np.arange(0, index.size + 1, 2, dtype=np.int32)), shape=(n + m, s.size))


def _labelled(**constraints: cp.Constraint) -> list[cp.Constraint]:
    return [constraint.set_label(name) for name, constraint in constraints.items()]


def _primal(s: Support, native: object, gamma: object, source_marginal: object, target_marginal: object) -> Declaration:
    rows = {
        "source_marginal": Block(source_marginal, s.source_names("source_marginal")),
        "target_marginal": Block(target_marginal, s.target_names("target_marginal")),
    }
    return Declaration(native, {"gamma": Block(gamma, s.pair_names("gamma"))}, rows)


def _dual(s: Support, native: object, f: object, g: object, below_cost: object) -> Declaration:
    variables = {"f": Block(f, s.source_names("f")), "g": Block(g, s.target_names("g"))}
    return Declaration(native, variables, {"below_cost": Block(below_cost, s.pair_names("below_cost"))})
