#!/usr/bin/python3
"""A small window from which a folder can be dragged: drag_source.py PATH. Prints "shown", and "end" after a drag."""

import sys
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

window = Gtk.Window(title="drag source")
window.set_decorated(False)
window.set_default_size(100, 100)
box = Gtk.EventBox()
box.add(Gtk.Label(label="drag me"))
window.add(box)
targets = Gtk.TargetList.new([])
targets.add_uri_targets(0)
box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
box.drag_source_set_target_list(targets)
box.connect("drag-data-get", lambda _box, _context, data, *_: data.set_uris([Path(sys.argv[1]).as_uri()]))
box.connect("drag-end", lambda *_: print("end", flush=True))
window.connect("map-event", lambda *_: print("shown", flush=True))
window.move(1130, 50)
window.show_all()
Gtk.main()
