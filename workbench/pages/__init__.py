"""The pages of the app: each reads widgets, calls public functions and shows what they return. No statistics here."""
