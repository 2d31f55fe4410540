// Shows the description of the Application API. Tried-out requests go to this local cloud.
SwaggerUIBundle({ url: "/iot/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });
