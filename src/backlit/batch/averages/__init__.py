"""What holds on average over the runs of a batch."""
