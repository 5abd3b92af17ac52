"""Names that are passed as text: the error for one that is not known, with the known one that was probably meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from otmodels.errors import UnknownNameError

_CALLED_ELSEWHERE = {
    "cityblock": "manhattan taxicab taxi l1 snake rectilinear",
    "euclidean": "l2 euclid",
    "euclidean with power=2": "sqeuclidean squared squaredeuclidean euclideansquared",
    "chebyshev": "linf linfinity linfty maximum max maxnorm sup supremum infinity chessboard tchebychev tchebyshev",
    "minkowski": "lp",
    "haversine": "greatcircle geodesic orthodromic geo",
    "primal": "kantorovich plan",
    "dual": "potentials",
    "lipschitz": "kantorovichrubinstein kr w1",
    "flow": "beckmann mincostflow",
    "highspy": "highs",
    "neighbours": "neighbors nearest",
    "full": "all dense",
    "generated": "columngeneration sparse",
    "rescale": "normalise normalize normalised normalized scale",
}
"""What users of other packages call the names that are known here, in small letters."""

_PYTHON_ONLY = re.compile(r",? or give (?:a callable|arcs|an array of pairs \(k, 2\))|, or None\b")

_MEANT = {word: name for name, words in _CALLED_ELSEWHERE.items() for word in words.split()}


def unknown(argument: str, word: object, known: Sequence[str], otherwise: str = "") -> UnknownNameError:
    """The error for a word that is none of those known.

    Parameters
    ----------
    argument : str
        The argument that it was given as.
    word : object
        What was given.
    known : sequence of str
        What could have been.
    otherwise : str
        What else may be done, such as "or give a callable".

    Examples
    --------
    >>> print(unknown("metric", "manhattan", ["cityblock", "euclidean"]))
    metric: 'manhattan' is not known. Did you mean 'cityblock'? Choose one of cityblock, euclidean.
    >>> print(unknown("metric", "sqeuclidean", ["cityblock", "euclidean"]))
    metric: 'sqeuclidean' is not known. Did you mean 'euclidean' with power=2? Choose one of cityblock, euclidean.
    """
    guess = nearest(word, known)
    choose = ", ".join([f"Choose one of {', '.join(known)}", *([otherwise] if otherwise else [])])
    return UnknownNameError(argument, f"{word!r} is not known", f"{guess}{choose}")


def nearest(word: object, known: Sequence[str]) -> str:
    """A question that names the known word which was probably meant; empty where none comes near.

    >>> nearest("euclidian", ["cityblock", "euclidean"])
    "Did you mean 'euclidean'? "
    """
    if not isinstance(word, str):
        return ""
    meant = {name: name for name in known} | {name: said for name, said in _MEANT.items() if said.split()[0] in known}
    bare = "".join(letter for letter in word.lower() if letter.isalnum())
    close = [bare] if bare in meant else get_close_matches(bare, meant, n=1)
    name, _, rest = meant[close[0]].partition(" ") if close else ("", "", "")
    return f"Did you mean {' '.join(filter(None, (repr(name), rest)))}? " if close else ""


def restated(text: str, names: Sequence[str], stated: Callable[[str, str], str]) -> str:
    """A message for somebody who writes no Python, without what can be given in Python alone.

    Parameters
    ----------
    text : str
        The message.
    names : sequence of str
        Arguments that are stated in another way.
    stated : callable
        How: from name and value.

    Examples
    --------
    >>> restated("Give order=3, or None", ["order"], lambda name, value: f"--{name} {value}")
    'Give --order 3'
    """
    argument = re.compile(rf"\b({'|'.join(map(re.escape, names))})=(?:'(\w+)'|([\w.]+))")
    return argument.sub(lambda found: stated(found[1], found[2] or found[3]), _PYTHON_ONLY.sub("", text))
