"""The Lipschitz (Kantorovich-Rubinstein) program and its dual, Beckmann's flow, in cvxpy and in pyomo.

Where the cost is a metric d on the common support of a and b, the two potentials of Kantorovich's dual collapse into one,
g = -f. Given a and b (N,) >= 0 of equal total on the nodes, and d on the arcs:

Lipschitz
    over   f_i free
    max    sum_i (a_i - b_i) f_i                                          (L0)
    s.t.   f_i - f_j <= d_ij                              for all arcs    (L1)

Flow
    over   w_ij >= 0                                                      (B2)
    min    sum_ij d_ij w_ij                                               (B0)
    s.t.   sum_j w_ij - sum_j w_ji = a_i - b_i            for all nodes   (B1)

The multipliers of (L1) are the flow w, the multipliers of (B1) are the potential f. With all pairs as arcs the Lipschitz
program is max <a - b, f> over all 1-Lipschitz f. Fewer arcs say the same where they span the metric, that is where every
distance is the length of a shortest path along them: by adding up (L1) along the path.

Source: Kantorovich and Rubinstein (1958), On a space of completely additive functions; Beckmann (1952), A continuous
model of transportation; Peyre and Cuturi (2019), Computational Optimal Transport, sections 6.1 and 6.3.
"""

from __future__ import annotations

import cvxpy as cp
import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression as Sum
from scipy.sparse import csc_array

from otmodels.formulations.links import Links
from otmodels.languages import Block, Declaration
from otmodels.languages.highspy import declared
from otmodels.lp import LinearProgram


def lipschitz_cvxpy(s: Links) -> Declaration:
    """The Lipschitz program in cvxpy, one row an arc."""
    f = cp.Variable(s.nodes, name="f")
    difference = cp.Maximize(s.surplus @ f)  # (L0)
    lipschitz = f[s.tail] - f[s.head] <= s.d  # (L1)
    return _lipschitz(s, cp.Problem(difference, [lipschitz.set_label("lipschitz")]), f, lipschitz)


def lipschitz_pyomo(s: Links) -> Declaration:
    """The Lipschitz program in pyomo, indexed by labels."""
    m, surplus, d = s.sets(), s.surpluses(), s.lengths()
    m.f = pyo.Var(m.nodes)
    m.difference = pyo.Objective(expr=pyo.sum_product(surplus, m.f, index=m.nodes), sense=pyo.maximize)  # (L0)
    m.lipschitz = pyo.Constraint(m.arcs, rule=lambda m, i, j: m.f[i] - m.f[j] <= d[i, j])  # (L1)
    return _lipschitz(s, m, m.f, m.lipschitz)


def flow_cvxpy(s: Links) -> Declaration:
    """The flow program in cvxpy."""
    w = cp.Variable(s.size, name="w", nonneg=True)  # (B2)
    cost = cp.Minimize(s.d @ w)  # (B0)
    balance = s.incidence @ w == s.surplus  # (B1)
    return _flow(s, cp.Problem(cost, [balance.set_label("balance")]), w, balance)


def flow_pyomo(s: Links) -> Declaration:
    """The flow program in pyomo, indexed by labels; `Sum` is pyomo's sum of linear terms, made at once from a list."""
    m, surplus, d = s.sets(), s.surpluses(), s.lengths()
    heads, tails = s.around()
    m.w = pyo.Var(m.arcs, domain=pyo.NonNegativeReals)  # (B2)
    m.cost = pyo.Objective(expr=Sum([d[i, j] * m.w[i, j] for i, j in d]))  # (B0)
    m.balance = pyo.Constraint(
        m.nodes, rule=lambda m, i: Sum([m.w[i, j] for j in heads[i]] + [-m.w[j, i] for j in tails[i]]) == surplus[i]
    )  # (B1)
    return _flow(s, m, m.w, m.balance)


def lipschitz_program(s: Links) -> LinearProgram:
    """The Lipschitz program stacked: max (a - b)'f, E'f <= d, E the incidence matrix."""
    return LinearProgram(
        s.surplus.copy(),
        csc_array(s.incidence.T),
        np.full(s.size, -np.inf),
        s.d.copy(),
        np.full(s.nodes, -np.inf),
        np.full(s.nodes, np.inf),
        s.arc_names("lipschitz"),
        s.node_names("f"),
        "max",
    )


def flow_program(s: Links) -> LinearProgram:
    """The flow program stacked: min d'w, E w = a - b, w >= 0."""
    return LinearProgram(
        s.d.copy(),
        s.incidence,
        s.surplus.copy(),
        s.surplus.copy(),
        np.zeros(s.size),
        np.full(s.size, np.inf),
        s.node_names("balance"),
        s.arc_names("w"),
    )


def lipschitz_highspy(s: Links) -> Declaration:
    """The Lipschitz program as arrays in HiGHS."""
    return declared(lipschitz_program(s), {"f": range(s.nodes)}, {"lipschitz": range(s.size)})


def flow_highspy(s: Links) -> Declaration:
    """The flow program as arrays in HiGHS."""
    return declared(flow_program(s), {"w": range(s.size)}, {"balance": range(s.nodes)})


def _lipschitz(s: Links, native: object, f: object, lipschitz: object) -> Declaration:
    return Declaration(native, {"f": Block(f, s.node_names("f"))}, {"lipschitz": Block(lipschitz, s.arc_names("lipschitz"))})


def _flow(s: Links, native: object, w: object, balance: object) -> Declaration:
    return Declaration(native, {"w": Block(w, s.arc_names("w"))}, {"balance": Block(balance, s.node_names("balance"))})
