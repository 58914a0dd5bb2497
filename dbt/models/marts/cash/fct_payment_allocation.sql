with allocations as (

    select * from {{ ref('int_payments_allocated') }}

),

facts as (

    select
        receipt_key,
        invoice_key,
        allocated_date,
        allocated_native,
        fee_diff_native,
        match_rule,
        is_reported,
        {{ policy_columns() }}
    from allocations

)

select * from facts
