"""Which set of right-hand sides, of ranges and of bounds of an MPS file is used: the first of each, or the one that is asked for.

What was decided is said in notes, and where HiGHS would read something else it is given the file with those sets alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from otmodels.errors import ParameterError, UnknownNameError
from otmodels.languages.cards import LOWER, SETS, Card, Deck
from otmodels.languages.naming import unused


@dataclass(frozen=True, slots=True)
class Choice:
    """The cards that are used.

    Attributes
    ----------
    cards : dict of str to list of Card
        By section.
    opened : tuple of str
        Columns whose upper bound is below 0 and that have no lower bound: theirs is -inf.
    notes : tuple of str
        What was decided, for people.
    """

    cards: Mapping[str, Sequence[Card]]
    opened: tuple[str, ...]
    notes: tuple[str, ...]


def choose(deck: Deck, sets: Mapping[str, str] | None = None) -> Choice:
    """The first set of each section, or the one that `sets` names for it.

    Raises
    ------
    UnknownNameError
        There is no such section, or no such set in it.
    ParameterError
        `sets` is no mapping.
    """
    if sets is not None and not isinstance(sets, Mapping):
        raise ParameterError("sets", f"is {sets!r}", 'Give names by section, such as {"RHS": "RHS2"}')
    wanted = {section.upper(): name for section, name in (sets or {}).items()}
    for section in wanted:
        if section not in SETS:
            raise UnknownNameError("sets", f"{section!r} is no section that has sets", f"Choose one of {', '.join(SETS)}")
    cards, notes = {}, []
    for section in SETS:
        there = list(dict.fromkeys(card.set for card in deck.cards[section]))
        name = wanted.get(section, there[0] if there else "")
        if section in wanted and name not in there:
            fault = f"there is no {section} set {name!r}"
            raise UnknownNameError("sets", fault, f"Choose one of {listed(there)}" if there else "The file has none")
        cards[section] = [_kept(deck, card) for card in deck.cards[section] if card.set == name]
        if len(there) > 1:
            others = listed([other for other in there if other != name])
            notes.append(f"of {len(there)} {section} sets, {listed([name])} is used, and not {others}")
    opened = _opened(cards["BOUNDS"])
    if opened:
        notes.append(f"an upper bound below 0 and no lower bound: the lower bound is -inf, of {listed(opened)}")
    if deck.free:
        notes.append(f"rows of type N after the first bound nothing and are left out: {listed(deck.free)}")
    return Choice(cards, opened, tuple(notes))


def rewritten(deck: Deck, choice: Choice) -> str | None:
    """The file with the chosen cards alone; None where HiGHS reads the file itself as it is meant."""
    cards = [card for section in SETS for card in deck.cards[section]]
    taken = deck.rows.keys() | deck.columns.keys() | set(deck.objectives)
    several = any(len({card.set for card in deck.cards[section]}) > 1 for section in SETS)
    misread = not deck.fixed and any(card.set in taken for card in cards)
    if not (several or misread or choice.opened or any(name in deck.free for card in cards for name, _ in card.entries)):
        return None
    own = unused("SET", taken)
    lines: list[str] = []
    last = ""
    for section, line in deck.lines:
        if section not in SETS:
            lines.append(line)
        elif section != last:
            lines += [line, *_written(section, own, choice)]
        last = section
    return "\n".join([*lines, ""])


def _written(section: str, own: str, choice: Choice) -> Iterator[str]:
    """A section in the places of the fixed format, which are good for a free one too; one name of a set for all."""
    if section == "BOUNDS":
        yield from (f" MI {own:<8}  {column}" for column in choice.opened)
    for card in choice.cards[section]:
        for name, number in card.entries:
            yield f" {card.kind:<2} {own:<8}  {name:<8}  {number:>12}"


def _kept(deck: Deck, card: Card) -> Card:
    """The card without what it says of rows that bound nothing."""
    return replace(card, entries=tuple(entry for entry in card.entries if entry[0] not in deck.free))


def _opened(bounds: Sequence[Card]) -> tuple[str, ...]:
    """Columns with an upper bound below 0 and no lower one."""
    bounded = {card.entries[0][0] for card in bounds if card.kind in LOWER}
    below = (card.entries[0][0] for card in bounds if card.kind == "UP" and float(card.entries[0][1]) < 0)
    return tuple(column for column in below if column not in bounded)


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names in words, the first few of many."""
    shown = [name or "the one without a name" for name in names[:most]]
    more = len(names) - len(shown)
    return ", ".join([*shown, f"{more} more"] if more else shown)
