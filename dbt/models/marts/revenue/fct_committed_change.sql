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
        mrr_change,
        {{ policy_columns() }}
    from dated

)

select * from changes
