"""Events: what happened in this workbench, through a Redis stream to every open page."""
