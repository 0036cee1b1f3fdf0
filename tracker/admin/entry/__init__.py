"""Progress of one target: its form, its way from draft to verified, the queues of those who check."""
