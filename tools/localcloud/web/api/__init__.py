"""The Application API of Arduino Cloud: `/iot/v1`, `/iot/v2`, `/iot/v3`.

`application` puts it together. `endpoints` lists what the real API has and what is served here. `resources`
has a module for each kind of resource. docs/application-api.md says what this one does where the real API's
behaviour is not documented.
"""
