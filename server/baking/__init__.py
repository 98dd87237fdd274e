"""Headless training that writes scenes, animations and static sites."""
