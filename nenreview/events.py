"""What a computation says of what it reads, to whoever listens (`sys.addaudithook`, PEP 578)."""

READ = "nenreview.read"  # a file that is used: its path
CHECKING = "nenreview.checking"  # whether files are opened for a check alone: true or false
