"""`python -m bmeconf`: the same command line as the installed script."""

from bmeconf.cli import main

if __name__ == "__main__":
    main()
