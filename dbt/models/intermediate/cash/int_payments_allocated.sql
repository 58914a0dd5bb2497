-- Which money settled which invoice, as the cash application decided it; nothing of after as_of.
with allocations as (

    select * from {{ source('cash', 'allocations') }}

),

allocated as (

    select
        cast(receipt_key as string) as receipt_key,
        cast(invoice_key as string) as invoice_key,
        cast(allocated_date as date) as allocated_date,
        {{ money('allocated_native') }} as allocated_native,
        {{ money('fee_diff_native') }} as fee_diff_native,
        cast(match_rule as string) as match_rule,
        cast(is_reported as boolean) as is_reported
    from allocations
    where allocated_date <= {{ as_of() }}

)

select * from allocated
