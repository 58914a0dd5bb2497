-- G-40, a warning: MRR stops at 0, so a discount typed ten times too large looks like a customer
-- who pays nothing.
{{ config(severity='warn') }}

select
    customer_key,
    contract_id,
    line_id,
    piece_start_date,
    gross_native
from {{ ref('int_subscriptions_pieced') }}
where is_over_discounted
