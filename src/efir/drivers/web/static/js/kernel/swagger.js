/* Shows the OpenAPI document; the page that loads this has Swagger UI already. */
const box = document.getElementById("swagger-ui");
window.SwaggerUIBundle({ url: box.dataset.document, domNode: box, deepLinking: true, validatorUrl: null });
