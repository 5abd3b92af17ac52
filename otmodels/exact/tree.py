"""A spanning tree of sources and targets that carries mass, with its potentials, and the pivot of the network simplex method.

Every atom hangs from another, or from the root: a source sends mass up to the target above it, a target gets mass from the source
above it. What hangs from the root has mass that goes nowhere, or lacks mass. The tree is strongly feasible: where no mass moves
between an atom and the one above it, mass could move upwards, that is, every target gets some. A pivot keeps it so, which rules
out cycles: a pivot that moves no mass changes the potentials of the part that it turns in one direction only.

Source: Cunningham (1976), A network simplex method; Ahuja, Magnanti, Orlin (1993), Network Flows, sections 11.5 and 11.6.
"""

from __future__ import annotations


class Tree:
    """Sources 0 ... n - 1, targets n ... n + m - 1, root n + m, all in whole numbers.

    Attributes
    ----------
    sources : int
        n.
    above : list of int (n + m + 1,)
        The node that a node hangs from.
    below : list of set of int (n + m + 1,)
        The nodes that hang from a node.
    depth : list of int (n + m + 1,)
        Steps to the root.
    mass : list of int (n + m + 1,)
        What moves between a node and the one above it, >= 0.
    potential : list of int (n + m + 1,)
        f, then g, then 0 of the root: f_i + g_j is the cost of each pair in the tree.
    pivots : int
        So many were done.
    """

    __slots__ = ("above", "below", "depth", "mass", "pivots", "potential", "root", "sources")

    def __init__(self, sources: int, above: list[int], mass: list[int], potential: list[int]) -> None:
        self.sources, self.above, self.mass, self.potential = sources, above, mass, potential
        self.root, self.pivots = len(above) - 1, 0
        self.below: list[set[int]] = [set() for _ in above]
        for node, top in enumerate(above):
            if top >= 0:
                self.below[top].add(node)
        self.depth = [0] * len(above)
        for node in self.under(self.root)[1:]:
            self.depth[node] = self.depth[above[node]] + 1

    def under(self, node: int) -> list[int]:
        """A node and all that hang from it, each after the one above it."""
        nodes, below = [node], self.below
        for each in nodes:
            nodes.extend(below[each])
        return nodes

    def lacking(self) -> list[int]:
        """Targets that hang from the root: they lack what moves along that arc."""
        return [node for node in self.below[self.root] if node >= self.sources]

    def shift(self, top: int, step: int) -> None:
        """Add to f and take from g for a node and all that hang from it."""
        n, potential = self.sources, self.potential
        for node in self.under(top):
            potential[node] += step if node < n else -step

    def enter(self, tail: int, head: int, cost: int) -> None:
        """Move as much mass as there can be from one node to another along a new arc, around the cycle that it closes.

        Mass goes up from the head to where the ways to the root meet, and down from there to the tail. Of the arcs on which
        nothing is left, the last one along this way leaves the tree.
        """
        up, down = self._cycle(tail, head)
        leaving, moved = self._leaving(up, down)
        self.pivots += 1
        if moved:
            self._move(up, down, moved)
        slack = cost - self.potential[tail] - self.potential[head]
        if leaving >= self.sources:
            self._hang(head, tail, leaving, moved, slack)
        else:
            self._hang(tail, head, leaving, moved, slack)

    def _cycle(self, tail: int, head: int) -> tuple[list[int], list[int]]:
        """Nodes from the head, and from the tail, up to where they meet, that node left out."""
        above, depth = self.above, self.depth
        up, down = [], []
        while depth[head] > depth[tail]:
            up.append(head)
            head = above[head]
        while depth[tail] > depth[head]:
            down.append(tail)
            tail = above[tail]
        while head != tail:
            up.append(head)
            down.append(tail)
            head, tail = above[head], above[tail]
        return up, down

    def _leaving(self, up: list[int], down: list[int]) -> tuple[int, int]:
        """The node that loses the arc to the one above it, and what moves: targets get less on the way up, sources send less."""
        n, mass = self.sources, self.mass
        least, leaving = -1, -1
        for node in down:
            if node < n and (leaving < 0 or mass[node] < least):
                least, leaving = mass[node], node
        for node in up:
            if node >= n and (leaving < 0 or mass[node] <= least):
                least, leaving = mass[node], node
        return leaving, least

    def _move(self, up: list[int], down: list[int], moved: int) -> None:
        n, mass = self.sources, self.mass
        for node in up:
            mass[node] += -moved if node >= n else moved
        for node in down:
            mass[node] += -moved if node < n else moved

    def _hang(self, node: int, top: int, last: int, moved: int, slack: int) -> None:
        """Turn the part below an arc that leaves upside down and hang it from `top` by one of its nodes; no slack is left."""
        n, above, below, mass, depth, potential = self.sources, self.above, self.below, self.mass, self.depth, self.potential
        first = node
        while True:
            old, moved_before = above[node], mass[node]
            below[old].remove(node)
            below[top].add(node)
            above[node], mass[node] = top, moved
            if node == last:
                break
            top, moved, node = node, moved_before, old
        step = slack if first < n else -slack
        for each in self.under(first):
            depth[each] = depth[above[each]] + 1
            if each < n:
                potential[each] += step
            else:
                potential[each] -= step
