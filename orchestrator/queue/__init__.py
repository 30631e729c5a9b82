"""The queue directory: jobs as files in folders that are their states, drained by any number of coordinators."""
