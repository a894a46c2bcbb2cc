"""What the pages share: the draft study of a session, cached loads, and how things are shown."""
