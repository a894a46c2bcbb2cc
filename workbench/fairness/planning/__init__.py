"""Planning: how many speakers a gap needs, and how much speakers vary."""
