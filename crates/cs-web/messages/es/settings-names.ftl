# De una compañía, después de su nombre.
setting-of-company-password = contraseña de sus reportes
setting-of-company-password-help = Abre los libros que la compañía protege. Se guarda cifrada.
setting-of-company-payable-agent = agente de pago
setting-of-company-payable-agent-help = Solo se toman las filas del reporte que tienen este nombre en «Payable Agent».
# De los mapeos que vienen con el programa, después de su nombre.
setting-of-mapping-policy-company = empresa
setting-of-mapping-policy-company-help = La empresa de ERPNext a la que pertenecen las órdenes de venta
setting-of-mapping-policy-delivery-date = fecha de entrega
setting-of-mapping-policy-delivery-date-help = La fecha de entrega que ERPNext pide en cada orden de venta
setting-of-mapping-policy-effective-date = fecha de inicio
setting-of-mapping-policy-effective-date-help = Solo participan las pólizas que empiezan ese día
setting-of-mapping-policy-sales-from = vendidas desde
setting-of-mapping-policy-sales-from-help = Solo participan las pólizas vendidas ese día o después
setting-of-mapping-policy-item-group = grupo de artículos
setting-of-mapping-policy-item-group-help = El grupo de artículos en el que se crean los planes
setting-of-mapping-policy-rate = precio
setting-of-mapping-policy-rate-help = El precio de la única línea de la orden de venta
setting-of-mapping-crm-item-group = grupo de artículos
setting-of-mapping-crm-item-group-help = El grupo de artículos en el que se crean los productos
