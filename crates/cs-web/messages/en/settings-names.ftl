# Of a company, after its name.
setting-of-company-password = password of its reports
setting-of-company-password-help = Opens the workbooks that the company protects. Kept encrypted.
setting-of-company-payable-agent = payable agent
setting-of-company-payable-agent-help = Only the report’s rows with this name under Payable Agent are taken.
# Of the shipped mappings, after their names; the help as the mappings have it.
setting-of-mapping-policy-company = company
setting-of-mapping-policy-company-help = The ERPNext Company that the Sales Orders belong to
setting-of-mapping-policy-delivery-date = delivery date
setting-of-mapping-policy-delivery-date-help = The delivery date that ERPNext wants on every Sales Order
setting-of-mapping-policy-effective-date = effective date
setting-of-mapping-policy-effective-date-help = Only policies that take effect on this day take part
setting-of-mapping-policy-sales-from = sold from
setting-of-mapping-policy-sales-from-help = Only policies sold on this day or later take part
setting-of-mapping-policy-item-group = item group
setting-of-mapping-policy-item-group-help = The Item Group that plans are created in
setting-of-mapping-policy-rate = rate
setting-of-mapping-policy-rate-help = The rate of the Sales Order’s only line
setting-of-mapping-crm-item-group = item group
setting-of-mapping-crm-item-group-help = The Item Group that products are created in
