"""Values of a configuration: names, types, ranges and texts, made from fields of dataclasses."""
