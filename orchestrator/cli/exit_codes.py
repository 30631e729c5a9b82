"""What `daybreak` exits with, apart from 0."""

EXIT_PHASE_FAILED = 1
EXIT_USER_MISTAKE = 2
EXIT_INTERRUPTED = 130  # as a shell has it for SIGINT
