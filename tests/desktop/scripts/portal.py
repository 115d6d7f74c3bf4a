#!/usr/bin/python3
"""A desktop portal whose folder dialog answers by itself: portal.py PATH chooses that folder, portal.py --cancel calls
the dialog off. Prints "ready", then one JSON line for each dialog it was asked for.
"""

import json
import sys
from pathlib import Path

from gi.repository import Gio, GLib

XML = """<node><interface name="org.freedesktop.portal.FileChooser">
<method name="OpenFile"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="a{sv}" direction="in"/>
<arg type="o" direction="out"/></method>
<property name="version" type="u" access="read"/></interface></node>"""
REPEATS = 100
REQUESTS = "/org/freedesktop/portal/desktop/request"

bus = Gio.bus_get_sync(Gio.BusType.SESSION)
wish = sys.argv[1]


def called(_bus, sender, _path, _interface, _method, arguments, invocation):
    parent, title, options = arguments.unpack()
    handle = f"{REQUESTS}/{sender[1:].replace('.', '_')}/{options.get('handle_token', 't')}"
    print(json.dumps({"title": title, "parent": parent, "directory": options.get("directory")}), flush=True)
    invocation.return_value(GLib.Variant("(o)", (handle,)))
    results = {} if wish == "--cancel" else {"uris": GLib.Variant("as", [Path(wish).as_uri()])}
    response = GLib.Variant("(ua{sv})", (1 if wish == "--cancel" else 0, results))

    left = [REPEATS]

    def respond():
        bus.emit_signal(sender, handle, "org.freedesktop.portal.Request", "Response", response)
        left[0] -= 1
        return left[0] > 0

    # The caller begins to listen only after it was given the handle, so an answer at once may be missed.
    GLib.timeout_add(100, respond)


node = Gio.DBusNodeInfo.new_for_xml(XML)
bus.register_object(
    "/org/freedesktop/portal/desktop", node.interfaces[0], called, lambda *_: GLib.Variant("u", 4), None
)
Gio.bus_own_name_on_connection(
    bus, "org.freedesktop.portal.Desktop", 0, lambda *_: print('"ready"', flush=True), None
)
GLib.MainLoop().run()
