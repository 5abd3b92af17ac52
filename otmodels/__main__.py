"""`python -m otmodels`."""

from otmodels.cli import main

if __name__ == "__main__":
    main()
