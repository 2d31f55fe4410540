"""The Application API of Arduino Cloud: `/iot/v1`, `/iot/v2`, `/iot/v3`.

`application` puts it together. `endpoints` lists what the real API has and what is served here. Most
other modules are groups of resources. docs/application-api.md says what this one does where the real
API's behaviour is not documented.
"""
