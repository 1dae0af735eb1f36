// Starts Swagger UI on the document named by the page.
const place = document.getElementById("swagger-ui");
window.SwaggerUIBundle({ url: place.dataset.document, domNode: place, deepLinking: true, tryItOutEnabled: true });
