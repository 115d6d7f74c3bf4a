#!/usr/bin/python3
"""A tray host without a desktop: owns the watcher's name on the session bus and shows trays to a test.

Answers one JSON request per line on standard input with one JSON line: {"op": "trays"} gives each tray's picture (a
hash of the file) and menu; {"op": "press", "tray": ID, "path": [LABEL, ...]} presses an item. Knows only what the tests
need of the protocol.
"""

import hashlib
import json
import os
import sys

from gi.repository import Gio, GLib

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
PROPERTIES = "org.freedesktop.DBus.Properties"
XML = f"""<node><interface name="{WATCHER}">
<method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
<method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
<property name="ProtocolVersion" type="i" access="read"/></interface></node>"""

bus = Gio.bus_get_sync(Gio.BusType.SESSION)
loop = GLib.MainLoop()
items = []


def say(answer):
    print(json.dumps(answer), flush=True)


def called(_bus, sender, _path, _interface, method, arguments, invocation):
    if method == "RegisterStatusNotifierItem":
        item = (sender, arguments.unpack()[0])
        if item not in items:
            items.append(item)
    invocation.return_value(None)


def read(_bus, _sender, _path, _interface, name):
    return GLib.Variant("b", True) if name.startswith("Is") else GLib.Variant("i", 0)


def owner_changed(_bus, _sender, _path, _interface, _signal, arguments):
    name, _, owner = arguments.unpack()
    if not owner:
        items[:] = [item for item in items if item[0] != name]


def call(name, path, interface, method, signature, *arguments):
    variant = GLib.Variant(signature, arguments)
    return bus.call_sync(name, path, interface, method, variant, None, 0, 5000, None).unpack()


def properties(item):
    return call(*item, PROPERTIES, "GetAll", "(s)", ITEM)[0]


def entry(node):
    number, found, children = node
    return {
        "number": number,
        "label": found.get("label", ""),
        "enabled": found.get("enabled", True),
        "separator": found.get("type") == "separator",
        "items": [entry(child) for child in children],
    }


def menu(item, found):
    try:
        call(item[0], found["Menu"], MENU, "AboutToShow", "(i)", 0)
    except GLib.Error:
        pass  # Optional in the protocol.
    return entry(call(item[0], found["Menu"], MENU, "GetLayout", "(iias)", 0, -1, [])[1])["items"]


def tray(item):
    found = properties(item)
    picture = found.get("IconName", "")
    digest = ""
    if os.path.isfile(picture):
        with open(picture, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
    return {
        "id": found.get("Id", ""),
        "status": found.get("Status", ""),
        "picture": digest,
        "items": menu(item, found),
    }


def press(request):
    for item in items:
        found = properties(item)
        if not found.get("Id", "").endswith(request["tray"]):
            continue
        level = menu(item, found)
        for label in request["path"]:
            one = next((one for one in level if one["label"] == label or one["label"].endswith(" " + label)), None)
            if one is None:
                return {"missing": label, "labels": [other["label"] for other in level]}
            if not one["enabled"]:
                return {"disabled": label}
            level = one["items"]
        call(item[0], found["Menu"], MENU, "Event", "(isvu)", one["number"], "clicked", GLib.Variant("i", 0), 0)
        return {"pressed": one["label"]}
    return {"missing": request["tray"]}


def answer(request):
    if request["op"] == "trays":
        return [tray(item) for item in items]
    if request["op"] == "press":
        return press(request)
    raise ValueError(request["op"])


def line_came(_source, _condition):
    line = sys.stdin.readline()
    if not line:
        loop.quit()
        return False
    try:
        say(answer(json.loads(line)))
    except Exception as fault:  # Whatever it is, the test is told.
        say({"fault": repr(fault)})
    return True


node = Gio.DBusNodeInfo.new_for_xml(XML)
bus.register_object("/StatusNotifierWatcher", node.interfaces[0], called, read, None)
bus.signal_subscribe(
    "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged", None, None, 0, owner_changed
)
Gio.bus_own_name_on_connection(bus, WATCHER, 0, lambda *_: say("ready"), None)
GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, line_came)
loop.run()
