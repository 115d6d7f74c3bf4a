"""The workbench: the application that one CommandCenter stack serves for one project folder.

One package per concept (`health`, `database`, `events`, `notes`, `overview`, `project`), each with its router and
its models; `web` joins them into one API, `app` is what uvicorn is given. The user's folder is only read.
"""
