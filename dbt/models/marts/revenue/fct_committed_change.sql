with dated as (

    select * from {{ ref('int_committed_changes_dated') }}

),

changes as (

    select
        {{ hash_key(['month', 'subscription_key', 'commitment']) }} as committed_change_key,
        month,
        customer_key,
        source_system,
        contract_id,
        line_id,
        commitment,
        effective_date,
        -- a start shows at the end of its month, an end in the first month-end without the MRR, so
        -- that the last day of a month belongs to the next one
        cast(
            date_trunc(
                'month',
                case
                    when commitment = 'scheduled_end' then {{ add_days('effective_date', 1) }}
                    else effective_date
                end
            ) as date
        ) as effective_month,
        mrr_change,
        {{ policy_columns() }}
    from dated

)

select * from changes
