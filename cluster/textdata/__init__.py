"""The data of the text front-end, one module a language."""
