-- An invoice or a credit note in a currency without a rate would be left out of net revenue.
with documents as (

    select * from {{ ref('int_revenue_documents_valued') }}

)

select
    currency,
    {{ month_start('document_date') }} as month,
    count(*) as document_count
from documents
where net_revenue is null
group by currency, {{ month_start('document_date') }}
