"""The service of one project: carries out commands and sends changes. It does not use HTTP."""
