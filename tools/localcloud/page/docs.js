// Show the description of the Application API. Requests that are tried out go to this local cloud.
SwaggerUIBundle({ url: "/iot/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });
