"""`python -m orchestrator` is `daybreak`."""

from orchestrator.cli import main

if __name__ == "__main__":
    main()
