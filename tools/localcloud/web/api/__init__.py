"""The Application API of Arduino Cloud: `/iot/v1`, `/iot/v2`, `/iot/v3`.

`application` puts it together; `endpoints` lists what the real one has and what is served here;
`resources` has a module for each kind of resource. Where the real API's behaviour is not documented, what
this one does is in docs/application-api.md.
"""
