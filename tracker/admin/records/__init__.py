"""The pages of one kind of record each, one module a module of tracker/models."""
