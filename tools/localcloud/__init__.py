"""A stand-in Arduino Cloud for one machine: broker, device protocol, store, web page.

`./tools/local-cloud serve` starts it by hand. A program starts it as a process with `serve --json`
(the first line on stdout is a JSON object with every address, file and credential, written once all
listeners accept connections), or in its own event loop:

    from localcloud.cloud import LocalCloud
    cloud = await LocalCloud.start()             # a temporary folder; or start(Path("data"))
    about = cloud.description()                  # the same dict as the JSON line
    ...
    await cloud.stop()

The default project in `about` is a device with a thing that has the variables of the official
examples. With `about` a program makes its own project:

    from localcloud.remote import RemoteCloud
    cloud = RemoteCloud(about)
    device = await cloud.create_device("Weather station")        # {"id": ..., "secret": ...}
    thing = await cloud.create_thing("Weather", device_id=device["id"], variables=[
        {"name": "temperature", "type": "TEMPERATURE", "permission": "READ_ONLY"},
        {"name": "led", "type": "STATUS", "permission": "READ_WRITE"},
    ])
    await cloud.set_value(thing["id"], "led", True)              # goes to the device over MQTT
    variable = await cloud.variable(thing["id"], "temperature")  # {"value": ..., "time_us": ...}
    async with cloud.live() as events:
        async for event in events:                               # {"event": "value", ...}
            ...

`RemoteCloud` speaks the API under `/local/v1` (see `web/local_api`), with the header
`Authorization: Bearer <api_token>`.

Layers, each knowing only those before it: `clock`, `protocol` (bytes), `property_types`, `store` (database), `entrance`
(connections before their log-in), `identity` (secrets, certificates, tokens), `broker` (MQTT), `traffic` (values and
firmware), `parts` (one of each, for both sides), `embedded` (devices and users at the broker in this process) or
`workers` (several processes with an external broker), `web`, `cloud` (all of it), `cli`. `reach` and `watch` are
known to all from `entrance` on; `backup` knows `store` and is known to `cli` alone.
README.md says what lies where.
"""
