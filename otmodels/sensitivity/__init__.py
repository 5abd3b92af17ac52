"""How firm an optimum is: optimal faces of a transport problem, seen from one optimal plan and one pair of potentials."""

from otmodels.sensitivity.firmness import MOST_PAIRS as MOST_PAIRS
from otmodels.sensitivity.firmness import Firmness as Firmness
from otmodels.sensitivity.firmness import check_size as check_size
